/** Random contracts: JSON Schemas of everything that a team definition may ask of a phase. */
import fc from 'fast-check';
import { toModelSchema } from '../../contracts/team/model-schema';
import type { JsonSchema } from '../../contracts/team/schema';

/** Names with a meaning that an answer has to respect, names without, and awkward ones. */
const NAMES = [
  'summary',
  'title',
  'claim',
  'topic',
  'score',
  'count',
  'year',
  'date',
  'url',
  'risk',
  'options',
  'xyz',
  'gaps',
  'a b/c~d',
  'größe',
  '__proto',
];

const range = (most: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.nat(most), fc.nat(most)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const text: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constant({ type: 'string' }),
  range(200).map(([minLength, maxLength]) => ({ type: 'string', minLength, maxLength })),
  fc.integer({ min: 300, max: 700 }).map((minLength) => ({ type: 'string', minLength })),
  fc
    .constantFrom(
      '^[A-Z]{2,4}-\\d{3}$',
      '^(alpha|beta)(\\.[a-z0-9_]+)*$',
      '^\\S+ \\S+$',
      // Beyond the grammar of the model API: told in words, checked by us.
      '^(?!draft)[a-z]{3,9}$',
    )
    .map((pattern) => ({ type: 'string', pattern })),
  fc
    .constantFrom(
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
    )
    .map((format) => ({ type: 'string', format })),
);

const number: fc.Arbitrary<JsonSchema> = fc.oneof(
  range(50).map(([minimum, maximum]) => ({ type: 'integer', minimum, maximum })),
  fc.constant({ type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }),
  fc.integer({ min: 1, max: 9 }).map((multipleOf) => ({ type: 'integer', multipleOf })),
  fc.constant({
    allOf: [
      { type: 'integer', minimum: 3 },
      { type: 'integer', maximum: 9 },
    ],
  }),
);

const choice: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'string', enum: ['low', 'medium', 'high'] }),
  fc.constant({ enum: ['all', 1, true, null] }),
  fc.constant({ const: 'fixed' }),
);

const leaf = fc.oneof(text, number, choice);

const nullable = (inner: JsonSchema): JsonSchema =>
  typeof inner.type === 'string' && inner.enum === undefined
    ? { ...inner, type: [inner.type, 'null'] }
    : { anyOf: [inner, { type: 'null' }] };

const { any } = fc.letrec<{ any: JsonSchema }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: leaf.map(nullable) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('any'), range(5), fc.boolean())
        .map(([items, [minItems, maxItems], unique]) => ({
          type: 'array',
          items,
          minItems: unique ? 0 : minItems,
          maxItems,
          ...(unique ? { uniqueItems: true } : {}),
        })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('any'), leaf).map((members) => ({ anyOf: members })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, number)
        .map(([some, other]) => ({ oneOf: [{ ...some, type: 'string' }, other] })),
    },
    { weight: 2, arbitrary: objectOf(tie('any')) },
  ),
}));

function objectOf(property: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), property, fc.boolean()), {
      minLength: 1,
      maxLength: 5,
      selector: ([name]) => name,
    })
    .map((properties) => ({
      type: 'object',
      properties: Object.fromEntries(properties.map(([name, schema]) => [name, schema])),
      required: properties.flatMap(([name, , required]) => (required ? [name] : [])),
      additionalProperties: false,
    }));
}

/** A definition that two properties share. */
const shared: fc.Arbitrary<JsonSchema> = fc.tuple(objectOf(leaf), any).map(([place, other]) => ({
  type: 'object',
  properties: { from: { $ref: '#/$defs/place' }, to: { $ref: '#/$defs/place' }, other },
  required: ['from', 'other'],
  $defs: { place },
}));

/** Contracts that the model API takes; the others (too many unions, say) are refused by `checkTeam`. */
export const contracts: fc.Arbitrary<JsonSchema> = fc
  .oneof({ weight: 5, arbitrary: objectOf(any) }, { weight: 1, arbitrary: shared })
  .filter((schema) => toModelSchema(schema).problems.length === 0);
