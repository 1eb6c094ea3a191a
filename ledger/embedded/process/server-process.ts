/**
 * Server processes that outlive a Ctrl-C: started in a process group (session) of their own, so
 * that the terminal's SIGINT and SIGHUP reach only their parent, which then ends them in order.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity';

/** A log above this size is set aside as `<log>.1` at the next start; the one before is dropped. */
export const serverLogBytesMax = 10 * 1024 * 1024;

/** How much of a log's end is read to explain a failed start. */
const logTailBytes = 16 * 1024;

/** How often an ending process is looked at. */
const endPollMs = 10;

export interface ServerCommand {
  command: string;
  args: readonly string[];
  /** Working folder; must be reachable for the user the server runs as. */
  cwd: string;
  env: Record<string, string>;
  /** Output goes here; created readable by its owner only. */
  logFile: string;
  /** Another user to run as; only root can ask for that. */
  runAs?: { uid: number; gid: number };
}

export interface ServerProcess {
  identity: ProcessIdentity;
  /** `undefined` while it runs. */
  exit(): { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** What the server has written to its log since this start, at most the last 16 KB. */
  log(): Promise<string[]>;
}

/**
 * Starts a server and returns as soon as the operating system has started the process.
 * @throws the spawn error (`ENOENT`, `EACCES`, `EPERM`, …) where it could not.
 */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  const { fd, size } = openLog(server.logFile);
  let exit: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  try {
    const child = spawn(server.command, server.args, {
      cwd: server.cwd,
      env: server.env,
      detached: true,
      stdio: ['ignore', fd, fd],
      ...server.runAs,
    });
    child.once('exit', (code, signal) => {
      exit = { code, signal };
    });
    await once(child, 'spawn');
    child.unref();
    const pid = child.pid as number;
    // A server that has ended already has no identity any more; then `exit` tells.
    const identity = identityOf(pid) ?? { pid, startedAt: 'ended' };
    return { identity, exit: () => exit, log: () => tailLines(server.logFile, size) };
  } finally {
    closeSync(fd);
  }
}

/**
 * Sends the signals one after the other, each followed by a wait, until the process has ended.
 * @returns false when it still runs after the last one.
 */
export async function endProcess(
  identity: ProcessIdentity,
  signals: readonly { signal: NodeJS.Signals; waitMsMax: number }[],
): Promise<boolean> {
  for (const { signal, waitMsMax } of signals) {
    if (!isAlive(identity)) return true;
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    if (await endsWithin(identity, waitMsMax)) return true;
  }
  return !isAlive(identity);
}

/** Waits for a process to end by itself, as one that was just killed does. */
export async function endsWithin(identity: ProcessIdentity, waitMsMax: number): Promise<boolean> {
  for (const until = Date.now() + waitMsMax; Date.now() < until; await delay(endPollMs))
    if (!isAlive(identity)) return true;
  return !isAlive(identity);
}

function openLog(file: string): { fd: number; size: number } {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > serverLogBytesMax) {
    renameSync(file, `${file}.1`);
  }
  const fd = openSync(file, 'a', 0o600);
  return { fd, size: statSync(file).size };
}

async function tailLines(file: string, from: number): Promise<string[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - logTailBytes);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(Math.max(0, size - start)),
      position: start,
    });
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    return text.split('\n').filter((line) => line.trim() !== '');
  } finally {
    await handle.close();
  }
}
