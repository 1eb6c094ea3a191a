/** `web_search` against the simulator's server tool. */
import { createAnthropicWebSearch } from '../../../activities/model/anthropic-web-search';
import { type Bought, ToolError } from '../../../activities/tools/tool';
import { webSearchTool } from '../../../activities/tools/web-search';
import { PRICES } from '../../../domain/prices';
import { type Fault, type Simulator, startSimulator } from '../../../simulator';
import { MemoryContentStore } from '../../support/memory-content-store';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 4 });
});
afterEach(() => simulator.clearFaults());
afterAll(() => simulator.close());

const PRICE = PRICES['claude-haiku-5-5'];
const QUERY = 'wind power in Denmark';

async function search(query = QUERY) {
  if (!PRICE) throw new Error('no price');
  const port = createAnthropicWebSearch({ apiKey: 'test-key', baseUrl: simulator.url });
  const tool = webSearchTool(port, PRICE);
  const bought: Bought<unknown>[] = [];
  const run = tool.run(
    { query },
    {
      content: new MemoryContentStore(),
      documents: undefined,
      signal: new AbortController().signal,
      stepKey: 'default/run/first/only/-/1/1.0',
      async buy(request) {
        const answer = await request();
        bought.push(answer);
        return answer.value;
      },
    },
  );
  const outcome = await run.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { outcome, bought, reserved: tool.reserveMicroUsd?.({ query }) ?? 0 };
}

const faulty = async (fault: Fault): Promise<ToolError> => {
  simulator.addFault(fault);
  const { outcome } = await search();
  if (!('error' in outcome) || !(outcome.error instanceof ToolError))
    throw new Error(`no ToolError: ${JSON.stringify(outcome)}`);
  return outcome.error;
};
const lastBody = () => simulator.requests().at(-1)?.body as Record<string, unknown>;

it('gives pages, a summary and quotes, and nothing that only the provider can read', async () => {
  const { outcome, bought, reserved } = await search();
  const url = expect.stringMatching('^https://example.com/invented/');
  expect(outcome).toEqual({
    result: {
      results: [
        { title: `Invented page 1 about ${QUERY}`, url, pageAge: 'April 30, 2026' },
        { title: `Invented page 2 about ${QUERY}`, url },
        { title: `Invented page 3 about ${QUERY}`, url },
      ],
      summary: expect.stringContaining('the simulator has made this up'),
      quotes: [
        { text: `Invented statement 1 about ${QUERY}.`, url },
        { text: `Invented statement 2 about ${QUERY}.`, url },
      ],
    },
  });
  expect(JSON.stringify(outcome)).not.toContain('encrypted');
  expect(bought).toMatchObject([{ servedBy: 'claude-haiku-5-5', usage: { webSearches: 1 } }]);
  const [{ costMicroUsd = 0 } = {}] = bought;
  expect(costMicroUsd).toBeGreaterThan(10_000);
  expect(costMicroUsd).toBeLessThan(reserved);
});

it('asks for one search, without an output format', async () => {
  await search();
  expect(lastBody()).toMatchObject({
    messages: [{ role: 'user', content: QUERY }],
    tools: [{ type: 'web_search_20260318', max_uses: 1, allowed_callers: ['direct'] }],
    output_config: { effort: 'low' },
  });
  expect(lastBody().output_config).not.toHaveProperty('format');
});

it.each(['before_result', 'after_result'] as const)(
  'goes on where it is paused %s, and pays for each request',
  async (where) => {
    simulator.addFault({ kind: 'web_search_pause', where, times: 1 });
    const { outcome, bought } = await search();
    expect(outcome).toMatchObject({ result: { results: { length: 3 }, quotes: { length: 2 } } });
    expect(bought).toHaveLength(2);
    const keys = simulator.bill().slice(-2);
    expect(new Set(keys.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  },
);

it('gives up on a search that is paused again and again', async () => {
  const error = await faulty({ kind: 'web_search_pause' });
  expect(error).toMatchObject({ kind: 'timeout', retryable: true });
});

it.each([
  ['too_many_requests', 'rate_limited', true],
  ['unavailable', 'unavailable', true],
  ['query_too_long', 'invalid_input', false],
  ['max_uses_exceeded', 'invalid_input', false],
] as const)('tells an agent of the error %s as %s', async (code, kind, retryable) => {
  const error = await faulty({ kind: 'web_search_error', code, times: 1 });
  expect(error).toMatchObject({ kind, retryable, message: `the search failed: ${code}` });
});

it.each([
  ['a rate limit', { kind: 'http_error', status: 429, retryAfterSeconds: 7 }, 'rate_limited', true],
  ['overload', { kind: 'http_error', status: 529 }, 'unavailable', true],
  ['a wrong key', { kind: 'http_error', status: 401 }, 'unavailable', false],
  ['an organisation without it', { kind: 'http_error', status: 400 }, 'unavailable', false],
  ['a cut stream', { kind: 'drop', where: 'mid_stream' }, 'unavailable', true],
  [
    'an answer without a search',
    { kind: 'answer_text', text: 'From memory.' },
    'unavailable',
    true,
  ],
] as [string, Fault, string, boolean][])('%s fails it', async (_name, fault, kind, retryable) => {
  const error = await faulty({ ...fault, times: 1 });
  expect(error).toMatchObject({ kind, retryable });
  expect(error.retryAfterMs).toBe(kind === 'rate_limited' ? 7_000 : undefined);
});
