import { inTime } from '../in-time';
import { compileSchema } from '../json-schema/compile';
import { tighten } from '../json-schema/constraints';
import type { Schema } from '../json-schema/supported';
import { STRUCTURED_ANSWER_MS_MAX } from '../limits';
import type { Context } from './context';
import { Filler } from './fill';
import { createWriting } from './writing';

/** How often what does not fit is filled anew before meaning is given up altogether. */
const ROUNDS_COUNT_MAX = 5;

export interface StructuredRequest {
  schema: Schema;
  context: Context;
  seedWords: readonly string[];
  /** Values that are already known, by property of the root. */
  overrides?: Record<string, unknown>;
  optional?: 'all' | 'none';
}

/**
 * A value that is valid for the schema and for the bounds stated in its descriptions. Where not all
 * of those can be held (they may contradict the schema), one that holds most of them; where that
 * breaks the schema, one for the schema alone. Checked before it is given; `undefined` where none
 * was found. Where patterns take too long, one that fits apart from them.
 */
export function structuredValue(request: StructuredRequest): unknown {
  const made = inTime(() => fittingValue(request), STRUCTURED_ANSWER_MS_MAX);
  return made ? made.value : valueFor(withoutPatterns(request.schema), request).value;
}

function fittingValue(request: StructuredRequest): unknown {
  const { value, isValid } = valueFor(tighten(request.schema), request);
  if (isValid || (value !== undefined && compileSchema(request.schema)?.(value))) return value;
  const plain = valueFor(request.schema, request);
  return plain.isValid ? plain.value : undefined;
}

/** The last try, where none is valid. */
function valueFor(
  schema: Schema,
  request: StructuredRequest,
): { value?: unknown; isValid: boolean } {
  const validate = compileSchema(schema);
  if (validate === undefined) return { isValid: false };
  let value: unknown;
  const plain = new Set<string>();
  for (let round = 0; round < ROUNDS_COUNT_MAX; round += 1) {
    const writing = createWriting(request.context, [...request.seedWords, String(round)], schema);
    const filler = new Filler(schema, writing, plain, request.optional ?? 'all');
    value = filler.fill(request.overrides);
    if (validate(value)) return { value, isValid: true };
    for (const error of validate.errors ?? []) plain.add(error.instancePath);
  }
  return { value, isValid: false };
}

function withoutPatterns<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutPatterns) as T;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) => !(name === 'patternProperties' || (name === 'pattern' && isText(inner))),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutPatterns(inner)])) as T;
}

const isText = (value: unknown): boolean => typeof value === 'string';
