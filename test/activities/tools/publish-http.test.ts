import { createServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { type PublishTarget, publishHttpTool } from '../../../activities/tools/publish-http';
import { effectMode, type Tool } from '../../../activities/tools/tool';
import { MemoryContentStore } from '../../support/memory-content-store';
import {
  type Received,
  startTarget,
  TARGET_SECRET,
  type TestTarget,
} from '../../support/publish-target';

const KEY = 'default/run%201/first/publishing/-/1/effect.0';
const input = { target: 'blog', content: 'Grüße 🎉', mediaType: 'text/markdown; charset=utf-8' };

let server: TestTarget;
beforeEach(async () => {
  server = await startTarget();
});
afterEach(() => server.close());

const contextOf = (signal = new AbortController().signal) => ({
  content: new MemoryContentStore(),
  documents: undefined,
  signal,
  stepKey: KEY,
});
const toolFor = (changes: Partial<PublishTarget> = {}) =>
  publishHttpTool({ blog: server.target(changes) });
const publish = (changes: Partial<PublishTarget> = {}, signal?: AbortSignal) =>
  toolFor(changes).run(input, contextOf(signal));
const lookUp = async (changes: Partial<PublishTarget> = {}) =>
  toolFor({ lookupUrl: `${server.url}/seen/{key}`, ...changes }).reconcile?.(input, contextOf());

const failed = { name: 'ToolError', kind: 'rejected', retryable: false };
const later = { name: 'ToolError', kind: 'unavailable', retryable: true };
const unknown = { name: 'OutcomeUnknown' };

describe('publish_http', () => {
  it('posts the very content under its key, signed as Standard Webhooks has it', async () => {
    expect(await publish()).toEqual({ target: 'blog', status: 200, id: 'made-1' });
    const { headers, body, path } = server.received[0] as Received;
    expect([path, body, headers['content-type']]).toEqual([
      '/publish',
      input.content,
      input.mediaType,
    ]);
    expect(headers['idempotency-key']).toBe(KEY);
    expect(headers['webhook-id']).toBe(KEY);
    const webhook = new Webhook(TARGET_SECRET);
    expect(() => webhook.verify(body, headers, { jsonParse: false })).not.toThrow();
    expect(() => webhook.verify(`${body}!`, headers, { jsonParse: false })).toThrow();
  });

  it('sends every try under the same key', async () => {
    await publish();
    await publish();
    const keys = server.received.map(({ headers }) => headers['webhook-id']);
    expect(keys).toEqual([KEY, KEY]);
  });

  it.each([
    [
      { answer: 201, headers: { location: '/posts/7' }, body: '' },
      { status: 201, location: '/posts/7' },
    ],
    [
      { answer: 202, body: '{"id": 12}' },
      { status: 202, id: '12' },
    ],
    [{ answer: 204 }, { status: 204 }],
    [{ answer: 200, body: 'null' }, { status: 200 }],
    [{ answer: 200, body: 'x'.repeat(1_000_000) }, { status: 200 }],
  ])('takes %j for done', async (behaviour, result) => {
    server.behave(behaviour);
    expect(await publish()).toEqual({ target: 'blog', ...result });
  });

  it.each([400, 401, 403, 404, 410, 422, 307, 308])(
    'gives up for good on %i, whatever the target does with keys',
    async (answer) => {
      server.behave({ answer, headers: { location: '/elsewhere' } });
      for (const deduplicates of [true, false])
        await expect(publish({ deduplicates })).rejects.toMatchObject(failed);
      // A redirect is not followed.
      expect(server.received).toHaveLength(2);
    },
  );

  it.each([408, 425, 429])('may be tried again after %i', async (answer) => {
    server.behave({ answer, headers: { 'retry-after': '7' } });
    await expect(publish()).rejects.toMatchObject({ ...later, retryAfterMs: 7_000 });
  });

  it.each([500, 502, 503, 504, 302, 303])('does not know what %i means', async (answer) => {
    server.behave({ answer, headers: { location: '/elsewhere' } });
    await expect(publish()).rejects.toMatchObject(unknown);
  });

  it('takes a conflict for work in progress only where the target recognises keys', async () => {
    server.behave({ answer: 409 });
    await expect(publish({ deduplicates: true })).rejects.toMatchObject(unknown);
    await expect(publish({ deduplicates: false })).rejects.toMatchObject(failed);
  });

  it('knows that nothing was sent where nobody listens', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    for (const url of [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`])
      await expect(publish({ url })).rejects.toMatchObject(later);
  });

  it('knows that nothing was sent where no secure connection came about', async () => {
    const url = server.url.replace('http:', 'https:');
    await expect(publish({ url })).rejects.toMatchObject(later);
    expect(server.received).toEqual([]);
  });

  it('does not know what became of a request whose connection is cut', async () => {
    server.behave('cut');
    await expect(publish()).rejects.toMatchObject(unknown);
    expect(server.received).toHaveLength(1);
  });

  it('does not know what became of a request that is not answered in time', async () => {
    server.behave('hold');
    const arrival = server.arrival();
    const time = new AbortController();
    const unanswered = expect(publish({}, time.signal)).rejects.toMatchObject(unknown);
    await arrival;
    time.abort();
    await unanswered;
  });

  it('refuses more than it publishes, and sends nothing', async () => {
    const large = { ...input, content: 'ü'.repeat(5_000_001) };
    await expect(toolFor().run(large, contextOf())).rejects.toMatchObject({ kind: 'too_large' });
    expect(server.received).toEqual([]);
  });

  it('is idempotent where its target recognises keys, and once where it does not', () => {
    const tool = publishHttpTool({
      blog: server.target(),
      store: server.target({ deduplicates: true }),
    }) as Tool;
    expect(effectMode(tool, { ...input, target: 'blog' })).toBe('once');
    expect(effectMode(tool, { ...input, target: 'store' })).toBe('idempotent');
  });

  it('takes no target that is not configured', () => {
    const taken = (changes: object) => 'value' in toolFor().input.parse({ ...input, ...changes });
    expect(taken({})).toBe(true);
    for (const target of ['other', 'constructor', '']) expect(taken({ target })).toBe(false);
    expect(taken({ mediaType: 'text/plain\r\nX-Evil: 1' })).toBe(false);
  });
});

describe('asking a target what became of a key', () => {
  it('takes 200 for done, and names what was made', async () => {
    server.behave({ answer: 200, body: '{"id": "made-9"}' }, 'GET');
    expect(await lookUp()).toEqual({
      seen: 'done',
      result: { target: 'blog', status: 200, id: 'made-9' },
    });
    const { path, headers } = server.lookups[0] as Received;
    expect(path).toBe(`/seen/${encodeURIComponent(KEY)}`);
    expect(() => new Webhook(TARGET_SECRET).verify('', headers)).not.toThrow();
  });

  it('takes 404 for not seen, anything else for no answer', async () => {
    expect(await lookUp()).toEqual({ seen: 'not_seen' });
    for (const answer of [401, 500, 204, 301]) {
      server.behave({ answer }, 'GET');
      expect(await lookUp()).toEqual({ seen: 'cannot_tell' });
    }
    server.behave('cut', 'GET');
    await expect(lookUp()).rejects.toThrow();
  });

  it('cannot tell where there is nothing to ask', async () => {
    expect(await toolFor().reconcile?.(input, contextOf())).toEqual({ seen: 'cannot_tell' });
    expect(server.lookups).toEqual([]);
  });
});
