import { type Simulator, startSimulator } from '../../../simulator';
import { HEADERS, post } from '../support';
import { ok, refusalOf, text, tool, user } from './cases';

describe('headers, sizes and endpoints', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({ apiKeys: ['test-key'] });
  });
  afterAll(() => simulator.close());

  it.each<[string, Record<string, string>, number, string, string]>([
    ['no key', { authorization: '' }, 401, 'authentication_error', 'API key'],
    [
      'a wrong key',
      { authorization: 'Bearer other' },
      401,
      'authentication_error',
      'invalid x-api-key',
    ],
    ['no version', { 'anthropic-version': '' }, 400, 'invalid_request_error', 'anthropic-version'],
    [
      'an unknown version',
      { 'anthropic-version': '2023-01-01' },
      400,
      'invalid_request_error',
      'anthropic-version',
    ],
    [
      'an unknown beta',
      { 'anthropic-beta': 'token-counting-2024-11-01, new-2027-01-01' },
      400,
      'invalid_request_error',
      'new-2027-01-01',
    ],
  ])('refuses %s', async (_what, change, status, type, message) => {
    const headers = Object.fromEntries(
      Object.entries({ ...HEADERS, ...change }).filter(([, value]) => value !== ''),
    );
    const found = await refusalOf(await post(simulator, ok, { headers }));
    expect(found).toMatchObject({
      status,
      error: { type, message: expect.stringContaining(message) },
    });
  });

  it('takes a key from x-api-key too', async () => {
    const { authorization: _bearer, ...headers } = HEADERS;
    const reply = await post(simulator, ok, { headers: { ...headers, 'x-api-key': 'test-key' } });
    expect(reply.status).toBe(200);
  });

  it('an unknown model, a retired one and an unknown path are not found', async () => {
    for (const model of ['claude-opus-9', 'claude-mythos-preview']) {
      expect(await refusalOf(await post(simulator, { ...ok, model }))).toMatchObject({
        status: 404,
        error: { type: 'not_found_error', message: `model: ${model}` },
      });
    }
    const reply = await post(simulator, {}, { path: '/v1/messages/batches' });
    expect(await refusalOf(reply)).toMatchObject({ status: 404 });
  });

  it('a body that is no JSON', async () => {
    expect(await refusalOf(await post(simulator, '{"model":'))).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining('not valid JSON') },
    });
  });

  it('a body above 32 MB', async () => {
    const found = await refusalOf(await post(simulator, ' '.repeat(32 * 1024 * 1024 + 1)));
    expect(found).toMatchObject({ status: 413, error: { type: 'request_too_large' } });
  });

  it('a beta field with its header is not offered, and says so', async () => {
    const headers = { ...HEADERS, 'anthropic-beta': 'server-side-fallback-2026-07-01' };
    const found = await refusalOf(
      await post(simulator, { ...ok, fallbacks: 'default' }, { headers }),
    );
    expect(found).toMatchObject({ status: 501, error: { type: 'api_error' } });
  });

  it('the counting endpoint refuses the same, and what only an answer needs', async () => {
    const path = '/v1/messages/count_tokens';
    const { max_tokens: _none, ...prompt } = ok;
    const bodies = [
      { ...prompt, model: 'claude-opus-5-5', tools: [tool('a')], tool_choice: { type: 'any' } },
      { ...prompt, messages: [user([text('')])] },
      ...['max_tokens', 'stream', 'metadata', 'stop_sequences', 'service_tier'].map((name) => ({
        ...prompt,
        [name]: name === 'max_tokens' ? 5 : [],
      })),
    ];
    for (const body of bodies) {
      expect((await refusalOf(await post(simulator, body, { path }))).status).toBe(400);
    }
    expect((await post(simulator, prompt, { path })).status).toBe(200);
  });

  it('bills nothing that it refuses', async () => {
    const before = simulator.bill().length;
    await post(simulator, { ...ok, foo: 1 });
    expect(simulator.bill()).toHaveLength(before);
    expect(simulator.requests().at(-1)).toMatchObject({
      status: 400,
      error: { message: 'foo: Extra inputs are not permitted' },
    });
  });
});
