/**
 * Which JSON Schemas the Messages API takes as an output format or tool input, and how a contract
 * becomes one. What the API's grammar cannot hold (bounds, lengths, complex patterns) moves into
 * descriptions, where the model reads it, and is enforced by our own validation of the answer.
 * Source of the subset: Anthropic's structured outputs documentation, August 2026.
 */
import {
  MODEL_SCHEMA_OPTIONAL_PROPERTIES_MAX,
  MODEL_SCHEMA_UNION_PROPERTIES_MAX,
  SCHEMA_DEPTH_MAX,
} from '../limits';
import { definitionOf, isLocalReference, isObject, recursiveReferences } from './references';
import type { JsonSchema } from './schema';

export interface SchemaProblem {
  /** JSON pointer below the schema's root, e.g. `/properties/items`; empty for the root. */
  path: string;
  message: string;
}

/** What is removed from the schema and told to the model in words instead. */
const TOLD_IN_WORDS = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);
const REFUSED: Record<string, string> = {
  not: 'say what is allowed instead',
  if: 'use anyOf with one schema per case',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: 'use anyOf with one schema per case',
  else: 'use anyOf with one schema per case',
  patternProperties: 'list the properties, or use an array of {key, value} objects',
  propertyNames: 'list the properties, or use an array of {key, value} objects',
  prefixItems: 'use an object with one property per position',
  contains: 'check it with a semantic check instead',
  dependentRequired: 'use anyOf with one schema per case',
  dependentSchemas: 'use anyOf with one schema per case',
  unevaluatedProperties: 'list the properties',
  unevaluatedItems: 'use items',
  $dynamicRef: 'use a local $ref',
};
const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']);
const FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
/** Look-around, back-references, word boundaries and large repeats are beyond the API's grammar. */
const COMPLEX_PATTERN = /\(\?|\\[1-9]|\\b|\\B|\{\d{3,}|,\d{3,}\}/;
const KEPT = ['type', 'enum', 'const', 'title', 'default', '$ref'];
/** What shapes a schema, and so cannot stand beside a reference. */
const SHAPING = ['type', 'enum', 'const', 'properties', 'items', 'anyOf', 'oneOf', 'allOf'];

/** Translates a contract for the model; every problem is reported, not only the first. */
export function toModelSchema(contract: JsonSchema): {
  schema: JsonSchema;
  problems: SchemaProblem[];
} {
  const problems: SchemaProblem[] = [];
  let optional = 0;
  let unions = 0;
  const problem = (path: string, message: string) => problems.push({ path, message });
  const recursive = recursiveReferences(contract);

  function walk(node: unknown, path: string, depth: number): JsonSchema {
    if (!isObject(node)) {
      problem(path, 'must be a schema object (true and false are not taken by the model API)');
      return {};
    }
    if (depth > SCHEMA_DEPTH_MAX) {
      problem(path, `is nested more than ${SCHEMA_DEPTH_MAX} levels deep`);
      return {};
    }
    for (const [keyword, hint] of Object.entries(REFUSED))
      if (keyword in node)
        problem(path, `uses "${keyword}", which the model API cannot take: ${hint}`);
    if (Array.isArray(node.items))
      problem(path, 'uses a list of schemas in "items": use an object with one property each');
    const types = typesOf(node, path);

    const out: JsonSchema = {};
    for (const key of KEPT) if (key in node) out[key] = node[key];
    const words = wordsFor(node, out, types.includes('string'));
    const description = [node.description, words].filter(Boolean).join(' ');
    if (description !== '') out.description = description;

    const cases = node.anyOf ?? node.oneOf;
    if (cases !== undefined) {
      unions++;
      out.anyOf = walkAll(cases, `${path}/${node.anyOf ? 'anyOf' : 'oneOf'}`, depth);
    }
    if (node.allOf !== undefined) {
      const members = walkAll(node.allOf, `${path}/allOf`, depth);
      out.allOf = members;
      if (members.some((member) => '$ref' in member))
        problem(`${path}/allOf`, 'has a "$ref" among its schemas: the model API takes none there');
    }
    if (Array.isArray(node.type)) unions++;
    for (const group of ['$defs', 'definitions'])
      if (isObject(node[group])) {
        if (path !== '') problem(path, `has "${group}": move them to the root of the contract`);
        out[group] = walkMap(node[group], `${path}/${group}`, depth);
      }
    checkRef(node, path);
    checkValues(node, path);
    checkPattern(node, path);

    if (types.includes('object') || 'properties' in node)
      walkObject(node, out, path, depth, types.includes('object'));
    if (types.includes('array')) {
      if (isObject(node.items)) out.items = walk(node.items, `${path}/items`, depth + 1);
      else problem(path, 'is an array without "items": say what it holds');
      if (node.minItems === 0 || node.minItems === 1) out.minItems = node.minItems;
    }
    const typed = ['type', 'enum', 'const', '$ref', 'anyOf', 'oneOf', 'allOf'].some(
      (key) => key in node,
    );
    if (!typed) problem(path, 'has no "type" and would accept anything: give it one');
    return out;
  }

  function walkObject(
    node: JsonSchema,
    out: JsonSchema,
    path: string,
    depth: number,
    typed: boolean,
  ): void {
    if (!typed) problem(path, 'has "properties" but no "type": add "type": "object"');
    const open = node.additionalProperties;
    if (open !== undefined && open !== false)
      problem(
        path,
        'is open to unnamed properties, which the model API cannot take: list the properties, or use an array of {key, value} objects',
      );
    const properties = isObject(node.properties) ? node.properties : {};
    if (Object.keys(properties).length === 0)
      problem(path, 'is an object without properties: list them');
    const required = Array.isArray(node.required) ? node.required : [];
    for (const name of required)
      if (typeof name !== 'string' || !Object.hasOwn(properties, name))
        problem(path, `requires ${inWords(name)}, which is not among its properties`);
    optional += Object.keys(properties).filter((name) => !required.includes(name)).length;
    out.properties = walkMap(properties, `${path}/properties`, depth);
    if (required.length > 0) out.required = required;
    out.additionalProperties = false;
  }

  function walkMap(map: JsonSchema, path: string, depth: number): JsonSchema {
    return Object.fromEntries(
      Object.entries(map).map(([name, node]) => [name, walk(node, `${path}/${name}`, depth + 1)]),
    );
  }

  function walkAll(nodes: unknown, path: string, depth: number): JsonSchema[] {
    if (!Array.isArray(nodes) || nodes.length === 0) {
      problem(path, 'must be a list of at least one schema');
      return [];
    }
    return nodes.map((node, index) => walk(node, `${path}/${index}`, depth + 1));
  }

  function typesOf(node: JsonSchema, path: string): unknown[] {
    if (!('type' in node)) return [];
    const types: unknown[] = Array.isArray(node.type) ? node.type : [node.type];
    if (types.length === 0) problem(path, 'has an empty list of types: name one');
    for (const type of types)
      if (!TYPES.has(type as string))
        problem(path, `has the type ${inWords(type)}; there are ${[...TYPES].join(', ')}`);
    return types;
  }

  function checkRef(node: JsonSchema, path: string): void {
    if (node.$ref === undefined) return;
    const target = typeof node.$ref === 'string' ? node.$ref : inWords(node.$ref);
    if (!isLocalReference(target))
      problem(path, `refers to ${target}: only "#/$defs/name" is taken by the model API`);
    else if (!definitionOf(contract, target))
      problem(path, `refers to ${target}, which is not there`);
    else if (recursive.has(target))
      problem(path, `refers to ${target}, which contains itself: the model API takes no recursion`);
    for (const key of SHAPING)
      if (key in node) problem(path, `has "${key}" beside "$ref": a reference stands alone`);
  }

  function checkValues(node: JsonSchema, path: string): void {
    if (isStructured(node.const))
      problem(path, 'has an object as its "const": only primitives are taken');
    if (node.enum === undefined) return;
    if (!Array.isArray(node.enum) || node.enum.length === 0)
      problem(path, 'has an empty "enum": list the allowed values');
    else if (node.enum.some(isStructured))
      problem(path, 'has an object among its "enum" values: only primitives are taken');
  }

  function checkPattern(node: JsonSchema, path: string): void {
    if (typeof node.pattern !== 'string') return;
    try {
      new RegExp(node.pattern, 'u');
    } catch (error) {
      problem(path, `has a "pattern" that is not valid: ${(error as Error).message}`);
    }
  }

  const schema = walk(contract, '', 0);
  if (contract.type !== 'object') problem('', 'must be an object at its root ("type": "object")');
  if (optional > MODEL_SCHEMA_OPTIONAL_PROPERTIES_MAX)
    problem(
      '',
      `has ${optional} optional properties; the model API takes ${MODEL_SCHEMA_OPTIONAL_PROPERTIES_MAX}: make some required`,
    );
  if (unions > MODEL_SCHEMA_UNION_PROPERTIES_MAX)
    problem(
      '',
      `has ${unions} union-typed properties; the model API takes ${MODEL_SCHEMA_UNION_PROPERTIES_MAX}`,
    );
  return { schema, problems };
}

const isStructured = (value: unknown): boolean => typeof value === 'object' && value !== null;
/** Objects are not written out: hostile ones are large and deep. */
const inWords = (value: unknown): string =>
  isStructured(value) ? 'an object' : String(JSON.stringify(value));

/** The constraints that leave the schema, as text a model reads: `{minimum: 1, maximum: 5}`. */
function wordsFor(node: JsonSchema, out: JsonSchema, isString: boolean): string {
  const told = Object.entries(node).filter(([key]) => TOLD_IN_WORDS.has(key));
  if (typeof node.minItems === 'number' && node.minItems > 1)
    told.push(['minItems', node.minItems]);
  if (typeof node.pattern === 'string') {
    if (isString && !COMPLEX_PATTERN.test(node.pattern)) out.pattern = node.pattern;
    else told.push(['pattern', node.pattern]);
  }
  if (typeof node.format === 'string') {
    if (isString && FORMATS.has(node.format)) out.format = node.format;
    else told.push(['format', node.format]);
  }
  if (told.length === 0) return '';
  return `{${told.map(([key, value]) => `${key}: ${inWords(value)}`).join(', ')}}`;
}
