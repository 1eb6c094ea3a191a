/** What a tool takes or gives: a JSON Schema for the model, and the check that belongs to it. */
import type { z } from 'zod';
import { compileContract, violations } from '../../contracts/team/contract';
import type { JsonSchema } from '../../contracts/team/schema';
import { inputSchema } from '../../contracts/tools';

export interface ToolValue<T = unknown> {
  /** As the model is told, and as definitions of effects are checked. */
  schema: JsonSchema;
  /** The value with its defaults filled in, or what does not fit; each problem names its place. */
  parse(value: unknown): { value: T } | { problems: string[] };
}

/** @param whole what the value as a whole is called in problems */
export function zodValue<T>(schema: z.ZodType<T>, whole = 'the input'): ToolValue<T> {
  return {
    schema: inputSchema(schema),
    parse(value) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return { value: parsed.data };
      return {
        problems: parsed.error.issues.map(
          ({ path, message }) => `${path.join('/') || whole}: ${message}`,
        ),
      };
    },
  };
}

/**
 * For tools that others describe.
 * @throws Error where the schema is not valid JSON Schema
 */
export function jsonValue(schema: JsonSchema, whole = 'the input'): ToolValue {
  compileContract(schema);
  return {
    schema,
    parse(value) {
      const problems = violations(schema, value).map(
        ({ path, message }) => `${path.slice(1) || whole}: ${message}`,
      );
      return problems.length > 0 ? { problems } : { value };
    },
  };
}
