import { isSchema, type Schema } from './supported';

/**
 * The API's part of JSON Schema has no bounds, so the official helpers write them into the
 * description as `{minimum: 1, maximum: 5}` (API page 5.2). This reads them back into keywords.
 */
const KEYWORDS: Record<string, 'number' | 'string' | 'boolean'> = {
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  minLength: 'number',
  maxLength: 'number',
  minItems: 'number',
  maxItems: 'number',
  pattern: 'string',
  format: 'string',
  uniqueItems: 'boolean',
};

/** A copy of a schema in which all constraints of its descriptions are keywords. */
export function tighten(schema: Schema): Schema {
  const copy: Schema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    copy[keyword] = isHolder(keyword, value) ? mapValues(value) : tightenValue(keyword, value);
  }
  if (typeof schema.description === 'string') {
    Object.assign(copy, constraintsIn(schema.description));
  }
  return copy;
}

const isHolder = (keyword: string, value: unknown): value is Schema =>
  ['properties', '$defs', 'definitions'].includes(keyword) && isSchema(value);

const mapValues = (holder: Schema): Schema =>
  Object.fromEntries(
    Object.entries(holder).map(([name, value]) => [name, isSchema(value) ? tighten(value) : value]),
  );

function tightenValue(keyword: string, value: unknown): unknown {
  if (['items', 'additionalProperties'].includes(keyword) && isSchema(value)) return tighten(value);
  if (['anyOf', 'oneOf', 'allOf'].includes(keyword) && Array.isArray(value)) {
    return value.map((branch: unknown) => (isSchema(branch) ? tighten(branch) : branch));
  }
  return value;
}

/** All constraints that a description states; text in braces that is none is left alone. */
export function constraintsIn(description: string): Schema {
  const found: Schema = {};
  for (
    let start = description.indexOf('{');
    start !== -1;
    start = description.indexOf('{', start + 1)
  ) {
    Object.assign(found, constraintsAt(description, start + 1));
  }
  return found;
}

/** Reads `key: JSON, key: JSON}`; anything else means that this was no list of constraints. */
function constraintsAt(text: string, start: number): Schema {
  const found: Schema = {};
  let position = start;
  for (;;) {
    const key = /^\s*(\w+)\s*:\s*/.exec(text.slice(position));
    if (key === null) return {};
    position += key[0].length;
    const end = valueEnd(text, position);
    const value = parse(text.slice(position, end));
    if (value === undefined) return {};
    const keyword = key[1] ?? '';
    if (typeof value === KEYWORDS[keyword] && isUsable(keyword, value)) found[keyword] = value;
    if (text[end] === '}') return found;
    if (text[end] !== ',') return {};
    position = end + 1;
  }
}

/** Where a JSON value ends: at a comma or brace outside of strings and brackets. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const sign = text[index];
    if (isInString) {
      if (sign === '\\') index += 1;
      else if (sign === '"') isInString = false;
    } else if (sign === '"') isInString = true;
    else if (sign === '[' || sign === '{') depth += 1;
    else if (depth > 0 && (sign === ']' || sign === '}')) depth -= 1;
    else if (depth === 0 && (sign === ',' || sign === '}')) return index;
  }
  return text.length;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isUsable(keyword: string, value: unknown): boolean {
  if (keyword !== 'pattern') return true;
  try {
    new RegExp(String(value), 'u');
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
