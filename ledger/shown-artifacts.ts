/** Artifacts as they are shown beside what they belong to: content where it is small. */
import { eq, sql } from 'drizzle-orm';
import type { Sha256 } from '../contracts/content';
import { REVIEW_INLINE_BYTES_MAX, type ShownArtifact } from '../contracts/review-views';
import { ask, type Database } from './database';
import { artifacts } from './schema';

export function createShownArtifacts({ db }: Database) {
  return async (sha256: Sha256): Promise<ShownArtifact> => {
    const small = sql<Buffer | null>`CASE WHEN ${artifacts.size} <= ${REVIEW_INLINE_BYTES_MAX} THEN ${artifacts.bytes} END`;
    const [row] = await ask(
      db
        .select({ mediaType: artifacts.mediaType, bytes: artifacts.size, small })
        .from(artifacts)
        .where(eq(artifacts.sha256, sha256)),
    );
    if (!row) return { sha256 };
    const { mediaType, bytes } = row;
    return { sha256, mediaType, bytes, ...contentOf(mediaType, row.small) };
  };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function contentOf(mediaType: string, bytes: Buffer | null): Pick<ShownArtifact, 'content'> {
  if (bytes === null || !/^(text\/|application\/json\b)/.test(mediaType)) return {};
  try {
    const text = UTF8.decode(bytes);
    return { content: mediaType.startsWith('text/') ? text : JSON.parse(text) };
  } catch {
    return {}; // what is not what it says is read by its sha256
  }
}
