import { invalid } from '../errors';
import {
  OPTIONAL_PROPERTIES_COUNT_MAX,
  STRICT_TOOLS_COUNT_MAX,
  UNION_PROPERTIES_COUNT_MAX,
} from '../limits';
import { patternFault } from './supported-pattern';

/**
 * The part of JSON Schema that structured outputs and strict tools take (API page 5.1). Anything
 * outside it is refused with the path of the request at which it stands.
 */

export type Schema = Record<string, unknown>;

const TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'];
const STRING_FORMATS = [
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
];

/** Keywords that any schema may have. */
const COMMON = ['type', 'description', 'title', 'default', 'enum', 'const', 'anyOf', 'allOf'];
const OF_TYPE: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems'],
  string: ['format', 'pattern'],
};
const DEFINITIONS = ['$defs', 'definitions'];

/** Counted per request over all schemas of it. */
export interface Complexity {
  strictTools: number;
  optionalProperties: number;
  unionProperties: number;
}

export function checkComplexity(complexity: Complexity): void {
  const limits: [number, number, string][] = [
    [complexity.strictTools, STRICT_TOOLS_COUNT_MAX, 'strict tools'],
    [complexity.optionalProperties, OPTIONAL_PROPERTIES_COUNT_MAX, 'optional properties'],
    [complexity.unionProperties, UNION_PROPERTIES_COUNT_MAX, 'properties with union types'],
  ];
  for (const [count, most, what] of limits) {
    if (count > most) {
      throw invalid(
        `Schema is too complex for compilation. There are ${count} ${what} over all strict tools and the output format (limit: ${most}).`,
      );
    }
  }
}

/** Checks one schema and adds what it has to the request's complexity. */
export function checkSchema(root: Schema, path: string, complexity: Complexity): void {
  const check = new SchemaCheck(root, path, complexity);
  check.definitions();
  check.node(root, '');
  check.refuseRecursion();
  if (resolve(root, root).type !== 'object') {
    throw invalid(`${path}: The root of the schema must be of type 'object'`);
  }
}

/** Follows `$ref` to the schema meant; the references of a checked schema end. */
export function resolve(schema: Schema, root: Schema): Schema {
  let current = schema;
  for (let steps = 0; typeof current.$ref === 'string' && steps < 100; steps += 1) {
    const target = definition(current.$ref, root);
    if (target === undefined) return current;
    current = target;
  }
  return current;
}

