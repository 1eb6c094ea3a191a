/** What a run's agents quoted from its documents, and where exactly it stands. */

import type { RunResult } from '../contracts/views';
import { findQuote } from '../domain/quotes';

/** Any object of any phase's output with a `quote` and a `document`; its other fields are kept. */
export interface Finding extends Record<string, unknown> {
  phase: string;
  /** JSON pointer into that phase's output. */
  at: string;
  quote: string;
  document: string;
  /** Where the quote stands in the document's text, lines from 1; null where it does not stand verbatim. */
  line: number | null;
  /** In UTF-16 units from 0. */
  offset: number | null;
}

/** @param textOf a document's extracted text by name; undefined for a document that there is not */
export function collectFindings(
  outputs: RunResult['outputs'],
  textOf: (document: string) => string | undefined,
): Finding[] {
  return Object.entries(outputs).flatMap(([phase, { output }]) =>
    [...quotesIn(output, '')].map(({ at, found }) => {
      const text = textOf(found.document);
      const place = text === undefined ? undefined : findQuote(text, found.quote);
      return { ...found, phase, at, line: place?.line ?? null, offset: place?.offset ?? null };
    }),
  );
}

interface Quoting extends Record<string, unknown> {
  quote: string;
  document: string;
}

function* quotesIn(value: unknown, at: string): Generator<{ at: string; found: Quoting }> {
  if (typeof value !== 'object' || value === null) return;
  if (isQuoting(value)) yield { at, found: value };
  for (const [key, member] of Object.entries(value))
    yield* quotesIn(member, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

function isQuoting(value: object): value is Quoting {
  const { quote, document } = value as { quote?: unknown; document?: unknown };
  return typeof quote === 'string' && typeof document === 'string';
}
