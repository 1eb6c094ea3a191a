/** The extraction thread's entry; `extraction-pool.ts` starts it. */

import { extract } from './extract';
import type { ProblemKind } from './extraction-problem';

export interface ExtractionTask {
  bytes: Uint8Array;
  mediaType: string;
}

/** `text` is UTF-8. */
export type ExtractionAnswer =
  | { text: Uint8Array; characters: number; lines: number }
  | { problem: { kind: ProblemKind; reason: string } };

export default async function run({ bytes, mediaType }: ExtractionTask): Promise<ExtractionAnswer> {
  const extraction = await extract(bytes, mediaType);
  if ('problem' in extraction) return extraction;
  const { text } = extraction;
  return {
    text: new TextEncoder().encode(text),
    characters: text.length,
    lines: text.split('\n').length,
  };
}
