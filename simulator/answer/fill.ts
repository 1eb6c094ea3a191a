import { isSchema, type Schema } from '../json-schema/supported';
import { ANSWER_ITEMS_MAX } from '../limits';
import type { Evidence } from './evidence';
import { roleOf } from './fields';
import { leafValue } from './leaf';
import { branches, flatten, merge, type TypeName, typesOf } from './shape';
import { isVerdict, verdictValue } from './verdict';
import { lengthOf } from './words';
import type { Place, Writing } from './writing';

const ITEMS_COUNT = {
  evidence: [7, 10],
  section: [3, 4],
  reference: [2, 4],
  other: [2, 3],
} as const;
const DEPTH_MAX = 12;
const GROUP_COUNT_MAX = 3;

/**
 * Fills a schema with grounded content.
 *
 * 1. What stands at a path depends only on the seed words, the schema, the evidence and how often
 *    that path was found at fault: a repair changes nothing else.
 * 2. The fields of one object speak of the same evidence, so a quote has its document and line.
 * 3. A path in `plain` is filled without regard to its meaning: the way out when meaning and
 *    bounds do not go together.
 */
export class Filler {
  constructor(
    private readonly root: Schema,
    private readonly writing: Writing,
    private readonly plain: ReadonlySet<string> = new Set(),
    private readonly optional: 'all' | 'none' = 'all',
  ) {}

  fill(overrides: Record<string, unknown> = {}): unknown {
    const group = this.writing.context.evidence.slice(0, 3);
    const place: Place = { path: '', name: '', role: 'unknown', group, isRoot: true };
    return this.value(this.root, place, 0, overrides);
  }

  private value(
    schema: Schema,
    place: Place,
    depth: number,
    overrides: Record<string, unknown> = {},
  ): unknown {
    const demand = this.writing.context.faults.demands.get(place.path);
    const flat = flatten(schema, this.root);
    const shape = this.choose(demand === undefined ? flat : merge(flat, demand), place);
    if ('const' in shape) return shape.const;
    if (Array.isArray(shape.enum)) return this.enumValue(shape.enum, shape, place);
    const type = this.typeFor(shape, place);
    if (type === 'null') return null;
    if (type === 'object') return this.object(shape, place, depth, overrides);
    if (type === 'array') return this.array(shape, place, depth);
    const isPlain = this.plain.has(place.path);
    return leafValue(type, shape, isPlain ? { ...place, role: 'unknown' } : place, this.writing);
  }

  /** One alternative: content rather than null, by seed among the rest. */
  private choose(schema: Schema, place: Place): Schema {
    const all = branches(schema, this.root);
    if (all.length === 1 && all[0] !== undefined) return all[0];
    const nulls = all.filter((branch) => typesOf(branch)[0] === 'null' && !('const' in branch));
    const filled = all.filter((branch) => !nulls.includes(branch));
    if (nulls[0] !== undefined && (filled.length === 0 || this.isLeftOut(place))) return nulls[0];
    return this.writing.random(`${place.path}?`).pick(filled);
  }

  private typeFor(shape: Schema, place: Place): TypeName {
    const types = typesOf(shape);
    if (types.includes('null') && this.isLeftOut(place)) return 'null';
    return types[0] ?? 'null';
  }

  /** An approving review has no comments, and a grounded answer names no gaps. */
  private isLeftOut(place: Place): boolean {
    return place.role === 'gap' || (place.role === 'comment' && this.hasNoComment());
  }

  private hasNoComment(): boolean {
    return this.writing.isReview && this.writing.verdict.approves;
  }

  private enumValue(values: unknown[], shape: Schema, place: Place): unknown {
    if (isVerdict(values)) return verdictValue(values, this.writing.verdict);
    const types = shape.type === undefined ? undefined : typesOf(shape);
    const fitting = values.filter(
      (value) => types === undefined || types.some((type) => isOf(type, value)),
    );
    const filled = fitting.filter((value) => value !== null);
    return this.writing.random(place.path).pick(filled.length > 0 ? filled : values);
  }

  private object(
    shape: Schema,
    place: Place,
    depth: number,
    overrides: Record<string, unknown>,
  ): Record<string, unknown> {
    const properties = isSchema(shape.properties) ? shape.properties : {};
    const required = Array.isArray(shape.required) ? shape.required.map(String) : [];
    const optional = Object.keys(properties).filter((name) => !required.includes(name));
    const isWanted = (name: string): boolean =>
      name in overrides || (this.optional === 'all' && depth < DEPTH_MAX && !this.isDropped(name));
    const object: Record<string, unknown> = {};
    // The API writes required properties first.
    for (const name of [...required, ...optional.filter(isWanted)]) {
      const property = properties[name];
      if (name in overrides) object[name] = overrides[name];
      else if (isSchema(property)) {
        object[name] = this.value(property, this.placeOf(name, property, place), depth + 1);
      }
    }
    return object;
  }

