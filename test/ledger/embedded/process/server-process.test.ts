import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  freePort,
  isPortAnswering,
  isPortFree,
  loopbackHost,
  requestedPort,
} from '../../../../ledger/embedded/process/free-port';
import {
  identityOf,
  isAlive,
  ownIdentity,
} from '../../../../ledger/embedded/process/process-identity';
import {
  endProcess,
  serverLogBytesMax,
  startServerProcess,
} from '../../../../ledger/embedded/process/server-process';
import { temporaryFolders } from '../../../support/shared-folders';

const temporaryFolder = temporaryFolders();

async function startNode(script: string) {
  const folder = await temporaryFolder();
  const logFile = join(folder, 'server.log');
  const server = await startServerProcess({
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: {},
    logFile,
  });
  return { server, logFile };
}

async function logged(server: { log(): Promise<string[]> }, line: string): Promise<void> {
  while (!(await server.log()).includes(line)) await delay(5);
}

describe('process identity', () => {
  it('is stable for a living process and gone with it', async () => {
    expect(isAlive(ownIdentity())).toBe(true);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const identity = identityOf(child.pid as number);
    expect(identity && isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(identity && isAlive(identity)).toBe(false);
  });

  it('does not take a process that uses the same number later for the first one', () => {
    expect(isAlive({ ...ownIdentity(), startedAt: 'an earlier boot' })).toBe(false);
  });

  it('counts a process that ended and was not collected as ended', async () => {
    // The shell becomes a program that never collects the child it has inherited, and has become
    // it before the child ends: else the shell itself would collect it.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(chunk.toString());
    const until = Date.now() + 5_000;
    while (identityOf(zombie) !== undefined && Date.now() < until) await delay(5);
    expect(() => process.kill(zombie, 0)).not.toThrow(); // the number is still in use
    expect(identityOf(zombie)).toBeUndefined();
    parent.kill('SIGKILL');
  });
});

describe('a server process', () => {
  it('is in a process group of its own, so that a Ctrl-C reaches only its parent', async () => {
    const { server } = await startNode('setInterval(() => {}, 1000)');
    // Signal 0 to a negative number asks for a group with that number; its leader made it.
    expect(() => process.kill(-server.identity.pid, 0)).not.toThrow();
    await endProcess(server.identity, [{ signal: 'SIGKILL', waitMsMax: 5_000 }]);
  });

  it('writes to a log that only its owner can read', async () => {
    const { server, logFile } = await startNode('console.log("out"); console.error("err")');
    while (server.exit() === undefined) await delay(5);
    expect(await server.log()).toEqual(['out', 'err']);
    expect((await stat(logFile)).mode & 0o777).toBe(0o600);
    expect(server.exit()).toEqual({ code: 0, signal: null });
  });

  it('sets a log aside that has grown above its limit', async () => {
    const folder = await temporaryFolder();
    const logFile = join(folder, 'server.log');
    await writeFile(logFile, Buffer.alloc(serverLogBytesMax + 1));
    const command = { command: process.execPath, cwd: folder, env: {}, logFile };
    const server = await startServerProcess({ ...command, args: ['-e', 'console.log("new")'] });
    while (server.exit() === undefined) await delay(5);
    expect(await readFile(logFile, 'utf8')).toBe('new\n');
    expect((await stat(`${logFile}.1`)).size).toBe(serverLogBytesMax + 1);
  });

  it('is ended by the next signal when it ignores the first', async () => {
    const { server } = await startNode(
      'process.on("SIGINT", () => {}); setInterval(() => {}, 1000); console.log("ready")',
    );
    await logged(server, 'ready');
    const stubborn = await endProcess(server.identity, [{ signal: 'SIGINT', waitMsMax: 100 }]);
    expect(stubborn).toBe(false);
    const ended = await endProcess(server.identity, [
      { signal: 'SIGINT', waitMsMax: 100 },
      { signal: 'SIGKILL', waitMsMax: 5_000 },
    ]);
    expect(ended).toBe(true);
  });

  it('fails with the reason of the operating system when it cannot be run', async () => {
    const folder = await temporaryFolder();
    const missing = { command: join(folder, 'none'), args: [], cwd: folder, env: {} };
    await expect(
      startServerProcess({ ...missing, logFile: join(folder, 'log') }),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('ports', () => {
  it('finds free ones that differ, and sees when one is taken', async () => {
    const ports = await Promise.all(Array.from({ length: 10 }, freePort));
    expect(new Set(ports).size).toBe(10);
    const [port = 0] = ports;
    expect(await isPortFree(port)).toBe(true);
    expect(await isPortAnswering(port)).toBe(false);
    const server = createServer().listen(port, loopbackHost);
    await once(server, 'listening');
    expect(await isPortFree(port)).toBe(false);
    expect(await isPortAnswering(port)).toBe(true);
    server.close();
  });

  it('takes 0 and nothing for any port, and refuses what is none by the flag it came with', () => {
    expect(requestedPort(0, '--p')).toBeUndefined();
    expect(requestedPort(undefined, '--p')).toBeUndefined();
    expect(requestedPort(5432, '--p')).toBe(5432);
    for (const bad of [-1, 65_536, 1.5, Number.NaN]) {
      expect(() => requestedPort(bad, '--p')).toThrow(/is no port; give --p/);
    }
  });
});
