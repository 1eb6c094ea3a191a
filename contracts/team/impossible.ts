/**
 * What no value can hold, where the contradiction stands in one place of a contract: bounds that
 * cross, required properties that may not be, values that are not of their type. Contradictions
 * across places (`allOf`, patterns) show only when an answer is refused.
 */
import type { SchemaProblem } from './model-schema';
import { isObject } from './references';
import type { JsonSchema } from './schema';

/** Keywords whose members are schemas, in each of the three forms. */
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const SINGLE = ['items', 'additionalProperties', 'contains', 'propertyNames'];

/** Takes time in proportion to the schema and no stack. */
export function impossibilities(root: JsonSchema): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const rest: { schema: unknown; path: string }[] = [{ schema: root, path: '' }];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { schema, path } = next;
    if (!isObject(schema)) continue;
    for (const message of contradictionsIn(schema)) problems.push({ path, message });
    for (const name of MAPS)
      if (isObject(schema[name]))
        for (const [key, member] of Object.entries(schema[name]))
          rest.push({ schema: member, path: `${path}/${name}/${key}` });
    for (const name of LISTS)
      if (Array.isArray(schema[name]))
        schema[name].forEach((member: unknown, index) => {
          rest.push({ schema: member, path: `${path}/${name}/${index}` });
        });
    for (const name of SINGLE) rest.push({ schema: schema[name], path: `${path}/${name}` });
  }
  return problems;
}

/** Lower and upper bound; whether the two may be equal. */
const BOUNDS: [string, string, boolean][] = [
  ['minLength', 'maxLength', true],
  ['minItems', 'maxItems', true],
  ['minProperties', 'maxProperties', true],
  ['minContains', 'maxContains', true],
  ['minimum', 'maximum', true],
  ['minimum', 'exclusiveMaximum', false],
  ['exclusiveMinimum', 'maximum', false],
  ['exclusiveMinimum', 'exclusiveMaximum', false],
];

function contradictionsIn(schema: JsonSchema): string[] {
  const crossed = BOUNDS.flatMap(([lower, upper, mayEqual]) => {
    const [low, high] = [schema[lower], schema[upper]];
    if (typeof low !== 'number' || typeof high !== 'number') return [];
    if (low < high || (mayEqual && low === high)) return [];
    return [`no answer can hold both ${lower} ${low} and ${upper} ${high}`];
  });
  return [
    ...crossed,
    ...(crossed.length === 0 ? noWholeNumber(schema) : []),
    ...forbiddenButRequired(schema),
    ...valuesOfAnotherType(schema),
  ];
}

function noWholeNumber({ type, minimum, maximum }: JsonSchema): string[] {
  if (type !== 'integer' || typeof minimum !== 'number' || typeof maximum !== 'number') return [];
  return Math.ceil(minimum) > Math.floor(maximum)
    ? [`there is no whole number from ${minimum} to ${maximum}`]
    : [];
}

function forbiddenButRequired(schema: JsonSchema): string[] {
  const { required, properties, additionalProperties, patternProperties, maxProperties } = schema;
  if (!Array.isArray(required)) return [];
  const known = isObject(properties) ? properties : {};
  const isForbidden = (name: unknown): boolean =>
    typeof name === 'string' &&
    (Object.hasOwn(known, name)
      ? known[name] === false
      : additionalProperties === false && !isObject(patternProperties));
  const tooMany = typeof maxProperties === 'number' && new Set(required).size > maxProperties;
  return [
    ...required
      .filter(isForbidden)
      .map((name) => `"${name}" is required, but is no property that an answer may have`),
    ...(tooMany ? [`requires ${required.length} properties, more than maxProperties allows`] : []),
  ];
}

function valuesOfAnotherType({ type, enum: values, const: value, ...schema }: JsonSchema) {
  const types = typeof type === 'string' ? [type] : Array.isArray(type) ? type : undefined;
  if (types === undefined) return [];
  const allowed = Array.isArray(values) ? values : value === undefined ? [] : [value];
  if (allowed.length === 0 || schema.nullable === true) return [];
  const fits = allowed.some((candidate) => types.some((name) => isOfType(candidate, name)));
  return fits ? [] : [`none of its values is of type ${types.join(' or ')}`];
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      // The remaining types of JSON Schema are named as JavaScript names them.
      return typeof value === type;
  }
}
