/** Random JSON Schemas as teams write them: mostly within what the model API takes, some beyond. */
import fc from 'fast-check';

type Schema = Record<string, unknown>;

const bounds = fc.record(
  {
    description: fc.constantFrom('What was found.', ''),
    title: fc.constant('Title'),
    default: fc.constantFrom<unknown>('x', 1, null, [], {}),
    minimum: fc.integer(),
    multipleOf: fc.constant(2),
    minLength: fc.nat(3),
    maxItems: fc.nat(5),
    minItems: fc.nat(3),
    uniqueItems: fc.boolean(),
    pattern: fc.constantFrom('^[a-z]+$', '^(?=a)b', '\\bword', '(a)\\1', '^.{1,5000}$', '^a|b$'),
    format: fc.constantFrom('date', 'email', 'uri', 'cuid2', 'credit-card'),
    $comment: fc.constant('nothing'),
    deprecated: fc.constant(true),
  },
  { requiredKeys: [] },
);
/** Half of all schemas have none of the keywords above. */
const decorated = (schema: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> =>
  fc
    .tuple(fc.boolean(), bounds, schema)
    .map(([bare, more, own]) => (bare ? own : { ...more, ...own }));

const scalar: fc.Arbitrary<Schema> = fc.oneof(
  fc.record({
    type: fc.constantFrom<unknown>(
      ...['string', 'integer', 'number', 'boolean', 'null'],
      ['string', 'null'],
      ['integer', 'string'],
    ),
  }),
  fc.record({ enum: fc.constantFrom<unknown[]>(['a', 'b'], [1, null, true], ['ä "quoted"']) }),
  fc.record({ type: fc.constant('string'), enum: fc.constant(['a', 'b']) }),
  fc.record({ const: fc.constantFrom<unknown>('a', 5, false, null) }),
  fc.constantFrom<Schema>({ $ref: '#/$defs/shared' }, { $ref: '#/$defs/other' }),
);
/** What a schema that is beyond the API may hold; each must be named as a problem. */
const beyond: fc.Arbitrary<Schema> = fc.constantFrom<Schema>(
  {},
  { type: 'object' },
  { type: 'array' },
  { type: 'text' },
  { type: [] },
  { enum: [] },
  { enum: [{}] },
  { const: {} },
  { anyOf: [] },
  { not: { type: 'string' } },
  { $ref: '#' },
  { $ref: '#/$defs/missing' },
  { $ref: '#/$defs/shared', type: 'string' },
  { allOf: [{ $ref: '#/$defs/shared' }] },
  { type: 'object', properties: { a: { type: 'string' } }, $defs: {} },
  { type: 'object', properties: {}, additionalProperties: { type: 'string' } },
  { type: 'object', properties: { a: { type: 'string' } }, required: ['toString'] },
  { type: 'string', pattern: '(' },
  { type: 'array', items: [{ type: 'string' }] },
);

const NAMES = ['a', 'b', 'verdict', 'with space', 'ä', '$ref', 'type', 'constructor'];

function objectOf(member: fc.Arbitrary<Schema>, maxKeys: number): fc.Arbitrary<Schema> {
  return fc
    .record({
      names: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: maxKeys }),
      members: fc.array(member, { minLength: maxKeys, maxLength: maxKeys }),
      optional: fc.nat(NAMES.length * 2),
      closed: fc.boolean(),
    })
    .map(({ names, members, optional, closed }) => ({
      type: 'object',
      properties: Object.fromEntries(names.map((name, index) => [name, members[index] ?? {}])),
      required: names.filter((_, index) => index !== optional),
      ...(closed ? { additionalProperties: false } : {}),
    }));
}

const node = fc.letrec<{ node: Schema }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: decorated(scalar) },
    { weight: 3, arbitrary: decorated(objectOf(tie('node'), 3)) },
    {
      weight: 2,
      arbitrary: decorated(fc.record({ type: fc.constant('array'), items: tie('node') })),
    },
    {
      weight: 1,
      arbitrary: decorated(
        fc
          .tuple(
            fc.constantFrom('anyOf', 'oneOf', 'allOf'),
            fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
          )
          .map(([keyword, members]) => ({ [keyword]: members })),
      ),
    },
  ),
})).node;

/** A contract that may or may not be within what the model API takes. */
export const someContract: fc.Arbitrary<Schema> = fc
  .record({
    root: objectOf(fc.oneof({ weight: 12, arbitrary: node }, { weight: 1, arbitrary: beyond }), 5),
    shared: node,
    other: fc.oneof({ weight: 9, arbitrary: decorated(scalar) }, { weight: 1, arbitrary: beyond }),
  })
  .map(({ root, shared, other }) => ({ ...root, $defs: { shared, other } }));
