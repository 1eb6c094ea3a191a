import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import fc from 'fast-check';
import { z } from 'zod';
import { type Simulator, startSimulator } from '../../simulator';
import { clientOf, MODEL, post, textOf } from './support';

/**
 * Schemas are made with zod and sent as the official helper sends them (bounds in descriptions);
 * the answer is checked against the original, bounds and all.
 */
const NAMES = [
  'quote',
  'document',
  'line',
  'claim',
  'summary',
  'id',
  'title',
  'confidence',
  'citations',
  'findings',
  'verdict',
  'comments',
  'limitations',
  'score',
  'count',
  'year',
  'url',
  'email',
  'date',
  'topic',
  'body',
  'source',
  'question',
  'path',
  'xyz',
  'a b/c~d',
];

const range = (most: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.nat(most), fc.nat(most)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const leaf: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constant(z.string()),
  fc.constant(z.boolean()),
  fc.constant(z.null()),
  fc.constant(z.int()),
  fc.constant(z.number()),
  range(300).map(([min, max]) => z.string().min(min).max(max)),
  range(50).map(([min, max]) => z.int().min(min).max(max)),
  fc.tuple(range(50), fc.integer({ min: -60, max: 10 })).map(([[min, max], by]) =>
    z
      .number()
      .min(min + by)
      .max(max + by),
  ),
  fc.nat(20).map((bound) =>
    z
      .number()
      .gt(bound)
      .lt(bound + 1),
  ),
  fc.nat(9).map((step) =>
    z
      .int()
      .min(1)
      .max(100)
      .multipleOf(step + 1),
  ),
  fc.constantFrom(
    z.enum(['approve', 'revise']),
    z.enum(['low', 'medium', 'high']),
    z.literal('fixed'),
    z.literal([1, 2, 3]),
    z.email(),
    z.uuid(),
    z.iso.date(),
    z.iso.datetime(),
    z.ipv4(),
    z.string().regex(/^[A-Z]{2,4}-\d{3}$/),
    z.string().regex(/^(alpha|beta)(\.[a-z0-9_]+)*$/),
    z.string().regex(/^(?!draft)\b[a-z]{3,9}(?<!ing)$/),
    z
      .string()
      .regex(/^[^\s,]+$/)
      .min(5)
      .max(30),
  ),
);

const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('schema'), fc.boolean())
      .map(([inner, isNullable]) => (isNullable ? inner.nullable() : inner)),
    fc
      .tuple(tie('schema'), range(8))
      .map(([items, [min, max]]) => z.array(items).min(min).max(max)),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => z.union([a, b])),
    objectOf(tie('schema')),
  ),
}));

function objectOf(property: fc.Arbitrary<z.ZodType>): fc.Arbitrary<z.ZodType> {
  return fc
    .dictionary(fc.constantFrom(...NAMES), fc.tuple(property, fc.boolean()), {
      minKeys: 1,
      maxKeys: 6,
    })
    .map((properties) =>
      z.strictObject(
        Object.fromEntries(
          Object.entries(properties).map(([name, [schema, isOptional]]) => [
            name,
            isOptional ? schema.optional() : schema,
          ]),
        ),
      ),
    );
}

const TASK =
  '<question>How are retries and timeouts set?</question>\n<handoff from="research">{"findings":[{"id":"F1","claim":"Retries are set by policy.","quote":"A retry policy states how often an activity is tried again.","document":"a.md","line":3},{"id":"F2","claim":"Timeouts end attempts.","quote":"A heartbeat timeout ends an attempt whose worker is gone.","document":"b.md","line":7}]}</handoff>';

describe('answers for any schema', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ seed: 7 });
  });
  afterAll(() => simulator.close());

  const request = (schema: z.ZodType) => ({
    model: MODEL,
    max_tokens: 100_000,
    messages: [{ role: 'user' as const, content: TASK }],
    output_config: {
      format: { type: 'json_schema' as const, schema: zodOutputFormat(schema).schema },
    },
  });

  it('are valid, with the bounds that only descriptions state', async () => {
    await fc.assert(
      fc.asyncProperty(objectOf(anySchema), async (schema) => {
        const reply = await post(simulator, request(schema));
        const body = (await reply.json()) as never;
        // More than the API's own limits of complexity: refused, which is right.
        fc.pre(!(reply.status === 400 && JSON.stringify(body).includes('too complex')));
        expect(reply.status).toBe(200);
        schema.parse(JSON.parse(textOf(body)));
      }),
      { numRuns: 120, seed: 20261121 },
    );
  }, 40_000);

  it('hold all bounds but the one that cannot be held', async () => {
    const schema = z.strictObject({
      impossible: z.string().min(5).max(3),
      count: z.int().min(40).max(42),
      text: z.string().min(400),
    });
    const message = await clientOf(simulator).messages.create(request(schema));
    const issues = schema.safeParse(JSON.parse(textOf(message))).error?.issues;
    expect(issues?.map(({ path }) => path)).toEqual([['impossible']]);
  });

  it('hold for definitions that are used twice', async () => {
    const Place = z.object({ document: z.string(), line: z.int().min(1) });
    const schema = z.object({ from: Place, to: Place.nullable(), all: z.array(Place).min(2) });
    const body = request(schema);
    expect(JSON.stringify(body.output_config)).toContain('$ref');
    const message = await clientOf(simulator).messages.create(body);
    expect(schema.parse(JSON.parse(textOf(message))).from.document).toMatch(/^[ab]\.md$/);
  });
});
