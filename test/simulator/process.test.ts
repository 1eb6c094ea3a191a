import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BillLine, startSimulator } from '../../simulator';
import { ask, clientOf, post } from './support';

const admin = async (url: string, method: string, path: string, body?: unknown) => {
  const reply = await fetch(`${url}/_simulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await reply.json()) as Record<string, unknown>;
  return { ...answer, status: reply.status };
};

describe('the admin paths', () => {
  it('read the bill and inject, list and clear faults, and say whose they are', async () => {
    const simulator = await startSimulator();
    const { url } = simulator;
    try {
      const fault = { kind: 'http_error', status: 529 };
      expect(await admin(url, 'POST', 'faults', fault)).toMatchObject({
        status: 200,
        simulator: true,
      });
      expect(await admin(url, 'GET', 'faults')).toMatchObject({ faults: [fault] });
      expect((await post(simulator, ask())).status).toBe(529);
      await admin(url, 'DELETE', 'faults');
      expect((await post(simulator, ask())).status).toBe(200);
      expect(await admin(url, 'GET', 'bill')).toMatchObject({ bill: [{ model: ask().model }] });
      expect(await admin(url, 'GET', 'requests')).toMatchObject({
        requests: [{ status: 529 }, { status: 200 }],
      });
    } finally {
      await simulator.close();
    }
  });

  it('change the accepted keys and let held requests go', async () => {
    const simulator = await startSimulator({ apiKeys: ['other'] });
    const { url } = simulator;
    try {
      expect((await post(simulator, ask())).status).toBe(401);
      await admin(url, 'POST', 'keys', { apiKeys: ['test-key'] });
      await admin(url, 'POST', 'faults', {
        kind: 'hold',
        until: 'release',
        where: 'before_headers',
      });
      const accepted = new Promise((resolve) => simulator.onRequest(resolve));
      const reply = post(simulator, ask());
      await accepted;
      await admin(url, 'POST', 'release');
      expect((await reply).status).toBe(200);
    } finally {
      await simulator.close();
    }
  });

  it.each([
    ['POST', 'faults', { kind: 'flood' }, 400],
    ['GET', 'nothing', undefined, 404],
  ])('refuse %s %s with a reason', async (method, path, body, status) => {
    const simulator = await startSimulator();
    try {
      expect(await admin(simulator.url, method, path, body)).toMatchObject({
        status,
        error: { message: expect.stringMatching(/\w/) },
      });
    } finally {
      await simulator.close();
    }
  });
});

describe('starting', () => {
  it('says so when the port is taken', async () => {
    const simulator = await startSimulator();
    await expect(startSimulator({ port: simulator.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await simulator.close();
  });

  it('closes although requests are held', async () => {
    const simulator = await startSimulator({
      faults: [{ kind: 'hold', until: 'release', where: 'before_headers' }],
    });
    const accepted = new Promise((resolve) => simulator.onRequest(resolve));
    const reply = clientOf(simulator)
      .messages.create(ask())
      .catch((error: unknown) => error);
    await accepted;
    await simulator.close();
    expect(await reply).toBeInstanceOf(Error);
  });
});

describe('as a process', () => {
  let folder: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-'));
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the source through swc, as jest does, so that no build is needed. */
  function start(...flags: string[]): ChildProcess {
    child = spawn(
      process.execPath,
      ['-r', join(__dirname, 'register.cjs'), join(__dirname, '../../simulator/main.ts'), ...flags],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return child;
  }

  const firstLine = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
    if (stream === null) throw new Error('no stream');
    for await (const line of createInterface(stream)) return line;
    throw new Error('the process ended without a word');
  };

  it('prints its address, answers, writes the bill and ends at SIGTERM', async () => {
    const file = join(folder, 'bill.jsonl');
    const server = start('--port', '0', '--seed', '3', '--bill', file, '--api-key', 'test-key');
    const { url } = JSON.parse(await firstLine(server.stdout)) as { url: string };
    const message = await clientOf({ url }).messages.create(ask());
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as BillLine)).toMatchObject([
      { requestId: message._request_id, delivered: true },
    ]);
  });

  it('injects the faults of a scenario file', async () => {
    const file = join(folder, 'faults.json');
    writeFileSync(file, JSON.stringify([{ kind: 'http_error', status: 529, nth: 2 }]));
    const server = start('--faults', file);
    const { url } = JSON.parse(await firstLine(server.stdout)) as { url: string };
    expect((await post({ url }, ask())).status).toBe(200);
    expect((await post({ url }, ask())).status).toBe(529);
  });

  it('refuses a scenario file that is none', async () => {
    const server = start('--faults', join(folder, 'none.json'));
    expect(await firstLine(server.stderr)).toMatch(/none\.json cannot be read \(ENOENT\)/);
  });

  it('refuses a flag that is none of its own', async () => {
    const server = start('--port', 'many');
    expect(await firstLine(server.stderr)).toContain('must be a whole number');
  });
});
