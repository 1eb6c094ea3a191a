import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, post, textOf } from './support';

/** Backtracks for centuries on any sentence of some words that does not end as it should. */
const ENDLESS = '^(\\w+\\W*)+=$';
/** What a second answer beside it may wait at most. */
const WAIT_MS_MAX = 10_000;

describe('a schema whose pattern backtracks without end', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const answerTo = async (property: object): Promise<Record<string, unknown>> => {
    const schema = {
      type: 'object' as const,
      properties: { summary: property, pattern: { type: 'string' } },
      required: ['summary', 'pattern'],
      additionalProperties: false,
    };
    const began = performance.now();
    const message = await clientOf(simulator).messages.create({
      ...ask('Which birds sing at night, in which seasons, in which towns, and for how long?'),
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(performance.now() - began).toBeLessThan(WAIT_MS_MAX);
    return JSON.parse(textOf(message));
  };

  it.each([
    ['as a keyword', { type: 'string', pattern: ENDLESS }],
    ['in words', { type: 'string', description: `{pattern: ${JSON.stringify(ENDLESS)}}` }],
    ['of endless length', { type: 'string', pattern: '^((([a-z]{900}){900}){900}){900}$' }],
  ])('is given up after a while: %s', async (_, property) => {
    expect(await answerTo(property)).toEqual({
      summary: expect.stringMatching(/\w/),
      pattern: expect.stringMatching(/\w/),
    });
  });

  it('is refused as the schema of a tool whose example it should be checked with', async () => {
    const tool = {
      name: 'note',
      description: 'Notes.',
      input_schema: { type: 'object', properties: { text: { type: 'string', pattern: ENDLESS } } },
      input_examples: [{ text: `${'word '.repeat(40)}!` }],
    };
    const response = await post(simulator, { ...ask(), tools: [tool] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('takes too long to check');
  });
});
