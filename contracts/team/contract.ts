/** Validation of values against contracts, with exact paths. */
import { createContext, Script } from 'node:vm';
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
  const holds = withinTime(() => validate(value));
  if (holds === undefined) return [TOO_SLOW];
  return holds ? [] : (validate.errors ?? []).map(toViolation);
}

/** A contract of some hundred kilobytes is checked in milliseconds. */
const VALIDATION_MS_MAX = 1_000;
const TOO_SLOW: Violation = {
  path: '',
  keyword: 'pattern',
  message: `takes more than ${VALIDATION_MS_MAX} ms to check: a "pattern" of the contract backtracks without end`,
};

const frame = createContext({});
const call = new Script('check()');

/**
 * A team's pattern can keep a regular expression busy for centuries, and with it the worker and
 * its heartbeats. Only code that was entered through a script can be ended from outside.
 */
function withinTime<T>(check: () => T): T | undefined {
  frame.check = check;
  try {
    return call.runInContext(frame, { timeout: VALIDATION_MS_MAX }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}

function toViolation(error: ErrorObject): Violation {
  const message = error.message ?? 'does not fit';
  const allowed = error.keyword === 'enum' ? `: ${JSON.stringify(error.params.allowedValues)}` : '';
  const extra =
    error.keyword === 'additionalProperties' ? ` ("${error.params.additionalProperty}")` : '';
  return { path: error.instancePath, keyword: error.keyword, message: message + allowed + extra };
}
