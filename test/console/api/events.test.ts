import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createTuesday } from '../../../client/tuesday';
import { createEventStreams } from '../../../console/api/event-stream';
import type { LiveItem } from '../../../contracts/live-events';
import type { RunEventBody } from '../../../contracts/run-state';
import { eventually } from '../../support/eventually';
import { ask } from './ask';
import { recordRun } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

const STREAM = { accept: 'text/event-stream' };
const started = (round: number): RunEventBody => ({
  type: 'phase_started',
  phase: 'research',
  round,
  allowanceMicroUsd: 1_000,
});
const ENDED: RunEventBody = { type: 'run_ended', status: 'stopped' };
const stream = (path: string, headers: Record<string, string> = {}) =>
  ask(`${here.api.url}${path}`, { headers: { ...STREAM, ...headers } });

describe('the events of a run as a stream', () => {
  it('are Server-Sent Events with state versions as ids, and end with the run', async () => {
    const run = await recordRun(here.ledger.ledger, 'plain');
    await run.happen(started(1), ENDED);
    const { status, headers, body } = await stream('/v1/runs/plain/events');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-store');
    const blocks = String(body).trim().split('\n\n');
    expect(blocks[0]).toBe('retry: 1000\nid: 0');
    expect(blocks.slice(1).map((block) => block.split('\n')[0])).toEqual([
      'id: 1',
      'id: 2',
      'id: 3',
    ]);
    expect(JSON.parse((blocks[2] ?? '').replace(/^.*\ndata: /, ''))).toMatchObject({
      run: 'plain',
      version: 2,
      type: 'phase_started',
      who: { kind: 'workflow' },
      status: 'running',
      changes: expect.arrayContaining([
        { path: '/phases/research/status', before: 'pending', after: 'running' },
      ]),
    });
  });

  it('go on after Last-Event-ID or a version, and are 204 once all is known', async () => {
    const run = await recordRun(here.ledger.ledger, 'resumed');
    await run.happen(started(1), ENDED);
    const ids = (body: string) => [...body.matchAll(/^id: (.*)\ndata/gm)].map(([, id]) => id);
    expect(ids((await stream('/v1/runs/resumed/events', { 'last-event-id': '1' })).body)).toEqual([
      '2',
      '3',
    ]);
    expect(ids((await stream('/v1/runs/resumed/events?after=2')).body)).toEqual(['3']);
    const over = await stream('/v1/runs/resumed/events', { 'last-event-id': '3' });
    expect(over).toMatchObject({ status: 204, body: '' });
  });

  it('are refused with a problem, not with a stream', async () => {
    expect(await stream('/v1/runs/nobody/events')).toMatchObject({
      status: 404,
      body: { detail: 'There is no run "nobody" here.' },
    });
    expect(await stream('/v1/runs/nobody/events', { 'last-event-id': 'x' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'last-event-id', message: 'must be the id of an event' }] },
    });
    expect(await stream('/v1/events', { 'last-event-id': '7' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'last-event-id' }] },
    });
  });

  it('stay pages for whoever does not ask for a stream', async () => {
    await recordRun(here.ledger.ledger, 'page');
    const { body } = await ask(`${here.api.url}/v1/runs/page/events`);
    expect(body.entries.map(({ type }: { type: string }) => type)).toEqual(['run_opened']);
    const { body: now } = await ask(`${here.api.url}/v1/events`);
    expect(now).toEqual({ events: [], next: expect.stringMatching(/^\d+-\d+$/) });
  });
});

