import { z } from 'zod';
import { SCHEMA_DEPTH_MAX } from '../../../contracts/limits';
import { toModelSchema } from '../../../contracts/team/model-schema';
import type { JsonSchema } from '../../../contracts/team/schema';

const object = (properties: object, changes: object = {}): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...changes,
});
/** The translation of one property of an object that is otherwise fine. */
const property = (schema: unknown): unknown => {
  const { schema: model, problems } = toModelSchema(object({ it: schema }));
  expect(problems).toEqual([]);
  return (model.properties as JsonSchema).it;
};
const problemsOf = (contract: JsonSchema): string[] =>
  toModelSchema(contract).problems.map(({ path, message }) => `${path}: ${message}`);

describe('what the model is given', () => {
  it('keeps what the API takes as it is', () => {
    const contract = object(
      {
        kind: { type: 'string', enum: ['a', 'b'], title: 'Kind', default: 'a' },
        exact: { const: 5 },
        day: { type: 'string', format: 'date', description: 'When.' },
        code: { type: 'string', pattern: '^[A-Z]{2}$' },
        list: { type: 'array', items: { type: 'integer' }, minItems: 1 },
        either: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        both: { allOf: [object({ x: { type: 'number' } })] },
        shared: { $ref: '#/$defs/shared', description: 'Shared.' },
      },
      { $defs: { shared: { type: ['string', 'null'] } } },
    );
    expect(toModelSchema(contract)).toEqual({ schema: contract, problems: [] });
  });

  it.each<[string, JsonSchema, JsonSchema]>([
    [
      'bounds',
      { type: 'integer', minimum: 1, maximum: 5, description: 'How many.' },
      { type: 'integer', description: 'How many. {minimum: 1, maximum: 5}' },
    ],
    [
      'a bound alone',
      { type: 'number', minimum: 1 },
      { type: 'number', description: '{minimum: 1}' },
    ],
    [
      'lengths',
      { type: 'string', minLength: 3, maxLength: 9 },
      { type: 'string', description: '{minLength: 3, maxLength: 9}' },
    ],
    [
      'counts of items beyond one',
      { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 4, uniqueItems: true },
      {
        type: 'array',
        items: { type: 'string' },
        description: '{maxItems: 4, uniqueItems: true, minItems: 2}',
      },
    ],
    [
      'patterns that look around',
      { type: 'string', pattern: '^(?=a)b$' },
      { type: 'string', description: '{pattern: "^(?=a)b$"}' },
    ],
    [
      'patterns with large repeats',
      { type: 'string', pattern: '^.{1,5000}$' },
      { type: 'string', description: '{pattern: "^.{1,5000}$"}' },
    ],
    [
      'formats that the API does not know',
      { type: 'string', format: 'cuid2' },
      { type: 'string', description: '{format: "cuid2"}' },
    ],
    [
      'a format on what may be no text',
      { type: 'integer', format: 'date' },
      { type: 'integer', description: '{format: "date"}' },
    ],
    [
      'bounds beside a reference',
      { anyOf: [{ type: 'integer', exclusiveMinimum: 0 }] },
      { anyOf: [{ type: 'integer', description: '{exclusiveMinimum: 0}' }] },
    ],
  ])('is told %s in words', (_, contract, model) => {
    expect(property(contract)).toEqual(model);
  });

  it('closes objects that their contract leaves open, and drops what only annotates', () => {
    const contract = { type: 'object', properties: { a: { type: 'string', examples: ['x'] } } };
    expect(toModelSchema({ ...contract, $schema: 'x', $id: 'y' }).schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
      additionalProperties: false,
    });
  });

  it('reads "oneOf" as "anyOf", which is what the API has', () => {
    const cases = [{ type: 'string' }, { type: 'integer' }];
    expect(property({ oneOf: cases })).toEqual({ anyOf: cases });
  });

  it('takes what zod makes of an ordinary contract', () => {
    const contract = z.toJSONSchema(
      z.object({
        findings: z
          .array(z.object({ quote: z.string().min(1), page: z.int().positive() }))
          .min(2)
          .max(50),
        verdict: z.enum(['accept', 'revise']),
        mail: z.email().optional(),
        score: z.number().min(0).max(1).nullable(),
        detail: z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('a'), a: z.string() }),
          z.object({ kind: z.literal('b'), b: z.boolean() }),
        ]),
      }),
      { io: 'output' },
    ) as JsonSchema;
    expect(problemsOf(contract)).toEqual([]);
  });
});

