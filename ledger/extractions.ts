/** Texts that were extracted before: the same original is parsed once per extractor version. */
import { and, eq } from 'drizzle-orm';
import type { Categories } from '../contracts/categories';
import { ask, type Database } from './database';
import { extractions } from './schema';

type Extraction =
  | { textSha256: string; characters: number; lines: number; categories?: Categories }
  | { problem: string };

export function createExtractionCache({ db }: Database) {
  return {
    async get(sha256: string, version: string): Promise<Extraction | undefined> {
      const [row] = await ask(
        db
          .select()
          .from(extractions)
          .where(and(eq(extractions.sha256, sha256), eq(extractions.version, version))),
      );
      if (!row) return undefined;
      if (row.textSha256 === null) return { problem: row.problem ?? 'could not be read' };
      return {
        textSha256: row.textSha256,
        characters: row.characters ?? 0,
        lines: row.lines ?? 0,
        ...(row.categories ? { categories: row.categories } : {}),
      };
    },

    async put(sha256: string, version: string, extraction: Extraction): Promise<void> {
      await ask(
        db
          .insert(extractions)
          .values({ sha256, version, ...extraction })
          .onConflictDoNothing(),
      );
    },
  };
}
