import { type Simulator, startSimulator } from '../../../simulator';
import { MODEL_IDS } from '../../../simulator/models';
import { HEADERS, post } from '../support';
import {
  assistant,
  type Body,
  document,
  field,
  format,
  image,
  many,
  mark,
  object,
  ok,
  pngHeader,
  result,
  strictTool,
  system,
  text,
  times,
  tool,
  use,
  user,
} from './cases';

const CASES: [what: string, body: Body][] = [
  [
    'every optional setting',
    {
      stop_sequences: ['END'],
      metadata: { user_id: null },
      service_tier: 'auto',
      speed: 'standard',
      inference_geo: 'us',
      container: null,
      diagnostics: { previous_message_id: null },
      stream: false,
    },
  ],
  ['a system of blocks', { system: [text('Be brief.', mark('1h')), text('Be kind.')] }],
  ['users one after the other', { messages: [user('a'), user('b')] }],
  ['a system message at the end', { messages: [user('a'), system('Be brief')] }],
  [
    'a system message before an assistant',
    { messages: [user('a'), system('b'), assistant('c'), user('d')] },
  ],
  [
    'an empty answer that was sent back',
    { model: 'claude-opus-4-5', messages: [user('a'), assistant([])] },
  ],
  [
    'a prefill on an older model',
    { model: 'claude-sonnet-4-5', messages: [user('a'), assistant('The')] },
  ],
  [
    'results, then text',
    {
      tools: [tool('search')],
      messages: [
        user('a'),
        assistant([text('b', { citations: null }), use('toolu_1'), use('toolu_2')]),
        user([result('toolu_2'), result('toolu_1'), text('c')]),
      ],
    },
  ],
  [
    'results and text in two messages',
    {
      tools: [tool('search')],
      messages: [user('a'), assistant([use('toolu_1')]), user([result('toolu_1')]), user('c')],
    },
  ],
  [
    'a server tool that is paused',
    {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      messages: [
        user('a'),
        assistant([{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }]),
      ],
    },
  ],
  [
    'a server tool answered after a client tool',
    {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }, tool('search')],
      messages: [
        user('a'),
        assistant([
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
          use('toolu_1'),
        ]),
        user([result('toolu_1')]),
        assistant([
          { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
          text('b'),
        ]),
        user('c'),
      ],
    },
  ],
  ['documents with citations', { messages: [user([document(true), document(true), text('a')])] }],
  ['an image', { messages: [user([image(pngHeader(8000, 8000)), text('a')])] }],
  [
    'four breakpoints, long before short',
    {
      messages: [
        user([
          text('a', mark('1h')),
          text('b', mark('1h')),
          text('c', mark()),
          text('d', mark('5m')),
        ]),
      ],
    },
  ],
  ['an automatic breakpoint', { ...mark(), messages: [user([text('a', mark('5m'))])] }],
  ['a name of 128 characters', { tools: [tool('a'.repeat(128))] }],
  [
    'a schema of any kind for a tool that is not strict',
    {
      tools: [
        tool('a', {
          input_schema: {
            type: 'object',
            properties: { n: { type: 'integer', minimum: 1 } },
            additionalProperties: true,
          },
          input_examples: [{ n: 1 }],
        }),
      ],
    },
  ],
  [
    'all server tools',
    {
      tools: [
        {
          type: 'web_search_20260318',
          name: 'web_search',
          blocked_domains: ['a.org'],
          max_uses: 2,
          response_inclusion: 'full',
          user_location: { type: 'approximate', city: 'Bern' },
        },
        {
          type: 'web_fetch_20260318',
          name: 'web_fetch',
          use_cache: false,
          citations: { enabled: true },
          url_sources: { user_input: { type: 'all' } },
        },
        { type: 'code_execution_20260521', name: 'code_execution' },
        { type: 'memory_20250818', name: 'memory' },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'computer_toolset_20260801', configs: { zoom: { enabled: false } } },
      ],
    },
  ],
  [
    'a forced tool where the model allows it',
    {
      tools: [tool('a')],
      tool_choice: { type: 'tool', name: 'a', disable_parallel_tool_use: true },
    },
  ],
  [
    'adaptive thinking at the highest effort',
    { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'max' } },
  ],
  [
    'thinking disabled at high effort',
    { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
  ],
  ['thinking between tools', { model: 'claude-sonnet-5-5', thinking: { type: 'between_tools' } }],
  [
    'a thinking budget on an older model',
    {
      model: 'claude-haiku-4-5',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
    },
  ],
  ['a cache warm-up', { max_tokens: 0 }],
  ['20 strict tools', { tools: many(20, (index) => strictTool(`t${index}`)) }],
  [
    '24 optional properties and 16 unions',
    format({
      ...object(
        {
          ...times(24, () => ({ type: 'string' })),
          ...Object.fromEntries(many(16, (index) => [`u${index}`, { type: ['string', 'null'] }])),
        },
        many(16, (index) => `u${index}`),
      ),
    }),
  ],
  [
    'references, defaults, titles and allOf',
    format({
      ...object({
        a: { $ref: '#/$defs/n' },
        b: { allOf: [{ type: 'string' }, { type: 'string', description: 'Any.' }] },
        c: { type: 'integer', default: 3, title: 'C' },
        d: { const: null },
      }),
      $defs: { n: { type: 'string', format: 'date' } },
    }),
  ],
  ['a pattern', field({ type: 'string', pattern: '^(?:[A-Z]{2}|\\d+)-x?$' })],
  [
    'arrays of one or more',
    field({ type: 'array', items: { enum: ['a', 1, null, true] }, minItems: 1 }),
  ],
];

describe('requests that the API takes', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  it.each(CASES)('%s', async (_what, change) => {
    const reply = await post(simulator, { ...ok, ...change });
    expect([reply.status, await reply.json()]).toEqual([
      200,
      expect.objectContaining({ type: 'message', model: change.model ?? ok.model }),
    ]);
  });

  it.each(MODEL_IDS)('a plain request to %s', async (model) => {
    const reply = await post(simulator, { ...ok, model });
    expect(await reply.json()).toMatchObject({ type: 'message', model, role: 'assistant' });
  });

  it('documented betas', async () => {
    const betas = 'structured-outputs-2025-12-15,token-counting-2024-11-01';
    const reply = await post(simulator, ok, { headers: { ...HEADERS, 'anthropic-beta': betas } });
    expect(reply.status).toBe(200);
  });
});
