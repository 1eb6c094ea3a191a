import type { Schema } from '../json-schema/supported';
import { ANSWER_CHARACTERS_MAX } from '../limits';
import type { Random } from '../random';
import { matching } from './pattern';
import { cutTo, lengthOf } from './words';

/** Strings and numbers within the bounds of a schema. */

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

const FORMATS: Record<string, (random: Random) => string> = {
  date: (random) => `2026-${pad(random.int(1, 12))}-${pad(random.int(1, 28))}`,
  time: (random) => `${pad(random.int(0, 23))}:${pad(random.int(0, 59))}:00Z`,
  'date-time': (random) => `${FORMATS.date?.(random)}T${FORMATS.time?.(random)}`,
  duration: (random) => `P${random.int(1, 30)}D`,
  email: (random) => `contact${random.int(1, 99)}@example.com`,
  hostname: (random) => `host${random.int(1, 99)}.example.com`,
  uri: (random) => `https://example.com/${random.int(1, 999)}`,
  ipv4: (random) => `192.0.2.${random.int(1, 254)}`,
  ipv6: (random) => `2001:db8::${random.int(1, 9999)}`,
  uuid: (random) => {
    const hex = Array.from({ length: 32 }, () => random.int(0, 15).toString(16)).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
};

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;

/**
 * The wanted text, made to fit: by format or pattern where it does not, else lengthened from
 * `filler` or cut between words.
 */
export function fitString(
  wanted: string,
  schema: Schema,
  random: Random,
  filler: () => string,
): string {
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  if (format !== undefined) return format(random);
  const min = Math.min(numberOf(schema.minLength) ?? 0, ANSWER_CHARACTERS_MAX);
  const max = numberOf(schema.maxLength) ?? Number.POSITIVE_INFINITY;
  const isWithin = (text: string): boolean => lengthOf(text) >= min && lengthOf(text) <= max;
  if (typeof schema.pattern === 'string') {
    if (isWithin(wanted) && new RegExp(schema.pattern, 'u').test(wanted)) return wanted;
    const made = matching(schema.pattern, random, isWithin);
    if (made !== undefined) return made;
  }
  let text = wanted;
  // A model never leaves a text empty unless it has to.
  while (lengthOf(text) < Math.max(min, Math.min(1, max))) {
    const more = filler();
    text = text === '' ? more : `${text} ${more}`;
  }
  if (lengthOf(text) <= max) return text;
  const cut = cutTo(text, max).trimEnd();
  return lengthOf(cut) >= min ? cut : [...text].slice(0, max).join('');
}

/** The wanted number, moved within bounds and onto the step. */
export function fitNumber(wanted: number, schema: Schema, isInteger: boolean): number {
  const step = numberOf(schema.multipleOf) ?? (isInteger ? 1 : undefined);
  const [low, high] = boundsOf(schema, step ?? 1e-6);
  const clamped = Math.min(Math.max(wanted, low), high);
  if (step === undefined) return round(clamped);
  const up = Math.ceil(round(low / step)) * step;
  const down = Math.floor(round(high / step)) * step;
  const nearest = Math.round(clamped / step) * step;
  return round(Math.min(Math.max(nearest, up), Math.max(up, down)));
}

/** The inclusive bounds; an exclusive one moves by a step, or by what a narrow range allows. */
export function boundsOf(schema: Schema, step: number): [number, number] {
  const above = numberOf(schema.exclusiveMinimum);
  const below = numberOf(schema.exclusiveMaximum);
  const gap = Math.min(
    step,
    Math.abs((below ?? Number.POSITIVE_INFINITY) - (above ?? Number.NEGATIVE_INFINITY)) / 3,
  );
  const low = Math.max(
    numberOf(schema.minimum) ?? Number.NEGATIVE_INFINITY,
    above === undefined ? Number.NEGATIVE_INFINITY : above + gap,
  );
  const high = Math.min(
    numberOf(schema.maximum) ?? Number.POSITIVE_INFINITY,
    below === undefined ? Number.POSITIVE_INFINITY : below - gap,
  );
  return [low, high];
}

/** Takes off what floating point adds. */
const round = (value: number): number => Number.parseFloat(value.toPrecision(12));
