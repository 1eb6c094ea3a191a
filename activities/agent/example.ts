/**
 * An example of what fits a contract, made from its schema alone: always the same, with values that
 * mean nothing. None where none can be made, e.g. of a pattern that nothing at hand matches.
 */
import { canonicalJson } from '../../contracts/content';
import { EXAMPLE_CHARACTERS_MAX, SCHEMA_DEPTH_MAX } from '../../contracts/limits';
import { violations } from '../../contracts/team/contract';
import { definitionOf, isObject } from '../../contracts/team/references';
import type { JsonSchema } from '../../contracts/team/schema';

/** @param expected what receivers ask beyond the contract: an example that they would refuse helps nobody */
export function exampleOf(contract: JsonSchema, expected: readonly JsonSchema[] = []): unknown {
  const example = made(contract, contract, 0, 0);
  if (example === undefined || canonicalJson(example).length > EXAMPLE_CHARACTERS_MAX)
    return undefined;
  const fits = [contract, ...expected].every((schema) => violations(schema, example).length === 0);
  return fits ? example : undefined;
}

/** More are in nobody's interest, and hostile contracts ask for a thousand million. */
const ITEMS_MAX = 20;

/** @param index position in a list, so that its items may differ; undefined: nothing can be made */
function made(root: JsonSchema, schema: JsonSchema, index: number, depth: number): unknown {
  if (depth > SCHEMA_DEPTH_MAX) return undefined;
  const next = (node: unknown, at = index): unknown =>
    isObject(node) ? made(root, node, at, depth + 1) : undefined;
  if (typeof schema.$ref === 'string') return next(definitionOf(root, schema.$ref));
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[index % schema.enum.length];
  const cases = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(cases)) return firstMade(cases, (node) => next(node));
  if (Array.isArray(schema.allOf)) {
    const { allOf, ...rest } = schema;
    return next(allOf.filter(isObject).reduce(both, rest));
  }
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, next);
    case 'array':
      return listOf(schema, next);
    case 'string':
      return textOf(schema, index);
    case 'integer':
    case 'number':
      return numberOf(schema, index);
    case 'boolean':
      return index % 2 === 0;
    case 'null':
      return null;
    default:
      return undefined;
  }
}

function typeOf({ type }: JsonSchema): unknown {
  return Array.isArray(type) ? (type.find((name) => name !== 'null') ?? type[0]) : type;
}

function firstMade(nodes: unknown[], make: (node: unknown) => unknown): unknown {
  for (const node of nodes) {
    const value = make(node);
    if (value !== undefined && value !== null) return value;
  }
  return nodes.some((node) => isObject(node) && node.type === 'null') ? null : undefined;
}

/** What holds where both do, as far as it can be said in one schema. */
function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const larger = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
  const smaller = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
  const joined: JsonSchema = { ...one, ...other };
  for (const name of [...larger, ...smaller]) {
    const bounds = [one[name], other[name]].filter((bound) => typeof bound === 'number');
    if (bounds.length === 2)
      joined[name] = larger.includes(name) ? Math.max(...bounds) : Math.min(...bounds);
  }
  if (isObject(one.properties) && isObject(other.properties))
    joined.properties = { ...one.properties, ...other.properties };
  if (Array.isArray(one.required) && Array.isArray(other.required))
    joined.required = [...one.required, ...other.required];
  return joined;
}

type Make = (node: unknown, index?: number) => unknown;

function objectOf(schema: JsonSchema, next: Make): unknown {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const entries = Object.entries(properties).map(([name, node]) => [name, next(node)] as const);
  if (entries.some(([name, value]) => value === undefined && required.includes(name)))
    return undefined;
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function listOf({ items, minItems, maxItems }: JsonSchema, next: Make): unknown {
  const length = Math.min(bound(maxItems, 1), Math.max(1, bound(minItems, 1)));
  const count = Math.max(length, bound(minItems, 0));
  if (count > ITEMS_MAX) return undefined;
  const values = Array.from({ length: count }, (_, index) => next(items, index));
  return values.includes(undefined) ? (bound(minItems, 0) === 0 ? [] : undefined) : values;
}

const bound = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

const OF_FORMAT: Record<string, (index: number) => string> = {
  'date-time': (index) => `2026-01-31T12:00:0${index % 10}Z`,
  time: (index) => `12:00:0${index % 10}Z`,
  date: (index) => `2026-01-${String(1 + (index % 28)).padStart(2, '0')}`,
  duration: (index) => `P${index + 1}D`,
  email: (index) => `name${index}@example.com`,
  hostname: (index) => `host${index}.example.com`,
  uri: (index) => `https://example.com/${index}`,
  ipv4: (index) => `192.0.2.${index}`,
  ipv6: (index) => `2001:db8::${index}`,
  uuid: (index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
};

/** What common patterns of ids, codes and names ask for. */
const CANDIDATES = [
  ...['a', 'A', '1', 'F1', 'ab', 'AB', '12', 'abc', 'ABC', '123', 'ab-1', 'AB-123', 'A-1'],
  ...['2026', '2026-01', '2026-01-31', '1.0', '1.0.0', 'a.b', 'a_b', 'a-b', 'a b', 'Ab', 'Abc'],
  ...['alpha', 'beta', 'one two', 'en', 'en-GB', 'USD', '#a1b2c3', '+4930123456', '12:30'],
];

function textOf(schema: JsonSchema, index: number): unknown {
  const { format, pattern, minLength, maxLength } = schema;
  const fits = (text: string): boolean =>
    violations({ type: 'string', ...pick(schema, TEXT_KEYWORDS) }, text).length === 0;
  if (typeof pattern === 'string') {
    const matching = CANDIDATES.filter(fits);
    return matching[index % matching.length];
  }
  const known = typeof format === 'string' ? OF_FORMAT[format] : undefined;
  if (known) return known(index);
  const shortest = bound(minLength, 1);
  if (shortest > EXAMPLE_CHARACTERS_MAX) return undefined;
  const text = `text ${index + 1}`;
  const long = text.length >= shortest ? text : `${text} `.repeat(shortest).slice(0, shortest);
  return long.slice(0, Math.max(shortest, Math.min(long.length, bound(maxLength, long.length))));
}

const TEXT_KEYWORDS = ['pattern', 'format', 'minLength', 'maxLength'];

const pick = (schema: JsonSchema, names: readonly string[]): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([name]) => names.includes(name)));

function numberOf(schema: JsonSchema, index: number): unknown {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, type } = schema;
  const least = Math.max(
    bound(minimum, Number.NEGATIVE_INFINITY),
    bound(exclusiveMinimum, Number.NEGATIVE_INFINITY),
  );
  const most = Math.min(
    bound(maximum, Number.POSITIVE_INFINITY),
    bound(exclusiveMaximum, Number.POSITIVE_INFINITY),
  );
  const step = bound(multipleOf, 1);
  const from = Number.isFinite(least) ? Math.ceil(least / step) * step : Math.min(step, most);
  const candidates = [
    ...[from + index * step, from + (index + 1) * step, from],
    ...(type === 'number' ? [(least + most) / 2, least, most] : [Math.floor(most / step) * step]),
  ];
  return candidates.find(
    (value) =>
      Number.isFinite(value) &&
      value >= bound(minimum, value) &&
      value <= bound(maximum, value) &&
      value > bound(exclusiveMinimum, Number.NEGATIVE_INFINITY) &&
      value < bound(exclusiveMaximum, Number.POSITIVE_INFINITY),
  );
}
