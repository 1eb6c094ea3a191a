import Anthropic from '@anthropic-ai/sdk';
import { type Fault, type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, post } from './support';

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

  it('sends a page of a proxy in place of an error, and bills nothing', async () => {
    const error = await failure({
      kind: 'raw_response',
      status: 502,
      body: '<html>Bad gateway</html>',
    });
    expect(error).toMatchObject({ status: 502, type: null });
    expect(error.message).toContain('<html>Bad gateway</html>');
    expect(simulator.bill()).toEqual([]);
  });

  it('answers 200 with a body that is no message, which costs', async () => {
    simulator.addFault({
      kind: 'raw_response',
      status: 200,
      contentType: 'application/json',
      body: '[]',
    });
    expect(await client.messages.create(ask())).toEqual([]);
    expect(simulator.bill()).toMatchObject([{ delivered: false, fault: 'raw_response' }]);
  });

  it('trickles: waits before each event of a stream', async () => {
    simulator.addFault({ kind: 'trickle', everyMs: 20 });
    const begun = performance.now();
    let events = 0;
    const stream = client.messages.stream(ask());
    stream.on('streamEvent', () => {
      events += 1;
    });
    expect((await stream.finalMessage()).stop_reason).toBe('end_turn');
    expect(events).toBeGreaterThan(3);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(19 * events);
  });

  it('ends a stream before its message has stopped', async () => {
    simulator.addFault({ kind: 'drop', where: 'mid_stream', cleanly: true });
    const reply = await post(simulator, { ...ask(), stream: true });
    const text = await reply.text();
    expect(text).toContain('event: content_block_delta');
    expect(text).not.toContain('message_stop');
    expect(simulator.bill()).toMatchObject([{ delivered: false }]);
  });
});
