/** Servers that do what they should, and servers that do anything else, through the real client. */
import pino from 'pino';
import { createGroupReaper } from '../../../../activities/tools/mcp/group-reaper';
import type { McpTimes } from '../../../../activities/tools/mcp/limits';
import { createMcpServer, type McpServer } from '../../../../activities/tools/mcp/mcp-server';
import type { McpSource } from '../../../../contracts/sources';
import { eventually } from '../../../support/eventually';
import {
  type Behaviour,
  createTestMcpServer,
  type HttpMcpServer,
  type TestMcpServer,
} from '../../../support/mcp-server';

const KEY = 'default/run/first/research/-/1/1.0';

let test: TestMcpServer;
const opened: { close(): Promise<void> | void }[] = [];
beforeEach(() => {
  test = createTestMcpServer();
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  await test.close();
});

function open(source: McpSource, times: Partial<McpTimes> = {}): McpServer {
  const reaper = createGroupReaper();
  const log = pino({ level: process.env.TUESDAY_TEST_LOG ?? 'silent' });
  const server = createMcpServer('news', source, {
    reaper,
    log,
    times: { pingMs: 500, listMs: 1_000, connectMs: 10_000, ...times },
  });
  opened.push(server, reaper);
  return server;
}

const call = (
  server: McpServer,
  tool: string,
  input: Record<string, unknown> = {},
  { isEffect = false, ms = 10_000 } = {},
) => server.call({ tool, input, stepKey: KEY }, isEffect, AbortSignal.timeout(ms));

const search = (server: McpServer, more: { isEffect?: boolean; ms?: number } = {}) =>
  call(server, 'search', { query: 'chips' }, more);

const FOUND = { text: 'The news say of chips: revenue rose by 12 percent.' };
const failure = (kind: string, message: string | RegExp = '') => ({
  name: 'ToolError',
  kind,
  message: expect.stringMatching(message),
});
const unknown = (message: string | RegExp = '') => ({
  name: 'OutcomeUnknown',
  message: expect.stringMatching(message),
});

const WAYS = ['stdio', 'HTTP'] as const;

