/**
 * What changed between two states. Invariants:
 *  D1 Applied to the earlier value, a diff gives the later one.
 *  D2 Equal values have an empty diff; each change is at a path of its own.
 * Objects are compared member by member; an array or a single value is replaced as a whole, since
 * the state's lists are short and their order means something.
 */
import type { StateChange } from '../contracts/history';

type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** Changes in the order of the earlier value's members, then of what was added. */
export function diffStates(before: object, after: object): StateChange[] {
  return [...changesOf(before as JsonObject, after as JsonObject, '')];
}

function* changesOf(before: JsonObject, after: JsonObject, at: string): Generator<StateChange> {
  for (const [name, earlier] of Object.entries(before)) {
    const path = `${at}/${escapePart(name)}`;
    if (!Object.hasOwn(after, name)) yield { path, before: earlier };
    else yield* changesAt(earlier, after[name] as Json, path);
  }
  for (const [name, later] of Object.entries(after))
    if (!Object.hasOwn(before, name)) yield { path: `${at}/${escapePart(name)}`, after: later };
}

function* changesAt(before: Json, after: Json, path: string): Generator<StateChange> {
  if (isObject(before) && isObject(after)) yield* changesOf(before, after, path);
  else if (!isEqual(before, after)) yield { path, before, after };
}

/** @throws RangeError where the changes were not made from this value. */
export function applyChanges(before: object, changes: readonly StateChange[]): JsonObject {
  return changes.reduce(
    (value, { path, after }) => put(value, pathParts(path), after as Json | undefined),
    before as JsonObject,
  );
}

/** Own members only, one by one: a name such as `__proto__` must stay a name. */
function put(value: JsonObject, path: readonly string[], later: Json | undefined): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) throw new RangeError('a change has no path');
  const members = new Map(Object.entries(value));
  if (rest.length > 0) {
    const inner = members.get(name);
    if (!isObject(inner)) throw new RangeError(`there is no object at ${name}`);
    members.set(name, put(inner, rest, later));
  } else if (later === undefined) members.delete(name);
  else members.set(name, later);
  return Object.fromEntries(members);
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isEqual(one: Json, other: Json): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((member, index) => isEqual(member, other[index] as Json))
    );
  if (isObject(one)) return isObject(other) && changesOf(one, other, '').next().done === true;
  return one === other;
}

/** As RFC 6901 has it. */
const escapePart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** The names on the way to a change, from the outermost. */
export function pathParts(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
