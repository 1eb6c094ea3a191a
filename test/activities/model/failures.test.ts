import { createAnthropicModel } from '../../../activities/model/anthropic';
import { failureOf, modelAt, options, request } from './calls';
import {
  begin,
  errorBody,
  eventsOf,
  type Handler,
  type HandMadeServer,
  MESSAGE,
  sse,
  startHandMadeServer,
  status,
  stream,
  text,
} from './hand-made-server';

let server: HandMadeServer;
beforeAll(async () => {
  server = await startHandMadeServer();
});
afterAll(() => server.close());

const started = eventsOf([text('{"note":"x"}')]).slice(0, 2);

const CALL = { type: 'tool_use', id: 'toolu_1', name: 'search' };
const NESTED = `{"query":${'['.repeat(2_000)}${']'.repeat(2_000)}}`;
const MEGABYTE_OF_PINGS = sse('ping', { padding: 'x'.repeat(1_000_000) });

describe('an answer with an error status was never billed', () => {
  it.each<[string, Handler, string]>([
    ['401', status(401, errorBody('authentication_error')), 'authentication'],
    ['402', status(402, errorBody('billing_error')), 'billing'],
    ['403', status(403, errorBody('permission_error')), 'permission'],
    ['404', status(404, errorBody('not_found_error', 'model: nobody')), 'unknown_model'],
    ['408', status(408, errorBody('timeout_error')), 'server_error'],
    ['413', status(413, errorBody('request_too_large')), 'context_exceeded'],
    ['400', status(400, errorBody('invalid_request_error')), 'invalid_request'],
    [
      '400 while the organisation is on hold',
      status(400, errorBody('invalid_request_error', 'no', { error_code: 'organization_on_hold' })),
      'billing',
    ],
    [
      '400 for a spend limit of the customer',
      status(
        400,
        errorBody('invalid_request_error', 'You have reached your specified API usage limits.'),
      ),
      'spend_cap',
    ],
    [
      '400 for two tools of one name',
      status(400, errorBody('invalid_request_error', 'no', { error_code: 'tool_name_conflict' })),
      'invalid_request',
    ],
    [
      '400 for a body that came too slowly',
      status(400, errorBody('invalid_request_error', 'no', { error_code: 'request_body_timeout' })),
      'connection_lost',
    ],
    [
      '413 after decoding',
      status(
        413,
        errorBody('request_too_large', 'no', {
          error_code: 'request_body_too_large_after_decoding',
        }),
      ),
      'context_exceeded',
    ],
    ['404 in HTML: another server', status(404, '<html>Not found</html>'), 'bad_response'],
    ['409', status(409, errorBody('conflict_error')), 'server_error'],
    ['412', status(412, errorBody('invalid_request_error')), 'invalid_request'],
    ['431 of a proxy', status(431, 'too large'), 'invalid_request'],
    ['499 of a proxy', status(499, ''), 'connection_lost'],
    ['501', status(501, errorBody('api_error', 'not offered')), 'invalid_request'],
    ['503', status(503, errorBody('api_error')), 'server_error'],
    [
      '429 for growing too fast',
      status(429, errorBody('rate_limit_error', 'no', { error_code: 'ramp_limit_exceeded' })),
      'rate_limited',
    ],
    [
      '402 without the billing of a linked organisation',
      status(
        402,
        errorBody('billing_error', 'no', { error_code: 'linked_organization_billing_unavailable' }),
      ),
      'billing',
    ],
    ['422 of a gateway', status(422, { detail: 'no' }), 'invalid_request'],
    [
      '400 for a prompt beyond the window',
      status(400, errorBody('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum')),
      'context_exceeded',
    ],
    ['429', status(429, errorBody('rate_limit_error')), 'rate_limited'],
    [
      '429 for a spend cap',
      status(
        429,
        errorBody('rate_limit_error', 'no', { error_code: 'enforced_spend_limit_reached' }),
      ),
      'spend_cap',
    ],
    [
      '402 for a spend cap',
      status(
        402,
        errorBody('billing_error', 'no', {
          error_code: 'linked_organization_spend_limit_reached',
        }),
      ),
      'spend_cap',
    ],
    ['500', status(500, errorBody('api_error')), 'server_error'],
    ['500 without a body', status(500, ''), 'server_error'],
    ['502 in HTML', status(502, '<html><h1>Bad gateway</h1></html>'), 'server_error'],
    ['504', status(504, errorBody('timeout_error')), 'server_error'],
    ['529', status(529, errorBody('overloaded_error')), 'overloaded'],
  ])('%s', async (_name, handler, kind) => {
    server.answerWith(handler);
    const error = await failureOf(server.url);
    expect(error).toMatchObject({ kind, disposition: 'released' });
    expect(error.details.requestId).toBe('req_7');
    expect(error.message).toBe(kind);
  });
});

