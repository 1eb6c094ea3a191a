import { z } from 'zod';
import type { Limit } from '../limits';

/** A whole number within a limit. */
export function wholeNumber({ min, max }: Limit, unit = '') {
  const range = `must be a whole number from ${min} to ${max}${unit}; nothing is unlimited`;
  return z.int({ error: range }).min(min, { error: range }).max(max, { error: range });
}

/** What is left out becomes the limit's default. */
export const within = (limit: Limit, unit = '') => wholeNumber(limit, unit).default(limit.default);
