/** Artifacts: content by its sha256 (L7). */
import { eq } from 'drizzle-orm';
import { type Content, type ContentStore, type Sha256, sha256Of } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { ask, type Database } from './database';
import { artifacts } from './schema';

export function createContentStore({ db }: Database): ContentStore {
  return {
    async put(bytes: Buffer, mediaType: string): Promise<Sha256> {
      const sha256 = sha256Of(bytes);
      await ask(
        db
          .insert(artifacts)
          .values({ sha256, mediaType, size: bytes.length, bytes })
          .onConflictDoNothing(),
      );
      return sha256;
    },

    async get(sha256: Sha256): Promise<Content> {
      const [row] = await ask(
        db
          .select({ bytes: artifacts.bytes, mediaType: artifacts.mediaType })
          .from(artifacts)
          .where(eq(artifacts.sha256, sha256)),
      );
      if (!row) throw new UserError('not_found', `There is no artifact ${sha256}.`);
      return row;
    },
  };
}
