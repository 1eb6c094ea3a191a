import type { Categories } from '../../contracts/categories';
import type { Sha256 } from '../../contracts/content';
import { DETECTORS_VERSION } from '../categories';
import { EXTRACTOR_VERSION } from './extract';

/** What extraction made of an original once: its text's artifact, or why it has none (a person's words). */
export type CachedExtraction =
  | { textSha256: Sha256; characters: number; lines: number; categories?: Categories }
  | { problem: string };

/** Remembers extractions across runs by (original, version). */
export interface ExtractionCache {
  get(sha256: Sha256, version: string): Promise<CachedExtraction | undefined>;
  /** Idempotent: the same key always comes with the same value. */
  put(sha256: Sha256, version: string, extraction: CachedExtraction): Promise<void>;
}

/** Of what makes the text, of what looks at it, and the type: the same bytes read as another give another text. */
export function extractionVersion(mediaType: string): string {
  return `${EXTRACTOR_VERSION}.${DETECTORS_VERSION} ${mediaType}`;
}
