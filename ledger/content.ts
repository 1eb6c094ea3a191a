/** Artifacts: content by its sha256 (L7). */
import { eq } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import { type Content, type ContentStore, type Sha256, sha256Of } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { CONTENT_CACHE } from '../contracts/limits';
import { ask, type Database } from './database';
import { artifacts } from './schema';

export function createContentStore({ db }: Database): ContentStore {
  /** What a name stands for never changes. Only reads are spared: whether it is stored, the database says. */
  const read = new LRUCache<Sha256, Content>({
    maxSize: CONTENT_CACHE.bytesMax,
    maxEntrySize: CONTENT_CACHE.artifactBytesMax,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes.length),
  });
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
      const known = read.get(sha256);
      if (known) return known;
      const [row] = await ask(
        db
          .select({ bytes: artifacts.bytes, mediaType: artifacts.mediaType })
          .from(artifacts)
          .where(eq(artifacts.sha256, sha256)),
      );
      if (!row) throw new UserError('not_found', `There is no artifact ${sha256}.`);
      read.set(sha256, row);
      return row;
    },
  };
}
