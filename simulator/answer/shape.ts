import { isSchema, resolve, type Schema } from '../json-schema/supported';

/** Reduces a schema to one plain shape that can be filled: references, unions and allOf resolved. */

export type TypeName = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';

/** Follows references and merges `allOf`; what stands beside them holds too. */
export function flatten(schema: Schema, root: Schema): Schema {
  const { $ref: reference, allOf, ...rest } = schema;
  let flat: Schema = rest;
  if (typeof reference === 'string') {
    const target = resolve(schema, root);
    flat = target === schema ? flat : merge(flatten(target, root), flat);
  }
  for (const part of Array.isArray(allOf) ? allOf : []) {
    if (isSchema(part)) flat = merge(flat, flatten(part, root));
  }
  return flat;
}

/** The alternatives of a schema, each with what holds for all of them merged in. */
export function branches(schema: Schema, root: Schema): Schema[] {
  const { anyOf, oneOf, ...rest } = schema;
  const alternatives = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined;
  if (alternatives === undefined) return [schema];
  return alternatives.flatMap((alternative: unknown) =>
    isSchema(alternative) ? branches(merge(rest, flatten(alternative, root)), root) : [],
  );
}

/** The types that a value may have, `null` last. */
export function typesOf(schema: Schema): TypeName[] {
  const { type } = schema;
  if (typeof type === 'string') return [type as TypeName];
  if (Array.isArray(type)) {
    return [...type.filter((name) => name !== 'null'), ...type.filter((name) => name === 'null')];
  }
  if (schema.properties !== undefined) return ['object'];
  if (schema.items !== undefined) return ['array'];
  return ['string'];
}

const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const UPPER_BOUNDS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/** Both schemas at once; the narrower bound wins. */
export function merge(a: Schema, b: Schema): Schema {
  const merged: Schema = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    const present = merged[keyword];
    if (present === undefined) merged[keyword] = value;
    else merged[keyword] = mergeKeyword(keyword, present, value);
  }
  return merged;
}

function mergeKeyword(keyword: string, a: unknown, b: unknown): unknown {
  if (LOWER_BOUNDS.includes(keyword)) return Math.max(Number(a), Number(b));
  if (UPPER_BOUNDS.includes(keyword)) return Math.min(Number(a), Number(b));
  if (keyword === 'required' && Array.isArray(a) && Array.isArray(b)) {
    return [...new Set([...a, ...b])];
  }
  if (keyword === 'enum' && Array.isArray(a) && Array.isArray(b)) {
    return a.filter((value) => b.includes(value));
  }
  if (keyword === 'type') return narrowTypes(a, b);
  if (keyword === 'properties' && isSchema(a) && isSchema(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return Object.fromEntries(
      [...names].map((name) => {
        const [left, right] = [a[name], b[name]];
        if (left === undefined || right === undefined) return [name, left ?? right];
        return [name, { allOf: [left, right] }];
      }),
    );
  }
  if (keyword === 'items') return { allOf: [a, b] };
  return b;
}

function narrowTypes(a: unknown, b: unknown): unknown {
  const left = Array.isArray(a) ? a : [a];
  const right = Array.isArray(b) ? b : [b];
  const both = left.filter(
    (type) => right.includes(type) || (type === 'integer' && right.includes('number')),
  );
  return both.length === 1 ? both[0] : both;
}
