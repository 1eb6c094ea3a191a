import { type Content, type ContentStore, type Sha256, sha256Of } from '../../contracts/content';
import { UserError } from '../../contracts/errors';

/** A content store in memory that shows what it was asked. */
export class MemoryContentStore implements ContentStore {
  readonly contents = new Map<Sha256, Content>();
  readonly gets: Sha256[] = [];

  async put(bytes: Buffer, mediaType: string): Promise<Sha256> {
    const sha256 = sha256Of(bytes);
    this.contents.set(sha256, { bytes, mediaType });
    return sha256;
  }

  async get(sha256: Sha256): Promise<Content> {
    this.gets.push(sha256);
    const content = this.contents.get(sha256);
    if (content === undefined) throw new UserError('not_found', `There is no artifact ${sha256}.`);
    return content;
  }
}