describe('what goes wrong after the answer began may have been billed', () => {
  it.each<[string, Handler, string]>([
    ['an empty stream', stream(), 'connection_lost'],
    ['a stream that ends in the middle', stream(...started), 'connection_lost'],
    [
      'a stream without its last event',
      stream(...eventsOf([text('{}')]).slice(0, -1)),
      'connection_lost',
    ],
    ['a socket cut in the middle', begin(started, (r) => r.destroy()), 'connection_lost'],
    ['a socket cut before the headers', (r) => r.destroy(), 'connection_lost'],
    [
      'malformed JSON in the stream',
      stream(...started, 'event: content_block_delta\ndata: {"type":\n\n'),
      'bad_response',
    ],
    [
      'overloaded in the middle',
      stream(...started, sse('error', { error: { type: 'overloaded_error', message: 'x' } })),
      'overloaded',
    ],
    [
      'an error of the API in the middle',
      stream(...started, sse('error', { error: { type: 'api_error', message: 'x' } })),
      'server_error',
    ],
    [
      'a rate limit in the middle',
      stream(...started, sse('error', { error: { type: 'rate_limit_error', message: 'x' } })),
      'rate_limited',
    ],
    [
      'a time-out of the API in the middle',
      stream(...started, sse('error', { error: { type: 'timeout_error', message: 'x' } })),
      'server_error',
    ],
    [
      'a prompt found too long in the middle',
      stream(
        ...started,
        sse('error', {
          error: { type: 'invalid_request_error', message: 'prompt is too long: 9 > 8' },
        }),
      ),
      'context_exceeded',
    ],
    [
      'an error event that is no JSON',
      stream(...started, 'event: error\ndata: oh\n\n'),
      'server_error',
    ],
    [
      'a message without content',
      stream(
        sse('message_start', { message: { ...MESSAGE, content: undefined } }),
        sse('message_stop'),
      ),
      'bad_response',
    ],
    [
      'a message without usage',
      stream(
        sse('message_start', { message: { ...MESSAGE, usage: undefined } }),
        sse('message_stop'),
      ),
      'bad_response',
    ],
    [
      'a stream without its first event',
      stream(sse('content_block_stop', { index: 0 })),
      'connection_lost',
    ],
    [
      'an event cut off in the middle',
      stream(...started, 'event: content_block_delta\ndata: {"type":"content_bl\n\n'),
      'bad_response',
    ],
    [
      'a tool call whose input is nested without end',
      stream(...eventsOf([{ ...CALL, input: JSON.parse(NESTED) }], 'tool_use')),
      'bad_response',
    ],
    [
      'an answer without end',
      stream(...started, ...Array(70).fill(MEGABYTE_OF_PINGS)),
      'bad_response',
    ],
    ['a body without a type', (r) => r.end('?'), 'bad_response'],
    ['a body that is no stream: JSON', status(200, { ...MESSAGE }), 'bad_response'],
    ['a body that is no stream: []', status(200, []), 'bad_response'],
    ['a page of a proxy', status(200, '<html>Please log in</html>'), 'bad_response'],
  ])('%s', async (_name, handler, kind) => {
    server.answerWith(handler);
    expect(await failureOf(server.url)).toMatchObject({ kind, disposition: 'unsettled' });
  });
});

describe('a request that never left was not billed', () => {
  it('refused connections', async () => {
    const gone = await startHandMadeServer();
    await gone.close();
    expect(await failureOf(gone.url)).toMatchObject({
      kind: 'connection_lost',
      disposition: 'released',
    });
  });

  it('unknown hosts', async () => {
    expect(await failureOf('http://nobody.invalid')).toMatchObject({
      kind: 'connection_lost',
      disposition: 'released',
    });
  });
});

