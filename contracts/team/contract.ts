/** Validation of values against contracts, with exact paths. */
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';

import { canonicalJson } from '../content';
import type { JsonSchema } from './schema';

export interface Violation {
  /** JSON pointer into the value, e.g. `/findings/3/quote`; empty for the whole. */
  path: string;
  /** ajv's keyword, e.g. `required`, `type`. */
  keyword: string;
  message: string;
}

/** Compiled contracts; a worker meets a handful, a hostile installation thousands. */
const COMPILED_MAX = 200;
const compiled = new LRUCache<string, ValidateFunction>({ max: COMPILED_MAX });

/** @throws Error when the schema itself is not valid JSON Schema 2020-12 (checked by `checkTeam`). */
export function compileContract(schema: JsonSchema): ValidateFunction {
  const key = canonicalJson(schema);
  const known = compiled.get(key);
  if (known) return known;
  // Its verdicts would be promises, which are true whatever the value.
  if ('$async' in schema) throw new Error('"$async" is not JSON Schema: leave it out');
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: true, logger: false });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  compiled.set(key, validate);
  return validate;
}

/** All violations of a contract by a value; none when it holds. */
export function violations(schema: JsonSchema, value: unknown): Violation[] {
  const validate = compileContract(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(toViolation);
}

function toViolation(error: ErrorObject): Violation {
  const message = error.message ?? 'does not fit';
  const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params.allowedValues)}` : '';
  const extra =
    error.keyword === 'additionalProperties' ? ` ("${error.params.additionalProperty}")` : '';
  return { path: error.instancePath, keyword: error.keyword, message: message + allowed + extra };
}