  private isDropped(name: string): boolean {
    return roleOf(name, '') === 'comment' && this.hasNoComment();
  }

  private placeOf(name: string, property: Schema, parent: Place): Place {
    const path = `${parent.path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const description = typeof property.description === 'string' ? property.description : '';
    return { ...parent, path, name, role: roleOf(name, description) };
  }

  private array(shape: Schema, place: Place, depth: number): unknown[] {
    const items = isSchema(shape.items) ? flatten(shape.items, this.root) : { type: 'string' };
    const asked = typeof shape.minItems === 'number' ? shape.minItems : 0;
    const min = Math.min(asked, ANSWER_ITEMS_MAX);
    const max = typeof shape.maxItems === 'number' ? shape.maxItems : Number.POSITIVE_INFINITY;
    const wanted = depth > DEPTH_MAX || this.isLeftOut(place) ? 0 : this.count(items, place);
    const count = Math.max(min, Math.min(wanted, max));
    const values: unknown[] = [];
    const seen = new Set<string>();
    for (let tries = 0; values.length < count && tries < count * 4; tries += 1) {
      const at = `${place.path}/${values.length}`;
      const again = tries - values.length;
      const value = this.value(
        items,
        this.itemPlace(items, place, at, values.length + again),
        depth + 1,
      );
      const key = JSON.stringify(value);
      // The same twice says nothing, but a minimum that unequal values do not reach counts more.
      const isRepeat =
        seen.has(key) && (shape.uniqueItems === true || values.length >= min || tries < count * 2);
      if (isRepeat) continue;
      seen.add(key);
      values.push(value);
    }
    return values;
  }

  private itemPlace(items: Schema, place: Place, path: string, index: number): Place {
    if (!isObjectSchema(items)) {
      const { ranked } = place.role === 'quote' ? this.writing.quotes : this.writing.texts;
      const from = place.isRoot ? ranked : place.group;
      const own = from[index % Math.max(1, from.length)];
      const group =
        own === undefined ? place.group : [own, ...place.group.filter((item) => item !== own)];
      return { ...place, path, name: place.name, group, isRoot: false };
    }
    return { ...place, path, group: this.groupFor(items, place, path, index), isRoot: false };
  }

  /** The evidence of an object in a list: one piece where it quotes, some where it tells. */
  private groupFor(items: Schema, place: Place, path: string, index: number): readonly Evidence[] {
    const inherited = place.group[index];
    if (!place.isRoot && inherited !== undefined) return [inherited];
    const variation = this.writing.variation(path);
    const quote = quoteSchema(items, this.root);
    if (quote !== undefined) {
      const min = typeof quote.minLength === 'number' ? quote.minLength : 0;
      const taken = this.writing.quotes.take(variation, (item) => lengthOf(item.text) >= min);
      return taken === undefined ? [] : [taken];
    }
    const count = this.writing.random(`${path}@`).int(2, GROUP_COUNT_MAX);
    return this.writing.texts.takeSome(count, variation);
  }

  private count(items: Schema, place: Place): number {
    const random = this.writing.random(`${place.path}[]`);
    const between = ([low, high]: readonly [number, number]): number => random.int(low, high);
    if (isObjectSchema(items)) {
      if (!place.isRoot) return Math.max(1, Math.min(place.group.length, GROUP_COUNT_MAX));
      if (quoteSchema(items, this.root) === undefined) {
        const groups = Math.ceil(this.writing.texts.ranked.length / GROUP_COUNT_MAX);
        return Math.min(between(ITEMS_COUNT.section), groups || ITEMS_COUNT.section[0]);
      }
      // Nobody quotes what is not there.
      return Math.min(between(ITEMS_COUNT.evidence), this.writing.quotes.ranked.length);
    }
    return between(place.role === 'reference' ? ITEMS_COUNT.reference : ITEMS_COUNT.other);
  }
}

function isOf(type: TypeName, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  return type === typeof value;
}

const isObjectSchema = (schema: Schema): boolean => typesOf(schema)[0] === 'object';

/** The schema of the field that quotes or names a document, in an object or the objects in it. */
function quoteSchema(schema: Schema, root: Schema, depth = 0): Schema | undefined {
  const properties = isSchema(schema.properties) && depth < 4 ? schema.properties : {};
  for (const [name, raw] of Object.entries(properties)) {
    if (!isSchema(raw)) continue;
    const property = flatten(raw, root);
    const role = roleOf(name, typeof raw.description === 'string' ? raw.description : '');
    const type = typesOf(property)[0];
    if ((role === 'quote' || role === 'document') && type === 'string') return property;
    if (type === 'object') {
      const nested = quoteSchema(property, root, depth + 1);
      if (nested !== undefined) return nested;
    }
  }
  return undefined;
}
