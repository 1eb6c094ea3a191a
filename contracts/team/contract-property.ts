/** What a contract says of one of its properties. */
import { isObject } from './references';
import type { JsonSchema } from './schema';

/** Undefined where the contract has no such property. */
export function propertyOf(contract: JsonSchema, name: string): JsonSchema | undefined {
  const { properties } = contract;
  if (!isObject(properties) || !Object.hasOwn(properties, name)) return undefined;
  const property = properties[name];
  return isObject(property) ? property : {};
}

/** Why a property can never have the value; undefined where it may. */
export function neverEquals(
  property: JsonSchema,
  name: string,
  value: string | boolean,
): string | undefined {
  if (Array.isArray(property.enum) && !property.enum.includes(value))
    return `${JSON.stringify(value)} is not among the values of "${name}"`;
  if (typeof property.type === 'string' && property.type !== typeof value)
    return `${JSON.stringify(value)} is never the value of "${name}"`;
  return undefined;
}
