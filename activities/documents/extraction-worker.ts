/** The extraction thread's entry; `extraction-pool.ts` starts it. */
import { Console } from 'node:console';
import { Writable } from 'node:stream';

import type { Categories } from '../../contracts/categories';
import { detect } from '../categories';
import { extract } from './extract';
import type { ProblemKind } from './extraction-problem';

export interface ExtractionTask {
  bytes: Uint8Array;
  mediaType: string;
  charset?: string;
}

/** `text` is UTF-8. */
export type ExtractionAnswer =
  | {
      text: Uint8Array;
      characters: number;
      lines: number;
      categories: Categories;
      title?: string;
    }
  | { problem: { kind: ProblemKind; reason: string } };

// Parsers talk to the console, which is where a command's own output goes.
globalThis.console = new Console(new Writable({ write: (_chunk, _encoding, done) => done() }));

// What a parser throws beside its promises must not end the thread, with another document in it;
// a parser that never answers because of it is ended by its time-out.
process.on('uncaughtException', leaveToTheTimeOut);
process.on('unhandledRejection', leaveToTheTimeOut);
function leaveToTheTimeOut(): void {}

export default async function run({
  bytes,
  mediaType,
  charset,
}: ExtractionTask): Promise<ExtractionAnswer> {
  const extraction = await extract(bytes, mediaType, charset);
  if ('problem' in extraction) return extraction;
  const { text, title } = extraction;
  return {
    text: new TextEncoder().encode(text),
    characters: text.length,
    lines: text.split('\n').length,
    categories: detect(text),
    ...(title ? { title } : {}),
  };
}
