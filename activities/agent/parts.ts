/** A contract in parts: a few of its top-level properties at a time, each a contract of its own. */
import { toModelSchema } from '../../contracts/team/model-schema';
import { isObject } from '../../contracts/team/references';
import type { JsonSchema, Phase } from '../../contracts/team/schema';
import type { Prompt } from '../model/port';

export type PromptPart = NonNullable<Prompt['parts']>[number];

/** What a contract may say at its root for its properties to be judged apart. */
const SEPARABLE = [
  ...['type', 'properties', 'required', 'additionalProperties'],
  ...['$defs', 'definitions', 'title', 'description'],
];

/**
 * At most as many parts as the round has turns, with one to spare for a repair where there are
 * three. One part where the contract cannot be divided.
 */
export function partsOf({ produces, limits }: Phase): PromptPart[] {
  const names = namesOf(produces);
  const isSeparable = Object.keys(produces).every((keyword) => SEPARABLE.includes(keyword));
  const most = limits.turnsMax > 2 ? limits.turnsMax - 1 : limits.turnsMax;
  const count = isSeparable ? Math.min(names.length, most) : 1;
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((end) => Math.round((names.length * end) / count));
    const properties = names.slice(from, to);
    return { properties, outputSchema: toModelSchema(partOf(produces, properties)).schema };
  });
}

/** As the contract's author lists what is required: stored JSON keeps no order of properties. */
function namesOf({ properties, required }: JsonSchema): string[] {
  const known = Object.keys(isObject(properties) ? properties : {});
  const first = Array.isArray(required) ? required.filter((name) => known.includes(name)) : [];
  return [...new Set([...first, ...known])];
}

/** The contract of some of its properties. */
export function partOf(contract: JsonSchema, names: readonly string[]): JsonSchema {
  const { properties, required, ...rest } = contract;
  const isOurs = (name: unknown) => names.includes(String(name));
  const own = Object.entries(isObject(properties) ? properties : {}).filter(([name]) =>
    isOurs(name),
  );
  return {
    ...rest,
    properties: Object.fromEntries(own),
    ...(Array.isArray(required) ? { required: required.filter(isOurs) } : {}),
  };
}
