/** Where a page ended, as an opaque text for whoever asks for the next. */
import type { z } from 'zod';
import { UserError } from '../contracts/errors';

export const makeCursor = (...position: (string | number)[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** @throws UserError `bad_input` for a cursor that did not come from a page */
export function readCursor<S extends z.ZodType>(position: S, cursor: string): z.output<S> {
  const parsed = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw new UserError(
    'bad_input',
    'The cursor is not one of ours: take it from the page before.',
    'cursor',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON is no cursor either
  }
}