interface Way {
  url: string;
  /** Breaks what is open; the next request gets through. */
  cut(): void;
  /** Nothing gets through any more. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** To the API, whose port stands as `Host` in what it takes. */
async function openWay(apiPort: number): Promise<Way> {
  const server = createServer((near, answer) => {
    const { url, method, headers } = near;
    const host = `127.0.0.1:${apiPort}`;
    const far = request({ port: apiPort, path: url, method, headers: { ...headers, host } });
    far.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
    });
    far.on('error', () => answer.destroy());
    answer.on('close', () => far.destroy());
    near.pipe(far);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cut: () => server.closeAllConnections(),
    open: () => listen(port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('a client whose connection is cut again and again', () => {
  let way: Way;
  beforeAll(async () => {
    way = await openWay(here.api.port);
  });
  afterAll(() => way.close());

  it('is told every event of a run once, in order', async () => {
    const run = await recordRun(here.ledger.ledger, 'cut');
    const client = createTuesday({ apiUrl: way.url });
    const versions: number[] = [];
    for await (const { event } of client.runEvents('cut')) {
      versions.push(event.version);
      if (event.version % 3 === 0) way.cut();
      if (event.version < 10) await run.happen(started(event.version));
      else if (event.version === 10) await run.happen(ENDED);
    }
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    await client.close();
  });

  it('is told every event of all runs once, also what happened while it was away', async () => {
    const client = createTuesday({ apiUrl: way.url });
    const runs = await Promise.all(
      ['w1', 'w2', 'w3'].map((id) => recordRun(here.ledger.ledger, id, { user: 'watched' })),
    );
    const after = (await here.local.events({ user: 'watched', after: '0-0' }).next()).value as
      | LiveItem
      | undefined;
    const end = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      const request = { user: 'watched', after: '0-0', signal: end.signal };
      for await (const { event } of client.events(request)) {
        seen.push(`${event.run} ${event.version}`);
        if (seen.length % 4 === 0) way.cut();
        if (seen.length === 33) end.abort();
      }
    })();
    expect(after).toBeDefined();
    for (let version = 2; version <= 11; version += 1) {
      if (version === 5) await way.close();
      await Promise.all(runs.map((run) => run.happen(started(version - 1))));
      if (version === 8) await way.open();
    }
    await watching;
    expect([...seen].sort()).toEqual(
      ['w1', 'w2', 'w3']
        .flatMap((id) => Array.from({ length: 11 }, (_, n) => `${id} ${n + 1}`))
        .sort(),
    );
    await client.close();
  });

  it('is told that there is no such run', async () => {
    const client = createTuesday({ apiUrl: way.url });
    await expect(client.runEvents('nobody').next()).rejects.toMatchObject({ kind: 'not_found' });
    await client.close();
  });
});

describe('a stream', () => {
  const limits = { openMax: 2, pageMax: 100, heartbeatMs: 20, stalledMs: 150, lifeMs: 60_000 };

  /** A server of streams alone, with short times. */
  async function serveStreams(
    follow: (signal: AbortSignal) => AsyncGenerator<LiveItem>,
    changes: Partial<typeof limits> = {},
  ) {
    const errors: object[] = [];
    const streams = createEventStreams(
      { error: (fields) => errors.push(fields) },
      { ...limits, ...changes },
    );
    const app = new Hono().get('/', (c) => streams.answer(c, follow));
    app.onError((error, c) => c.text(error.message, 503));
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return { url, errors, close };
  }

  async function* silent(signal: AbortSignal): AsyncGenerator<LiveItem> {
    yield { id: '1' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }

  it('says that it is alive, and makes room when its reader goes', async () => {
    const served = await serveStreams(silent);
    const first = new AbortController();
    const open = await fetch(served.url, { signal: first.signal });
    const reader = open.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes(': nothing new\n\n: nothing new\n\n'))
      text += (await reader?.read())?.value ?? '';
    expect(text.startsWith('retry: 1000\nid: 1\n\n')).toBe(true);
    const second = new AbortController();
    await fetch(served.url, { signal: second.signal });
    const third = await fetch(served.url);
    expect(third.status).toBe(503);
    expect(await third.text()).toMatch(/As many streams of events are open/);
    first.abort();
    await eventually(async () => {
      const again = new AbortController();
      expect((await fetch(served.url, { signal: again.signal })).status).toBe(200);
      again.abort();
    });
    second.abort();
    expect(served.errors).toEqual([]);
    await served.close();
  });

  it('ends after a while, so that its reader has to say again who it is', async () => {
    const served = await serveStreams(silent, { lifeMs: 50 });
    expect(await (await fetch(served.url)).text()).toMatch(/^retry: 1000\nid: 1\n\n/);
    expect(served.errors).toEqual([]);
    await served.close();
  });

  it('reads nothing ahead for a reader that takes nothing, and cuts it off', async () => {
    let given = 0;
    let isOver = false;
    async function* endless(signal: AbortSignal): AsyncGenerator<LiveItem> {
      signal.addEventListener('abort', () => {
        isOver = true;
      });
      for (;;) {
        given += 1;
        yield { id: 'x'.repeat(100_000) };
      }
    }
    const served = await serveStreams(endless);
    const response = await fetch(served.url);
    await eventually(async () => expect(isOver).toBe(true));
    // What the two systems hold between them, and no more.
    expect(given).toBeLessThan(500);
    await expect(response.text()).rejects.toThrow();
    await served.close();
  });
});
