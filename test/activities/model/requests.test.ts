import { createAnthropicModel } from '../../../activities/model/anthropic';
import { capabilitiesOf, type Effort } from '../../../activities/model/capabilities';
import type { Exchange } from '../../../activities/model/port';
import { PRICES } from '../../../domain/prices';
import { type Simulator, startSimulator } from '../../../simulator';
import { modelAt, NOTE_SCHEMA, options, request } from './calls';
import { startHandMadeServer, status } from './hand-made-server';

const EFFORTS: Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const search = {
  name: 'search_documents',
  description: 'Searches the documents.',
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string' } },
    required: ['query'],
    additionalProperties: false,
  },
};

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ seed: 5 });
});
afterAll(() => simulator.close());

const call = (asked = request(), stepKey?: string) =>
  modelAt(simulator.url).call(asked, options(stepKey ? { stepKey } : {}));
const lastBody = () => simulator.requests().at(-1)?.body as Record<string, unknown>;

describe('a request', () => {
  it('of a model that will be retired is told of once, and not on the console', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const notices: string[] = [];
      const model = createAnthropicModel({
        apiKey: 'test-key',
        baseUrl: simulator.url,
        onNotice: (notice) => notices.push(notice),
      });
      const old = request({ model: 'claude-sonnet-4-5' });
      await Promise.all([model.call(old, options()), model.call(old, options())]);
      expect(notices).toEqual([expect.stringMatching(/claude-sonnet-4-5.* is deprecated/)]);
      expect(warn).not.toHaveBeenCalled();
      expect(console.warn).toBe(warn);
    } finally {
      warn.mockRestore();
    }
  });

  it('asks for the format of the part that is due', async () => {
    const part = { ...NOTE_SCHEMA, properties: { other: { type: 'string' } }, required: ['other'] };
    const parts = [
      { properties: ['note'], outputSchema: NOTE_SCHEMA },
      { properties: ['other'], outputSchema: part },
    ];
    const answer = await call(request({ parts }, { part: 1 }));
    expect(lastBody()).toMatchObject({ output_config: { format: { schema: part } } });
    expect(Object.keys(JSON.parse(answer.text))).toEqual(['other']);
  });

  it('asks for a stream of structured output with cached beginnings and a reasoning summary', async () => {
    const answer = await call(request({ effort: 'high', tools: [search] }));
    expect(lastBody()).toEqual({
      model: 'claude-haiku-5-5',
      max_tokens: 4_000,
      stream: true,
      system: [{ type: 'text', text: 'You take notes.', cache_control: { type: 'ephemeral' } }],
      cache_control: { type: 'ephemeral' },
      messages: [
        {
          role: 'user',
          content: [{ type: 'text', text: '<question>What is worth a note?</question>' }],
        },
      ],
      tools: [
        {
          name: search.name,
          description: search.description,
          input_schema: search.inputSchema,
        },
      ],
      tool_choice: { type: 'auto' },
      output_config: { format: { type: 'json_schema', schema: NOTE_SCHEMA }, effort: 'high' },
      thinking: { type: 'adaptive', display: 'summarized' },
    });
    expect(answer.reasoning).not.toBe('');
  });

  it('carries the key of its step, and its answer the id on the bill', async () => {
    const key = 'default/a%2Fb%20ü/run/phase/-/1/1'.replace('ü', '%C3%BC');
    const answer = await call(request(), key);
    expect(simulator.bill().at(-1)).toMatchObject({
      requestId: answer.requestId,
      headers: { 'idempotency-key': key },
      usage: {
        inputTokens: answer.usage.inputTokens,
        outputTokens: answer.usage.outputTokens,
        cacheCreationInputTokens: answer.usage.cacheWriteTokens,
        cacheReadInputTokens: answer.usage.cacheReadTokens,
      },
    });
  });

  it('goes on where the conversation stands: calls, results, a word of ours', async () => {
    const tools = [search];
    const first = await call(request({ tools }));
    expect(first.ending).toBe('tool_calls');
    const toolResults = first.toolCalls.map(({ id }, index) => ({
      id,
      content: '{"passages":[]}',
      isError: index === 0,
    }));
    const exchanges: Exchange[] = [{ assistant: first.assistant, toolResults }];
    const second = await call(request({ tools }, { exchanges, mayUseTools: false }));
    expect(second.ending).toBe('answer');
    expect(lastBody().tool_choice).toEqual({ type: 'none' });
    const [, , results] = lastBody().messages as { content: unknown[] }[];
    expect(results?.content[0]).toMatchObject({ type: 'tool_result', is_error: true });

    exchanges.push({ assistant: second.assistant, toolResults: [], said: 'Again, please.' });
    const third = await call(request({ tools }, { exchanges, mayUseTools: false }));
    expect(third.ending).toBe('answer');
  });

  it('reads what it wrote into the cache in the turn before', async () => {
    const system = 'You take notes of what matters. '.repeat(200);
    const first = await call(request({ system }));
    expect(first.usage.cacheWriteTokens).toBeGreaterThan(0);
    const exchanges = [{ assistant: first.assistant, toolResults: [], said: 'Once more.' }];
    const second = await call(request({ system }, { exchanges }));
    expect(second.usage.cacheReadTokens).toBeGreaterThanOrEqual(first.usage.cacheWriteTokens);
  });

  it('never asks for more room than the model has', async () => {
    await call(request({ model: 'claude-haiku-4-5' }, { maxOutputTokens: 128_000 }));
    expect(lastBody().max_tokens).toBe(64_000);
  });

  it('to an unknown model asks for nothing that it may not take', async () => {
    const server = await startHandMadeServer();
    let body: unknown;
    server.answerWith((response, http, sent) => {
      body = sent;
      status(404, {})(response, http, sent);
    });
    const asked = request({ model: 'llama-of-a-gateway', effort: 'max' });
    await expect(modelAt(server.url).call(asked, options())).rejects.toThrow('unknown_model');
    await server.close();
    expect(body).not.toHaveProperty('thinking');
    expect(body).toHaveProperty('output_config.format');
    expect(body).not.toHaveProperty('output_config.effort');
  });
});

describe.each(Object.keys(PRICES))('%s', (model) => {
  it('takes what we send it, at every effort', async () => {
    for (const effort of [undefined, ...EFFORTS]) {
      const answer = await call(request({ model, ...(effort ? { effort } : {}) }));
      expect(answer.ending).toBe('answer');
      expect(JSON.parse(answer.text)).toHaveProperty('note');
      expect(answer.reasoning !== '').toBe(capabilitiesOf(model).adaptiveThinking);
    }
  });

  it('takes tools, and as many output tokens as we believe', async () => {
    const { outputTokensMax } = capabilitiesOf(model);
    const asked = request({ model, tools: [search] }, { maxOutputTokens: outputTokensMax });
    expect((await call(asked)).ending).toBe('tool_calls');
  });
});
