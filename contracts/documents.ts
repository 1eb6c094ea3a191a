/** A run's documents: what the client sends (originals), and what ingestion makes of them (texts). */
import { z } from 'zod';
import { Sha256 } from './content';

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

/** One original as the client stored it. `name` is the path below the folder, with `/`. */
export const SourceDocument = z.strictObject({
  name: z.string().min(1).max(512),
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
}

/** What ingestion hands to the phases: an artifact of this shape. */
export interface DocumentManifest {
  documents: IngestedDocument[];
  /** Originals that could not be read: each becomes a limitation `source_unavailable`. */
  unavailable: { name: string; reason: string }[];
  skipped: { name: string; reason: string }[];
}
