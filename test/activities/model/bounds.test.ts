import fc from 'fast-check';
import type { Exchange, ModelRequest } from '../../../activities/model/port';
import { toModelSchema } from '../../../contracts/team/model-schema';
import { costOf, PRICES, worstCase } from '../../../domain/prices';
import { type Simulator, startSimulator } from '../../../simulator';
import { contracts } from '../../support/random-schemas';
import { modelAt, options, request } from './calls';

/** Letters of one, two, three and four bytes, digits, blanks, JSON's own signs. */
const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary-ascii', maxLength: 400 }),
  fc.constant('1234567890 '.repeat(60)),
  fc.constant('{"a":["\\n",\t"漢字🎉"]}'.repeat(20)),
);
const filled = words.map((text) => `. ${text} .`);

const tool = (index: number) => ({
  name: `tool_${index}`,
  description: 'Finds things.',
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string', description: 'What to look for.' } },
    required: ['query'],
    additionalProperties: false,
  },
});

const requests: fc.Arbitrary<ModelRequest> = fc
  .record({
    model: fc.constantFrom(...Object.keys(PRICES)),
    system: filled,
    task: filled,
    tools: fc.nat(4),
    contract: contracts,
    turns: fc.array(filled, { maxLength: 3 }),
  })
  .map(({ model, system, task, tools, contract, turns }) =>
    request(
      {
        model,
        system,
        task,
        tools: Array.from({ length: tools }, (_, index) => tool(index)),
        outputSchema: toModelSchema(contract).schema,
      },
      {
        exchanges: turns.map(
          (said): Exchange => ({
            assistant: [{ type: 'text', text: said, citations: null }],
            toolResults: [],
            said,
          }),
        ),
      },
    ),
  );

describe('the bounds of what a call can cost', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    // What the SDK says of models that will be retired.
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    // Bills each request up to a tenth above its count, by seed and request.
    simulator = await startSimulator({ seed: 11 });
  });
  afterAll(() => {
    jest.restoreAllMocks();
    return simulator.close();
  });

  it('are never below the bill', async () => {
    const model = modelAt(simulator.url);
    const { signal } = new AbortController();
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        const byBytes = model.promptTokensMax(asked);
        const byCount = await model.countedTokensMax(asked, signal);
        const { usage, requestId } = await model.call(asked, options());
        const billed = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
        expect(byBytes).toBeGreaterThanOrEqual(billed);
        expect(byCount).toBeGreaterThanOrEqual(billed);

        const line = simulator.bill().at(-1);
        expect(line?.requestId).toBe(requestId);
        expect(line?.usage.outputTokens).toBe(usage.outputTokens);
        const price = PRICES[asked.prompt.model];
        if (!price) throw new Error('no price');
        const bound = Math.min(byBytes, byCount ?? byBytes);
        expect(worstCase(price, bound, asked.maxOutputTokens)).toBeGreaterThanOrEqual(
          costOf(price, usage),
        );
      }),
      { numRuns: 40, seed: 20261121 },
    );
  }, 50_000);

  it('hold beyond the length where a model becomes dearer', async () => {
    const model = modelAt(simulator.url);
    const asked = request({ task: 'word '.repeat(90_000) });
    const price = PRICES['claude-haiku-5-5'];
    if (!price) throw new Error('no price');
    const counted = await model.countedTokensMax(asked, new AbortController().signal);
    expect(counted).toBeGreaterThan(price.longPrompt?.aboveTokens ?? 0);
    const { usage } = await model.call(asked, options());
    expect(worstCase(price, counted ?? 0, asked.maxOutputTokens)).toBeGreaterThanOrEqual(
      costOf(price, usage),
    );
  });
});
