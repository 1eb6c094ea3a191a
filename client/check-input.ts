/** Turns what zod finds wrong into one sentence for the caller. */
import type { z } from 'zod';
import { UserError } from '../contracts/errors';

/** Beyond this a list of problems no longer helps; the rest is counted. */
const PROBLEMS_SHOWN_MAX = 20;

/** @throws UserError `bad_input` that names every field at fault. */
export function parseInput<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    path: issue.path.join('/'),
    message: issue.message,
  }));
  throw badInput(`The ${what} cannot be taken`, problems);
}

/** One UserError out of many problems, each with its place. */
export function badInput(
  what: string,
  problems: readonly { path: string; message: string }[],
): UserError {
  const shown = problems
    .slice(0, PROBLEMS_SHOWN_MAX)
    .map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  const rest = problems.length - shown.length;
  if (rest > 0) shown.push(`and ${rest} more`);
  return new UserError('bad_input', `${what}: ${shown.join('; ')}.`, problems[0]?.path);
}
