/** A point in time as callers send it. */
import { z } from 'zod';

/** JavaScript and PostgreSQL write other years in different ways. */
const YEAR_MIN = 1970;
const YEAR_MAX = 9999;

export const Instant = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= YEAR_MIN && year <= YEAR_MAX;
}, `must be within the years ${YEAR_MIN} to ${YEAR_MAX}`);
