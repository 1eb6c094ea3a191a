/** The running server: how it is found, waited for and ended. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DataFolder } from './data-folder';
import { identityOf, type ProcessIdentity } from './process/process-identity';
import { endProcess } from './process/server-process';

/** Fast shutdown (SIGINT) writes a checkpoint; a slow disk may need a while for 1 GB of it. */
export const fastShutdownMsMax = 30_000;

/** Immediate shutdown (SIGQUIT) writes nothing: the next start replays the log. */
export const immediateShutdownMsMax = 5_000;

export interface Postmaster {
  identity: ProcessIdentity;
  port: number;
  status: 'starting' | 'ready' | 'stopping' | 'unknown';
}

/**
 * The server on this data folder, from the lock file that PostgreSQL keeps there, if its process
 * is still this server. A lock file whose number belongs to another program by now is removed:
 * PostgreSQL itself only looks whether such a process exists and would refuse to start.
 */
export async function findPostmaster(folder: DataFolder): Promise<Postmaster | undefined> {
  const file = join(folder.database, 'postmaster.pid');
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const identity = identityOf(pid);
  if (identity !== undefined && (await runsPostgresOn(pid, folder.database))) {
    return { identity, port: Number(lines[3]), status: statusOf(lines[7]) };
  }
  if (isSignalable(pid)) await rm(file, { force: true });
  return undefined;
}

/** PostgreSQL's own test of its lock file: true for a stranger's process and for a zombie, too. */
function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Line 8 of the lock file, padded with blanks; absent until the server has come so far. */
function statusOf(line: string | undefined): Postmaster['status'] {
  const word = line?.trim();
  return word === 'ready' || word === 'stopping' || word === 'starting' ? word : 'unknown';
}

async function runsPostgresOn(pid: number, database: string): Promise<boolean> {
  let command: string;
  try {
    command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        : (await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])).stdout;
  } catch {
    return false; // ended in between
  }
  return command.includes('postgres') && command.includes(database);
}

/** @returns false when it did not end, which a fast and an immediate shutdown both failed to do. */
export async function stopPostmaster(identity: ProcessIdentity): Promise<boolean> {
  return endProcess(identity, [
    { signal: 'SIGINT', waitMsMax: fastShutdownMsMax },
    { signal: 'SIGQUIT', waitMsMax: immediateShutdownMsMax },
  ]);
}
