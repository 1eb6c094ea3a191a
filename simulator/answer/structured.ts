import { compileSchema } from '../json-schema/compile';
import { tighten } from '../json-schema/constraints';
import type { Schema } from '../json-schema/supported';
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
 * A value that is valid for the schema and for the bounds stated in its descriptions, or for the
 * schema alone where those contradict it. Checked before it is given; `undefined` where none was
 * found.
 */
export function structuredValue(request: StructuredRequest): unknown {
  return valueFor(tighten(request.schema), request) ?? valueFor(request.schema, request);
}

function valueFor(schema: Schema, request: StructuredRequest): unknown {
  const validate = compileSchema(schema);
  if (validate === undefined) return undefined;
  const plain = new Set<string>();
  for (let round = 0; round < ROUNDS_COUNT_MAX; round += 1) {
    const writing = createWriting(request.context, [...request.seedWords, String(round)], schema);
    const filler = new Filler(schema, writing, plain, request.optional ?? 'all');
    const value = filler.fill(request.overrides);
    if (validate(value)) return value;
    for (const error of validate.errors ?? []) plain.add(error.instancePath);
  }
  return undefined;
}
