import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Schema } from './supported';

/** Compiled schemas that are kept; the oldest goes first. */
const COMPILED_COUNT_MAX = 300;
const compiled = new Map<string, ValidateFunction | undefined>();

/**
 * A validator for a JSON Schema (draft 2020-12), or `undefined` where the schema is none. Formats
 * are checked; unknown keywords are not.
 */
export function compileSchema(schema: Schema): ValidateFunction | undefined {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  const key = JSON.stringify(rest);
  if (compiled.has(key)) return compiled.get(key);
  const validate = compile(rest);
  compiled.set(key, validate);
  const oldest = compiled.keys().next().value;
  if (compiled.size > COMPILED_COUNT_MAX && oldest !== undefined) compiled.delete(oldest);
  return validate;
}

function compile(schema: Schema): ValidateFunction | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  addFormats(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The first errors of the last validation, as one line. */
export function errorsText(validate: ValidateFunction): string {
  return (validate.errors ?? [])
    .slice(0, 3)
    .map((error) => `${error.instancePath} ${error.message ?? 'is wrong'}`.trim())
    .join('; ');
}