describe('what the API cannot take', () => {
  it.each<[string, unknown, string]>([
    ['true', true, 'must be a schema object'],
    ['no type', {}, 'has no "type" and would accept anything'],
    ['an unknown type', { type: 'text' }, 'has the type "text"; there are object, array'],
    ['no type of several', { type: [] }, 'has an empty list of types'],
    [
      'an open record',
      { type: 'object', additionalProperties: { type: 'string' } },
      'is open to unnamed',
    ],
    ['a loose object', { type: 'object', additionalProperties: true }, 'is open to unnamed'],
    ['no properties', { type: 'object' }, 'is an object without properties'],
    ['properties without type', { properties: { a: { type: 'null' } } }, 'but no "type"'],
    ['a list of anything', { type: 'array' }, 'is an array without "items"'],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }] }, 'uses "prefixItems"'],
    ['an old tuple', { type: 'array', items: [{ type: 'string' }] }, 'uses a list of schemas'],
    ['pattern properties', { type: 'object', patternProperties: {} }, 'uses "patternProperties"'],
    ['not', { not: { type: 'string' } }, 'uses "not"'],
    ['if', { type: 'string', if: {}, else: {} }, 'uses "if"'],
    ['no values', { enum: [] }, 'has an empty "enum"'],
    ['object values', { enum: [{ a: 1 }] }, 'has an object among its "enum" values'],
    ['an object constant', { const: {} }, 'has an object as its "const"'],
    ['an empty union', { anyOf: [] }, 'must be a list of at least one schema'],
    ['a broken pattern', { type: 'string', pattern: '(' }, 'has a "pattern" that is not valid'],
    ['another document', { $ref: 'other.json' }, 'refers to other.json: only'],
    ['an escaped name', { $ref: '#/$defs/a%20b' }, 'refers to #/$defs/a%20b: only'],
    [
      'a missing definition',
      { $ref: '#/$defs/none' },
      'refers to #/$defs/none, which is not there',
    ],
    ['an inherited name', { $ref: '#/$defs/__proto__' }, 'which is not there'],
    ['something beside a reference', { $ref: '#/$defs/ok', type: 'string' }, 'has "type" beside'],
    ['a reference in allOf', { allOf: [{ $ref: '#/$defs/ok' }] }, 'has a "$ref" among its schemas'],
    ['definitions of its own', { type: 'string', $defs: {} }, 'has "$defs": move them to the root'],
  ])('%s is named with its path', (_, schema, message) => {
    const contract = object({ it: schema }, { $defs: { ok: { type: 'string' } } });
    expect(problemsOf(contract)).toContainEqual(
      expect.stringMatching(new RegExp(`^/properties/it(/allOf|/anyOf)?: .*${literally(message)}`)),
    );
  });

  it.each([
    ['itself', { node: object({ next: { $ref: '#/$defs/node' } }) }],
    [
      'itself by way of another',
      {
        node: object({ list: { type: 'array', items: { $ref: '#/$defs/other' } } }),
        other: object({ node: { $ref: '#/$defs/node' } }),
      },
    ],
    [
      'one that contains itself',
      {
        node: object({ other: { $ref: '#/$defs/other' } }),
        other: object({ self: { $ref: '#/$defs/other' } }),
      },
    ],
  ])('a definition that contains %s', (_, $defs) => {
    expect(problemsOf(object({ it: { $ref: '#/$defs/node' } }, { $defs }))).toContainEqual(
      '/properties/it: refers to #/$defs/node, which contains itself: the model API takes no recursion',
    );
  });

  it('definitions used twice are no recursion', () => {
    const twice = { $ref: '#/$defs/leaf' };
    const $defs = { leaf: { type: 'string' }, pair: object({ a: twice, b: twice }) };
    expect(problemsOf(object({ p: { $ref: '#/$defs/pair' }, q: twice }, { $defs }))).toEqual([]);
  });

  it('a root that is no object', () => {
    expect(problemsOf({ type: 'string' })).toContainEqual(
      ': must be an object at its root ("type": "object")',
    );
  });

  it('a property that is required and not there, also where every object inherits it', () => {
    const contract = object({ a: { type: 'string' } }, { required: ['a', 'b', 'toString'] });
    expect(problemsOf(contract)).toEqual([
      ': requires "b", which is not among its properties',
      ': requires "toString", which is not among its properties',
    ]);
  });

  it('more optional properties and unions than it compiles, and not one fewer', () => {
    const of = (count: number, schema: JsonSchema): JsonSchema =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, schema]));
    const optional = (count: number) => object(of(count, { type: 'string' }), { required: [] });
    const unions = (count: number) => object(of(count, { type: ['string', 'null'] }));
    expect(problemsOf(optional(24))).toEqual([]);
    expect(problemsOf(optional(25))).toEqual([
      ': has 25 optional properties; the model API takes 24: make some required',
    ]);
    expect(problemsOf(unions(16))).toEqual([]);
    expect(problemsOf(unions(17))).toEqual([
      ': has 17 union-typed properties; the model API takes 16',
    ]);
  });

  it('nesting beyond its limit', () => {
    const nested = (levels: number): JsonSchema =>
      levels === 0 ? { type: 'string' } : { type: 'array', items: nested(levels - 1) };
    expect(problemsOf(object({ a: nested(SCHEMA_DEPTH_MAX - 1) }))).toEqual([]);
    expect(problemsOf(object({ a: nested(SCHEMA_DEPTH_MAX) }))).toEqual([
      `/properties/a${'/items'.repeat(SCHEMA_DEPTH_MAX)}: is nested more than ${SCHEMA_DEPTH_MAX} levels deep`,
    ]);
  });

  it('several things at once: each is named', () => {
    const contract = object({ a: {}, b: { type: 'array' }, c: { enum: [] } });
    expect(problemsOf(contract)).toHaveLength(3);
  });
});

const literally = (text: string): string => text.replace(/[$()|[\]{}.*+?^\\/]/g, '\\$&');
