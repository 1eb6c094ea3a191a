import { type Case, field, format, many, object, refuses, strictTool, times } from './cases';

const AT = 'output_config.format.schema';
const SCHEMAS: Case[] = [
  [
    'an open object',
    format({ type: 'object', properties: {} }),
    `${AT}: For 'object' type, 'additionalProperties' must be explicitly set to false`,
  ],
  [
    'an open object inside',
    field({ type: 'object', properties: {} }),
    `${AT}.properties.x: For 'object' type`,
  ],
  [
    'a root that is no object',
    format({ type: 'array', items: { type: 'string' } }),
    "root of the schema must be of type 'object'",
  ],
  [
    'minimum and maximum',
    field({ type: 'integer', minimum: 1, maximum: 2 }),
    `${AT}.properties.x: For 'integer' type, properties minimum, maximum are not supported`,
  ],
  ['multipleOf', field({ type: 'number', multipleOf: 2 }), 'multipleOf'],
  ['minLength', field({ type: 'string', minLength: 1 }), 'minLength'],
  ['maxItems', field({ type: 'array', items: { type: 'string' }, maxItems: 2 }), 'maxItems'],
  [
    'minItems above 1',
    field({ type: 'array', items: { type: 'string' }, minItems: 2 }),
    "'minItems' values other than 0 or 1",
  ],
  [
    'uniqueItems',
    field({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
    'uniqueItems',
  ],
  [
    'a format that is not taken',
    field({ type: 'string', format: 'regex' }),
    "format 'regex' is not supported",
  ],
  ['an enum of objects', field({ enum: [{}] }), "'enum' and 'const' may hold only"],
  ['oneOf', field({ oneOf: [{ type: 'string' }] }), 'properties oneOf are not supported'],
  ['not', field({ type: 'string', not: {} }), 'not are not supported'],
  ['no type at all', field({}), 'needs one of type'],
  [
    'a recursion',
    format({
      ...object({ x: { $ref: '#/$defs/n' } }),
      $defs: { n: object({ n: { $ref: '#/$defs/n' } }) },
    }),
    'recursive schemas are not supported',
  ],
  ['a recursion to the root', field({ $ref: '#' }), 'recursive schemas are not supported'],
  [
    'a reference to elsewhere',
    field({ $ref: 'https://example.com/s.json' }),
    'is not a definition of this schema',
  ],
  [
    'a reference in allOf',
    format({
      ...object({ x: { allOf: [{ $ref: '#/$defs/n' }] } }),
      $defs: { n: { type: 'string' } },
    }),
    "'allOf' with '$ref' is not supported",
  ],
  ['look-around', field({ type: 'string', pattern: '^(?=a)' }), 'look-around'],
  ['a back-reference', field({ type: 'string', pattern: '^(a)\\1$' }), 'back-references'],
  ['a word boundary', field({ type: 'string', pattern: '\\ba' }), 'word boundaries'],
  ['a large repeat', field({ type: 'string', pattern: '^a{5000}$' }), 'large repeats'],
  [
    '25 optional properties',
    format(
      object(
        times(25, () => ({ type: 'string' })),
        [],
      ),
    ),
    'There are 25 optional properties over all strict tools and the output format (limit: 24).',
  ],
  [
    '17 unions',
    format(object(times(17, () => ({ type: ['string', 'null'] })))),
    'There are 17 properties with union types',
  ],
  [
    '21 strict tools',
    { tools: many(21, (index) => strictTool(`t${index}`)) },
    'There are 21 strict tools',
  ],
  [
    'a strict tool with bounds',
    {
      tools: [{ ...strictTool('a'), input_schema: object({ n: { type: 'integer', minimum: 1 } }) }],
    },
    'tools.0.custom.input_schema.properties.n: For',
  ],
];

refuses('schemas', SCHEMAS);
