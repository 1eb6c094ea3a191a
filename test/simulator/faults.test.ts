import Anthropic from '@anthropic-ai/sdk';
import { type Fault, type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, post, textOf } from './support';

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' }, points: { type: 'array', items: { type: 'string' } } },
  required: ['answer', 'points'],
  additionalProperties: false,
};
const structured = {
  ...ask(),
  output_config: { format: { type: 'json_schema' as const, schema: SCHEMA } },
};

describe('injected faults', () => {
  let simulator: Simulator;
  let client: Anthropic;
  beforeEach(async () => {
    simulator = await startSimulator();
    client = clientOf(simulator);
  });
  afterEach(() => simulator.close());

  const failure = async (fault: Fault): Promise<InstanceType<typeof Anthropic.APIError>> => {
    simulator.addFault(fault);
    const error = await client.messages.create(ask()).catch((caught: unknown) => caught);
    if (!(error instanceof Anthropic.APIError)) throw new Error(`no API error: ${String(error)}`);
    return error;
  };

  it.each([
    [401, 'authentication_error', Anthropic.AuthenticationError],
    [402, 'billing_error', Anthropic.APIError],
    [429, 'rate_limit_error', Anthropic.RateLimitError],
    [500, 'api_error', Anthropic.InternalServerError],
    [529, 'overloaded_error', Anthropic.InternalServerError],
  ])('refuses with %d in the shape of the API, and bills nothing', async (status, type, kind) => {
    const error = await failure({ kind: 'http_error', status });
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, type });
    expect(error.requestID).toBe(simulator.requests()[0]?.requestId);
    expect(simulator.bill()).toEqual([]);
  });

  it('sends retry-after and the error code that it was given', async () => {
    const error = await failure({
      kind: 'http_error',
      status: 429,
      retryAfterSeconds: 7,
      errorCode: 'enforced_spend_limit_reached',
    });
    expect(error.headers?.get('retry-after')).toBe('7');
    expect(error.errorCode).toBe('enforced_spend_limit_reached');
  });

  it('holds before the headers until released, and then answers', async () => {
    simulator.addFault({ kind: 'hold', until: 'release', where: 'before_headers' });
    const accepted = new Promise((resolve) => simulator.onRequest(resolve));
    let isAnswered = false;
    const reply = client.messages.create(ask()).then((message) => {
      isAnswered = true;
      return message;
    });
    await accepted;
    expect(isAnswered).toBe(false);
    expect(simulator.bill()).toMatchObject([{ delivered: false, fault: 'hold' }]);
    expect(simulator.bill()[0]).not.toHaveProperty('endedAt');
    simulator.release();
    expect((await reply).stop_reason).toBe('end_turn');
    expect(simulator.bill()).toMatchObject([{ delivered: true, endedAt: expect.any(String) }]);
  });

  it('holds in the middle of a stream, and bills all of it when the client gives up', async () => {
    simulator.addFault({ kind: 'hold', until: 'release', where: 'mid_stream' });
    const given = new AbortController();
    const stream = client.messages.stream(ask(), { signal: given.signal });
    const started = new Promise((resolve) => stream.once('streamEvent', resolve));
    const ended = stream.finalMessage().catch((error: unknown) => error);
    await started;
    given.abort();
    expect(await ended).toBeInstanceOf(Anthropic.APIUserAbortError);
    const [line] = simulator.bill();
    expect(line?.delivered).toBe(false);
    expect(line?.usage.outputTokens).toBeGreaterThan(0);
  });

  it('holds for a stated time', async () => {
    simulator.addFault({ kind: 'hold', until: 40, where: 'before_headers' });
    const begun = performance.now();
    await client.messages.create(ask());
    expect(performance.now() - begun).toBeGreaterThanOrEqual(39);
  });

  it('drops the connection before the headers', async () => {
    simulator.addFault({ kind: 'drop', where: 'before_headers' });
    await expect(client.messages.create(ask())).rejects.toThrow(Anthropic.APIConnectionError);
    expect(simulator.bill()).toMatchObject([{ delivered: false, fault: 'drop' }]);
  });

  it('drops the connection in the middle of a stream', async () => {
    simulator.addFault({ kind: 'drop', where: 'mid_stream' });
    await expect(client.messages.stream(ask()).finalMessage()).rejects.toThrow(
      Anthropic.AnthropicError,
    );
    expect(simulator.bill()).toMatchObject([{ delivered: false, fault: 'drop' }]);
  });

  it('sends an error event in the middle of a stream, and a 529 where there is none', async () => {
    simulator.addFault({ kind: 'sse_error' });
    const streamed = await client.messages
      .stream(ask())
      .finalMessage()
      .catch((error: unknown) => error);
    expect(streamed).toMatchObject({ status: undefined, type: 'overloaded_error' });
    expect(simulator.bill()).toMatchObject([{ delivered: false, fault: 'sse_error' }]);
    await expect(client.messages.create(ask())).rejects.toMatchObject({ status: 529 });
    expect(simulator.bill()).toHaveLength(1);
  });

  it('refuses before any output, for nothing', async () => {
    simulator.addFault({ kind: 'refusal', category: 'bio' });
    const message = await client.messages.create(ask());
    expect(message).toMatchObject({
      stop_reason: 'refusal',
      content: [],
      stop_details: { type: 'refusal', category: 'bio' },
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(simulator.bill()[0]?.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });

  it('refuses after part of the text, which costs', async () => {
    simulator.addFault({ kind: 'refusal', partial: true });
    const message = await client.messages.create(ask());
    expect(message.stop_reason).toBe('refusal');
    expect(textOf(message)).not.toBe('');
    expect(simulator.bill()[0]?.usage.outputTokens).toBe(message.usage.output_tokens);
  });

  it('cuts an answer at max_tokens', async () => {
    const whole = textOf(await client.messages.create(structured));
    simulator.addFault({ kind: 'max_tokens_cut' });
    const message = await client.messages.create(structured);
    expect(message.stop_reason).toBe('max_tokens');
    expect(whole.startsWith(textOf(message))).toBe(true);
    expect(textOf(message).length).toBeLessThan(whole.length);
  });

  it('writes malformed JSON', async () => {
    simulator.addFault({ kind: 'malformed_json' });
    const message = await client.messages.create(structured);
    expect(message.stop_reason).toBe('end_turn');
    expect(() => JSON.parse(textOf(message))).toThrow(SyntaxError);
  });

  it('writes JSON that lacks a required field', async () => {
    simulator.addFault({ kind: 'schema_violation' });
    const message = await client.messages.create(structured);
    expect(Object.keys(JSON.parse(textOf(message)))).toEqual(['points']);
  });

  it('writes an empty text', async () => {
    simulator.addFault({ kind: 'empty_text' });
    expect(textOf(await client.messages.create(ask()))).toBe('');
  });

  it('does not count turns of tool use for faults of content', async () => {
    simulator.addFault({ kind: 'empty_text', nth: 1 });
    const message = await client.messages.create({
      ...ask(),
      tools: [
        {
          name: 'search',
          input_schema: {
            type: 'object',
            properties: { query: { type: 'string' } },
            required: ['query'],
          },
        },
      ],
    });
    expect(message.stop_reason).toBe('tool_use');
    expect(textOf(await client.messages.create(ask()))).toBe('');
  });
});

describe('which requests a fault hits', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  /** Statuses of so many requests, one after the other. */
  async function statuses(count: number, body: (index: number) => unknown = () => ask()) {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const reply = await post(simulator, body(index));
      await reply.text();
      found.push(reply.status);
    }
    return found;
  }

  it('the nth', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, nth: 2 });
    expect(await statuses(4)).toEqual([200, 500, 200, 200]);
  });

  it('so many from the nth on', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, nth: 2, times: 2 });
    expect(await statuses(4)).toEqual([200, 500, 500, 200]);
  });

  it('the first so many', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, times: 2 });
    expect(await statuses(3)).toEqual([500, 500, 200]);
  });

  it('all, until faults are cleared', async () => {
    simulator.addFault({ kind: 'http_error', status: 500 });
    expect(await statuses(2)).toEqual([500, 500]);
    simulator.clearFaults();
    expect(await statuses(1)).toEqual([200]);
  });

  it('those of a model', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, model: 'claude-opus-5-5' });
    const models = ['claude-haiku-5-5', 'claude-opus-5-5'];
    expect(await statuses(2, (index) => ({ ...ask(), model: models[index] }))).toEqual([200, 500]);
  });

  it('those whose body contains a text', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, contains: 'marker 1' });
    expect(await statuses(2, (index) => ask(`marker ${index}`))).toEqual([200, 500]);
  });

  it('those with a piece in their idempotency key', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, idempotencyKeyContains: '/write/' });
    const research = clientOf(simulator, { 'idempotency-key': 'run/research/1' });
    const write = clientOf(simulator, { 'idempotency-key': 'run/write/1' });
    await expect(research.messages.create(ask())).resolves.toBeDefined();
    await expect(write.messages.create(ask())).rejects.toMatchObject({ status: 500 });
  });

  it('a seeded share', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, probability: 0.5 });
    const first = await statuses(30);
    expect(new Set(first)).toEqual(new Set([200, 500]));
    simulator.clearFaults();
    simulator.addFault({ kind: 'http_error', status: 500, probability: 0.5 });
    expect(await statuses(30)).toEqual(first);
  });

  it('refuses a fault that is none', () => {
    expect(() => simulator.addFault({ kind: 'http_error', status: 200 })).toThrow();
  });
});