it('a key that no header can carry is the key’s fault, was not sent, and is told to nobody', async () => {
  const key = 'secret\nkey';
  const asked = createAnthropicModel({ apiKey: key, baseUrl: server.url });
  const error: unknown = await asked.call(request(), options()).catch((thrown) => thrown);
  expect(error).toMatchObject({ kind: 'authentication', disposition: 'released' });
  expect(JSON.stringify(error)).not.toContain('secret');
});

describe('the wait that a provider asks for', () => {
  const inAMinute = () => new Date(Date.now() + 60_000).toUTCString();
  it.each<[string, Record<string, string>, [least: number, most: number] | undefined]>([
    ['seconds', { 'retry-after': '7' }, [7_000, 7_000]],
    ['none at all', { 'retry-after': '0' }, [0, 0]],
    ['a date', { 'retry-after': inAMinute() }, [50_000, 61_000]],
    ['a date that has passed', { 'retry-after': new Date(0).toUTCString() }, [0, 0]],
    ['milliseconds, which lead', { 'retry-after-ms': '250', 'retry-after': '9' }, [250, 250]],
    ['nothing', {}, undefined],
    ['something unknown', { 'retry-after': 'soon' }, undefined],
    ['negative milliseconds', { 'retry-after-ms': '-5' }, undefined],
  ])('is read from %s', async (_name, headers, wait) => {
    server.answerWith(status(429, errorBody('rate_limit_error'), headers));
    const { retryAfterMs } = (await failureOf(server.url)).details;
    if (wait === undefined) expect(retryAfterMs).toBeUndefined();
    else {
      expect(retryAfterMs).toBeGreaterThanOrEqual(wait[0]);
      expect(retryAfterMs).toBeLessThanOrEqual(wait[1]);
    }
  });
});

describe('silence and slowness', () => {
  it.each<[string, Handler]>([
    ['before the headers', () => {}],
    ['in the middle', begin(started, () => {})],
  ])('silence %s is cut off as a stall', async (_name, handler) => {
    server.answerWith(handler);
    const left = server.leftAlone();
    const error = await failureOf(server.url, { stallMs: 100 });
    expect(error).toMatchObject({ kind: 'stalled', disposition: 'unsettled' });
    await left;
  });

  it('an answer that never ends is cut off as too slow', async () => {
    let drip: NodeJS.Timeout | undefined;
    server.answerWith(
      begin(started, (response) => {
        const delta = { type: 'text_delta', text: '.' };
        const more = () => response.write(sse('content_block_delta', { index: 0, delta }));
        drip = setInterval(more, 20);
      }),
    );
    const error = await failureOf(server.url, { stallMs: 300, callMs: 500 });
    clearInterval(drip);
    expect(error).toMatchObject({ kind: 'too_slow', disposition: 'unsettled' });
  });

  it('pings show that the server is alive while the model thinks', async () => {
    let pings = 0;
    server.answerWith(
      begin(started.slice(0, 1), (response) => {
        const timer = setInterval(() => {
          if (pings++ < 10) response.write(sse('ping'));
          else {
            clearInterval(timer);
            response.end(
              eventsOf([text('{"note":"late"}')])
                .slice(1)
                .join(''),
            );
          }
        }, 50);
      }),
    );
    const answer = await modelAt(server.url).call(request(), options({ stallMs: 250 }));
    expect(answer.text).toBe('{"note":"late"}');
  });
});

describe('a call that is cancelled from outside', () => {
  it.each<[string, Handler]>([
    ['before the headers', () => {}],
    ['in the middle of the answer', begin(started, () => {})],
  ])('%s ends at once and may have been billed', async (_name, handler) => {
    server.answerWith(handler);
    const cancel = new AbortController();
    const asked = server.asked();
    const left = server.leftAlone();
    const failure = failureOf(server.url, { signal: cancel.signal });
    await asked;
    cancel.abort(new Error('the run was stopped'));
    expect(await failure).toMatchObject({ kind: 'connection_lost', disposition: 'unsettled' });
    await left;
  });

  it('is not even sent when it was cancelled before', async () => {
    const failure = await failureOf(server.url, { signal: AbortSignal.abort() });
    expect(failure.disposition).toBe('released');
  });
});
