/** The server tool `web_search` of the simulator, through the official SDK. */
import Anthropic from '@anthropic-ai/sdk';
import { type Simulator, startSimulator } from '../../simulator';

let simulator: Simulator;
let client: Anthropic;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 3 });
  client = new Anthropic({ apiKey: 'any', baseURL: simulator.url, maxRetries: 0 });
});
afterEach(() => simulator.clearFaults());
afterAll(() => simulator.close());

const QUERY = 'solar power in Portugal';
const search = (messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUERY }]) =>
  client.messages
    .stream({
      model: 'claude-haiku-5-5',
      max_tokens: 2_000,
      messages,
      tools: [{ type: 'web_search_20260318', name: 'web_search', max_uses: 1 }],
    })
    .finalMessage();

const typesOf = ({ content }: Anthropic.Message) => content.map(({ type }) => type);
const billed = () => simulator.bill().at(-1)?.usage;

it('searches once, cites what it has made up, and bills the search and what it read', async () => {
  const message = await search();
  expect(typesOf(message)).toEqual([
    'server_tool_use',
    'web_search_tool_result',
    ...['text', 'text', 'text'],
  ]);
  expect(message.content[0]).toMatchObject({ name: 'web_search', input: { query: QUERY } });
  const cited = message.content.flatMap((block) =>
    block.type === 'text' ? (block.citations ?? []) : [],
  );
  expect(cited).toEqual(
    Array(2).fill(expect.objectContaining({ url: expect.stringMatching('^https://example.com/') })),
  );
  expect(message.usage.server_tool_use).toMatchObject({ web_search_requests: 1 });
  expect(billed()).toMatchObject({
    webSearchRequests: 1,
    inputTokens: message.usage.input_tokens,
  });
  expect(message.usage.input_tokens).toBeGreaterThan(2_400);
});

it('gives an error as it is told, and does not bill that search', async () => {
  simulator.addFault({ kind: 'web_search_error', code: 'too_many_requests', times: 1 });
  const message = await search();
  expect(message.content[1]).toMatchObject({
    content: { type: 'web_search_tool_result_error', error_code: 'too_many_requests' },
  });
  expect(message.usage.server_tool_use).toBeNull();
  expect(billed()).toMatchObject({ webSearchRequests: 0 });
});

it.each([
  ['before_result', ['server_tool_use'], ['web_search_tool_result', 'text', 'text', 'text'], 0],
  ['after_result', ['server_tool_use', 'web_search_tool_result'], ['text', 'text', 'text'], 1],
] as const)('pauses %s and goes on from there', async (where, before, after, searches) => {
  simulator.addFault({ kind: 'web_search_pause', where, times: 1 });
  const paused = await search();
  expect([paused.stop_reason, typesOf(paused)]).toEqual(['pause_turn', before]);
  expect(billed()?.webSearchRequests).toBe(searches);
  const rest = await search([
    { role: 'user', content: QUERY },
    { role: 'assistant', content: paused.content as Anthropic.ContentBlockParam[] },
  ]);
  expect([rest.stop_reason, typesOf(rest)]).toEqual(['end_turn', after]);
  expect(billed()?.webSearchRequests).toBe(1 - searches);
});