describe.each(WAYS)('an MCP server over %s', (way) => {
  let http: HttpMcpServer | undefined;
  async function start(times: Partial<McpTimes> = {}): Promise<McpServer> {
    if (way === 'stdio') return open(test.stdio, times);
    http = await test.startHttp();
    const headers = { authorization: 'Bearer of-the-source' };
    return open({ kind: 'mcp', categories: [], url: http.url, headers }, times);
  }
  const behave = (behaviour: Behaviour) => test.behave({ call: behaviour });

  it('tells of its tools as they may be told to a model', async () => {
    const server = await start();
    expect(await server.describe('search')).toEqual({
      description: 'Searches the news.',
      inputSchema: {
        type: 'object',
        properties: { query: { type: 'string', minLength: 1 } },
        required: ['query'],
      },
    });
  });

  it('carries a call out once, under the key of its step', async () => {
    const server = await start();
    expect(await search(server)).toEqual(FOUND);
    expect(test.calls()).toEqual([
      { pid: expect.any(Number), tool: 'search', input: { query: 'chips' }, key: KEY },
    ]);
  });

  it('gives structured content alone where the text says the same', async () => {
    expect(await call(await start(), 'weather', { city: 'Oslo' })).toEqual({
      data: { degrees: 21 },
    });
  });

  it('names and sizes what is no text, and hands no base64 on', async () => {
    expect(await call(await start(), 'media')).toEqual({
      text: 'first\nlast',
      attachments: [
        { type: 'image', mimeType: 'image/png', bytes: 26 },
        { type: 'audio', mimeType: 'audio/wav', bytes: 26 },
        { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt', mimeType: 'text/plain' },
        { type: 'resource', uri: 'mem://b', mimeType: 'text/plain', text: 'inside' },
        { type: 'resource', uri: 'mem://c', mimeType: 'a/b', bytes: 26 },
      ],
    });
  });

  it('shares one connection between calls at the same time', async () => {
    const server = await start();
    await Promise.all([search(server), search(server), server.describe('post')]);
    expect(new Set(test.calls().map(({ pid }) => pid)).size).toBe(1);
    const began = http?.requests.filter(({ body }) => body?.method === 'initialize') ?? [];
    expect(began).toHaveLength(way === 'HTTP' ? 1 : 0);
  });

  it('tells the agent what an error of a tool says', async () => {
    const server = await start();
    behave({
      do: 'result',
      result: { isError: true, content: [{ type: 'text', text: 'no such\u0007 feed' }] },
    });
    await expect(search(server)).rejects.toMatchObject(failure('rejected', /^no such feed$/));
  });

  it.each([
    [-32_602, 'invalid_input'],
    [-32_601, 'rejected'],
    [-32_603, 'unavailable'],
    [-32_000, 'unavailable'],
  ])('takes the protocol error %d as %s', async (code, kind) => {
    const server = await start();
    behave({ do: 'rpc_error', code, message: 'no, thank you' });
    await expect(search(server)).rejects.toMatchObject(failure(kind, /no, thank you/));
  });

  it('does not know how an effect ended that the server answers with an error of its own', async () => {
    const server = await start();
    behave({ do: 'rpc_error', code: -32_603, message: 'oops' });
    await expect(search(server, { isEffect: true })).rejects.toMatchObject(unknown(/oops/));
    behave({ do: 'rpc_error', code: -32_602, message: 'no' });
    const refused = search(server, { isEffect: true });
    await expect(refused).rejects.toMatchObject(failure('invalid_input'));
  });

  it('says not_found of a tool that it does not have, with those close to it', async () => {
    await expect(call(await start(), 'serch')).rejects.toMatchObject({
      ...failure('not_found', /news has no tool "serch"/),
      details: { closeTo: ['search'] },
    });
    expect(test.calls()).toEqual([]);
  });

  it('reads the list anew when it is told that it has changed', async () => {
    const server = await start();
    await server.describe('search');
    const inputSchema = { type: 'object' };
    const tools = [
      { name: 'find', description: 'Finds.', inputSchema },
      { name: 'post', inputSchema },
    ];
    test.behave({ call: { do: 'announce' }, tools });
    expect(await call(server, 'post', { message: 'hi' })).toEqual({ text: 'posted: hi' });
    await eventually(async () => {
      await expect(server.describe('search')).rejects.toMatchObject(failure('not_found'));
    });
    expect(await server.describe('find')).toMatchObject({ description: 'Finds.' });
    await expect(search(server)).rejects.toMatchObject(failure('not_found'));
  });

  it('reads the list anew when it is old', async () => {
    const server = await start({ listFreshMs: -1 });
    await server.describe('search');
    test.behave({ tools: [] });
    await expect(server.describe('search')).rejects.toMatchObject(failure('not_found'));
  });

  it('finds a tool that has come since the list was read', async () => {
    const server = await start();
    await search(server);
    test.behave({ tools: [{ name: 'post', inputSchema: { type: 'object' } }] });
    expect(await call(server, 'post', { message: 'hi' })).toEqual({ text: 'posted: hi' });
  });

  it('ends a call that hangs when its time is up, and keeps a server that is well', async () => {
    const server = await start();
    await search(server);
    behave({ do: 'hang' });
    await expect(search(server, { ms: 300 })).rejects.toMatchObject(failure('timeout'));
    behave({ do: 'answer' });
    expect(await search(server)).toEqual(FOUND);
    expect(new Set(test.calls().map(({ pid }) => pid)).size).toBe(1);
    if (http) await eventually(async () => expect(http?.hungUp()).toBe(1));
  });

  it('starts a server anew that answers nothing any more', async () => {
    const server = await start();
    behave({ do: 'freeze' });
    await expect(search(server, { ms: 300 })).rejects.toMatchObject(failure('timeout'));
    behave({ do: 'answer' });
    await eventually(
      async () => expect(await search(server, { ms: 1_000 })).toEqual(FOUND),
      15_000,
    );
  });

  it('waits for an answer that is late', async () => {
    const server = await start();
    behave({ do: 'late', ms: 700 });
    expect(await search(server)).toEqual(FOUND);
  });

  it.each<Behaviour['do'] & ('crash' | 'crash_midway')>(['crash', 'crash_midway'])(
    'says at once that it is unavailable after a %s, and is there again',
    async (how) => {
      const server = await start();
      await search(server);
      behave({ do: how });
      const began = Date.now();
      await expect(search(server)).rejects.toMatchObject(failure('unavailable'));
      expect(Date.now() - began).toBeLessThan(5_000);
      behave({ do: 'answer' });
      await eventually(async () => expect(await search(server)).toEqual(FOUND), 15_000);
    },
  );

  it('does not know how an effect ended in which the server crashed', async () => {
    const server = await start();
    behave({ do: 'crash' });
    await expect(search(server, { isEffect: true })).rejects.toMatchObject(unknown());
  });

  it('does not know how an effect ended that took too long', async () => {
    const server = await start();
    behave({ do: 'hang' });
    await expect(search(server, { isEffect: true, ms: 2_000 })).rejects.toMatchObject(unknown());
    expect(test.calls()).toHaveLength(1);
  });

  it('reads over what is no message', async () => {
    const server = await start();
    behave({ do: 'garbage', lines: 20 });
    expect(await search(server)).toEqual(FOUND);
  });

  it('takes an answer to another request for none', async () => {
    const server = await start();
    behave({ do: 'wrong_id' });
    await expect(search(server, { ms: 500 })).rejects.toMatchObject(failure('timeout'));
    behave({ do: 'answer' });
    expect(await search(server)).toEqual(FOUND);
  });

  it.each([
    ['a text as its content', { content: 'text' }],
    ['blocks without a type', { content: [{ text: 'x' }] }],
    ['no object', 'done'],
    ['structured content that is a list', { content: [], structuredContent: [1] }],
  ])('says bad_output of a result with %s', async (_what, result) => {
    const server = await start();
    behave({ do: 'result', result });
    const kind = typeof result === 'string' && way === 'HTTP' ? 'unavailable' : 'bad_output';
    await expect(search(server, { ms: 2_000 })).rejects.toMatchObject(failure(kind));
    await expect(search(server, { isEffect: true, ms: 2_000 })).rejects.toMatchObject(unknown());
  });

  it('says bad_output where structured content does not fit what the tool promises', async () => {
    const server = await start();
    behave({ do: 'result', result: { content: [], structuredContent: { degrees: 'warm' } } });
    const asked = call(server, 'weather', { city: 'Oslo' });
    await expect(asked).rejects.toMatchObject(failure('bad_output', /degrees: must be number/));
    behave({ do: 'result', result: { content: [{ type: 'text', text: 'warm' }] } });
    const lacking = call(server, 'weather', { city: 'Oslo' });
    await expect(lacking).rejects.toMatchObject(failure('bad_output', /lacks the structured/));
  });

  it('keeps the result of an effect that has happened, whatever it promises', async () => {
    const server = await start();
    behave({ do: 'result', result: { content: [], structuredContent: { degrees: 'warm' } } });
    const effect = call(server, 'weather', { city: 'Oslo' }, { isEffect: true });
    expect(await effect).toEqual({ data: { degrees: 'warm' } });
  });

  it('cuts a server off that sends 100 MB, keeps little of it, and goes on with a new one', async () => {
    const server = await start();
    await search(server);
    behave({ do: 'huge', bytes: 100_000_000 });
    const before = process.memoryUsage().rss;
    await expect(search(server)).rejects.toMatchObject(failure('unavailable'));
    // The server over HTTP makes the 100 MB in this very process.
    if (way === 'stdio') expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    behave({ do: 'answer' });
    await eventually(async () => expect(await search(server)).toEqual(FOUND), 15_000);
  });

  it('hands on a large result within the limit', async () => {
    const server = await start();
    behave({ do: 'huge', bytes: 5_000_000 });
    expect((await search(server)).text).toHaveLength(5_000_000);
  });

  it('refuses what a server asks of the client', async () => {
    const server = await start();
    behave({ do: 'ask' });
    const said = JSON.parse((await search(server)).text ?? '') as { error: { code: number } }[];
    expect(said.map(({ error }) => error.code)).toEqual([-32_601, -32_601, -32_601]);
  });

  it('says timeout of a handshake that hangs', async () => {
    test.behave({ initialize: { do: 'hang' } });
    const server = await start({ connectMs: 1_000 });
    await expect(server.describe('search')).rejects.toMatchObject(
      failure('unavailable', /cannot be reached/),
    );
  });

  it('says timeout of a list that hangs, and unavailable of one that is none', async () => {
    test.behave({ list: { do: 'hang' } });
    const server = await start();
    await expect(server.describe('search')).rejects.toMatchObject(failure('timeout'));
    test.behave({ list: { do: 'result', result: { tools: 'many' } } });
    await expect(server.describe('search')).rejects.toMatchObject(failure('bad_output'));
  });

  it('tells of a tool as it was known when the server is away', async () => {
    const server = await start({ listFreshMs: -1 });
    const before = await server.describe('search');
    test.behave({ list: { do: 'crash' }, initialize: { do: 'crash' } });
    expect(await server.describe('search')).toEqual(before);
    await expect(server.describe('other')).rejects.toMatchObject(failure('unavailable'));
  });

  it('waits longer from one failed connection to the next', async () => {
    test.behave({ initialize: { do: 'crash' } });
    const server = await start({ backoffFirstMs: 60_000, backoffMaxMs: 90_000 });
    await expect(search(server)).rejects.toMatchObject(failure('unavailable', /cannot be reached/));
    test.behave({});
    const again = await search(server).catch((error: unknown) => error);
    expect(again).toMatchObject(failure('unavailable', /failed 1 times in a row/));
    const { retryAfterMs } = again as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});
