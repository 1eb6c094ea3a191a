/** A run's documents: what the client sends (originals), and what ingestion makes of them (texts). */
import { z } from 'zod';
import type { Categories } from './categories';
import { Sha256 } from './content';
import { DOCUMENT_LIMITS } from './document-limits';
import { UserError } from './errors';

/** The kinds of document that Tuesday can read, by file ending. */
export const DOCUMENT_TYPES = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.pdf': 'application/pdf',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.csv': 'text/csv',
} as const;
export type DocumentMediaType = (typeof DOCUMENT_TYPES)[keyof typeof DOCUMENT_TYPES];

/** Line breaks, other control characters and broken ones: names with them cannot be shown or be a file's. */
const ODD_CHARACTERS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu;
export const ODD_NAME = 'has a line break or another control character in its name';

/** The name with `\ufffd` for every character that no name may hold; the same one where there is none. */
export const plainName = (name: string): string => name.replace(ODD_CHARACTERS, '\ufffd');

/** One original as the client stored it. `name` is the path below the folder, with `/`. */
export const SourceDocument = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(DOCUMENT_LIMITS.nameCharactersMax)
    .refine((name) => name === plainName(name), ODD_NAME),
  mediaType: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: Sha256,
});
export type SourceDocument = z.infer<typeof SourceDocument>;

/** What a client hands over with a start: an artifact of this shape. */
export const SourceManifest = z.strictObject({
  documents: z.array(SourceDocument),
  /** Files of the folder that were left out before the start, and why, in a person's words. */
  skipped: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
});
export type SourceManifest = z.infer<typeof SourceManifest>;

/**
 * The manifest in an artifact's text.
 * @throws UserError `bad_input` when it is none, is beyond the limits, or names two documents alike
 */
export function parseSourceManifest(json: string): SourceManifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The list of documents is not JSON (${(error as Error).message}): store a source manifest.`,
      'documents',
    );
  }
  const parsed = SourceManifest.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('/') || 'the whole';
    throw new UserError(
      'bad_input',
      `The list of documents is not a source manifest, ${place} is wrong: ${issue?.message}.`,
      place,
    );
  }
  const { documents } = parsed.data;
  if (documents.length > DOCUMENT_LIMITS.documentsMax)
    throw new UserError(
      'bad_input',
      `A run takes at most ${DOCUMENT_LIMITS.documentsMax} documents, not ${documents.length}: leave some out.`,
      'documents',
    );
  if (documents.length === 0)
    throw new UserError(
      'bad_input',
      'The list of documents is empty: give at least one document.',
      'documents',
    );
  const names = new Set<string>();
  for (const { name } of documents) {
    if (names.has(name))
      throw new UserError(
        'bad_input',
        `Two documents are named "${name}": give each its own name.`,
        'documents',
      );
    names.add(name);
  }
  return parsed.data;
}

/** One document ready for reading: its text is an artifact that quotes are checked against. */
export interface IngestedDocument {
  name: string;
  mediaType: string;
  /** The original. */
  sha256: Sha256;
  /** The extracted text, UTF-8, line ends `\n`. */
  textSha256: Sha256;
  /** Size of the text. */
  characters: number;
  lines: number;
  /** What is detected in it; absent where nothing is. */
  categories?: Categories;
}

/** What ingestion hands to the phases: an artifact of this shape. */
export interface DocumentManifest {
  documents: IngestedDocument[];
  /** Originals that could not be read: each becomes a limitation `source_unavailable`. */
  unavailable: { name: string; reason: string }[];
  skipped: { name: string; reason: string }[];
}