function definition(reference: string, root: Schema): Schema | undefined {
  if (reference === '#') return root;
  const match = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference);
  if (match === null) return undefined;
  const holder = root[match[1] ?? ''];
  const name = decodeURIComponent(match[2] ?? '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const found = isSchema(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
  return isSchema(found) ? found : undefined;
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class SchemaCheck {
  constructor(
    private readonly root: Schema,
    private readonly path: string,
    private readonly complexity: Complexity,
  ) {}

  definitions(): void {
    for (const keyword of DEFINITIONS) {
      const holder = this.root[keyword];
      if (holder === undefined) continue;
      if (!isSchema(holder)) throw this.fault('', `'${keyword}' must be an object of schemas`);
      for (const [name, schema] of Object.entries(holder)) {
        this.node(schema, `.${keyword}.${name}`);
      }
    }
  }

  node(schema: unknown, at: string): void {
    if (!isSchema(schema)) throw this.fault(at, 'must be a schema object');
    if (schema.$ref !== undefined) {
      this.reference(schema, at);
      return;
    }
    const types = this.typesOf(schema, at);
    this.refuseKeywords(schema, types, at);
    this.literals(schema, at);
    if (types.includes('object')) this.object(schema, at);
    if (types.includes('array')) this.array(schema, at);
    if (types.includes('string')) this.string(schema, at);
    for (const keyword of ['anyOf', 'allOf'] as const) {
      const branches = schema[keyword];
      if (branches === undefined) continue;
      if (!Array.isArray(branches) || branches.length === 0) {
        throw this.fault(at, `'${keyword}' must be a non-empty list of schemas`);
      }
      branches.forEach((branch, index) => {
        if (keyword === 'allOf' && isSchema(branch) && branch.$ref !== undefined) {
          throw this.fault(at, "'allOf' with '$ref' is not supported");
        }
        this.node(branch, `${at}.${keyword}.${index}`);
      });
    }
  }

  private typesOf(schema: Schema, at: string): string[] {
    const { type } = schema;
    const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
    for (const name of types) {
      if (!TYPES.includes(name)) throw this.fault(at, `type '${String(name)}' is not supported`);
    }
    return types;
  }

  private refuseKeywords(schema: Schema, types: string[], at: string): void {
    const known = new Set([
      ...COMMON,
      ...(at === '' ? DEFINITIONS : []),
      ...types.flatMap((type) => OF_TYPE[type] ?? []),
    ]);
    const unknown = Object.keys(schema).filter((keyword) => !known.has(keyword));
    const hasMeaning = ['enum', 'const', 'anyOf', 'allOf'].some((keyword) => keyword in schema);
    if (unknown.length === 0 && (types.length > 0 || hasMeaning)) return;
    if (unknown.length === 0) {
      throw this.fault(at, 'a schema needs one of type, enum, const, anyOf, allOf or $ref');
    }
    throw this.fault(
      at,
      `For '${types.join(' | ') || 'any'}' type, properties ${unknown.join(', ')} are not supported`,
    );
  }

  private literals(schema: Schema, at: string): void {
    const values = [
      ...(Array.isArray(schema.enum) ? schema.enum : []),
      ...('const' in schema ? [schema.const] : []),
    ];
    if ('enum' in schema && (!Array.isArray(schema.enum) || schema.enum.length === 0)) {
      throw this.fault(at, "'enum' must be a non-empty list");
    }
    if (values.some((value) => typeof value === 'object' && value !== null)) {
      throw this.fault(at, "'enum' and 'const' may hold only strings, numbers, booleans and null");
    }
  }

  private object(schema: Schema, at: string): void {
    if (schema.additionalProperties !== false) {
      throw this.fault(
        at,
        "For 'object' type, 'additionalProperties' must be explicitly set to false",
      );
    }
    const properties = schema.properties ?? {};
    if (!isSchema(properties)) throw this.fault(at, "'properties' must be an object of schemas");
    const required = schema.required ?? [];
    if (!Array.isArray(required)) throw this.fault(at, "'required' must be a list of names");
    const unknown = required.find((name) => !Object.hasOwn(properties, String(name)));
    if (unknown !== undefined) {
      throw this.fault(at, `'required' names '${String(unknown)}', which is not in 'properties'`);
    }
    for (const [name, property] of Object.entries(properties)) {
      if (!required.includes(name)) this.complexity.optionalProperties += 1;
      if (isSchema(property) && (Array.isArray(property.type) || property.anyOf !== undefined)) {
        this.complexity.unionProperties += 1;
      }
      this.node(property, `${at}.properties.${name}`);
    }
  }

  private array(schema: Schema, at: string): void {
    const { minItems } = schema;
    if (minItems !== undefined && minItems !== 0 && minItems !== 1) {
      throw this.fault(
        at,
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
      );
    }
    if (schema.items === undefined) throw this.fault(at, "For 'array' type, 'items' is required");
    this.node(schema.items, `${at}.items`);
  }

  private string(schema: Schema, at: string): void {
    const { format, pattern } = schema;
    if (format !== undefined && !STRING_FORMATS.includes(String(format))) {
      throw this.fault(at, `For 'string' type, format '${String(format)}' is not supported`);
    }
    if (pattern === undefined) return;
    const reason = patternFault(String(pattern));
    if (reason !== undefined) throw this.fault(at, `pattern ${String(pattern)}: ${reason}`);
  }

  private reference(schema: Schema, at: string): void {
    const reference = String(schema.$ref);
    if (definition(reference, this.root) === undefined) {
      throw this.fault(at, `'$ref' ${reference} is not a definition of this schema`);
    }
    const known = new Set([
      '$ref',
      'description',
      'title',
      'default',
      ...(at === '' ? DEFINITIONS : []),
    ]);
    const sibling = Object.keys(schema).find((keyword) => !known.has(keyword));
    if (sibling !== undefined) throw this.fault(at, `'${sibling}' beside '$ref' is not supported`);
  }

  refuseRecursion(): void {
    const open = new Set<Schema>();
    const done = new Set<Schema>();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) {
        value.forEach(visit);
        return;
      }
      if (!isSchema(value) || done.has(value)) return;
      if (open.has(value)) throw this.fault('', 'recursive schemas are not supported');
      open.add(value);
      if (typeof value.$ref === 'string') visit(definition(value.$ref, this.root));
      for (const keyword of ['items', 'anyOf', 'allOf']) visit(value[keyword]);
      if (isSchema(value.properties)) Object.values(value.properties).forEach(visit);
      open.delete(value);
      done.add(value);
    };
    visit(this.root);
    for (const keyword of DEFINITIONS) {
      const holder = this.root[keyword];
      if (isSchema(holder)) Object.values(holder).forEach(visit);
    }
  }

  private fault(at: string, reason: string): Error {
    return invalid(`${this.path}${at}: ${reason}`);
  }
}
