/** Local references of a schema: `#/$defs/name` and `#/definitions/name`. */
import type { JsonSchema } from './schema';

export const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Escaped names (`~1`, `%20`) are read differently by different readers: none are taken. */
const LOCAL = /^#\/(\$defs|definitions)\/([^/~%]+)$/;

export const isLocalReference = (reference: string): boolean => LOCAL.test(reference);

/** The schema that a local reference means. */
export function definitionOf(root: JsonSchema, reference: string): JsonSchema | undefined {
  const [, group = '', name = ''] = LOCAL.exec(reference) ?? [];
  const definitions = Object.hasOwn(root, group) ? root[group] : undefined;
  if (!isObject(definitions) || !Object.hasOwn(definitions, name)) return undefined;
  const definition = definitions[name];
  return isObject(definition) ? definition : undefined;
}

/**
 * References whose definitions contain themselves or lead to one that does. Takes time in
 * proportion to the schema and no stack, since hostile schemas are large and deep.
 */
export function recursiveReferences(root: JsonSchema): Set<string> {
  const references = ['$defs', 'definitions'].flatMap((group) =>
    isObject(root[group]) ? Object.keys(root[group]).map((name) => `#/${group}/${name}`) : [],
  );
  const usedBy = new Map(references.map((reference) => [reference, [] as string[]]));
  const open = new Map<string, number>();
  for (const reference of references) {
    const used = referencesIn(definitionOf(root, reference)).filter((name) => usedBy.has(name));
    open.set(reference, used.length);
    for (const target of used) usedBy.get(target)?.push(reference);
  }
  // Whatever refers to nothing that is open is not recursive; what stays open is.
  const closed = references.filter((reference) => open.get(reference) === 0);
  for (const reference of closed)
    for (const user of usedBy.get(reference) ?? []) {
      const left = (open.get(user) ?? 0) - 1;
      open.set(user, left);
      if (left === 0) closed.push(user);
    }
  for (const reference of closed) open.delete(reference);
  return new Set(open.keys());
}

/** What a schema refers to, each once. */
function referencesIn(schema: unknown): string[] {
  const found = new Set<string>();
  const rest: unknown[] = [schema];
  while (rest.length > 0) {
    const node = rest.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (isObject(node) && typeof node.$ref === 'string') found.add(node.$ref);
    for (const member of Object.values(node)) rest.push(member);
  }
  return [...found];
}
