/** Starting the server process: settings, port, and the wait until it takes connections. */
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../contracts/errors';
import { programEnv } from './cluster';
import { type DataFolder, readPort } from './data-folder';
import { explainFailure, portTaken, stillInUse } from './failures';
import type { PostgresBinaries } from './postgres-binaries';
import { findPostmaster, type Postmaster } from './postmaster';
import { freePort, isPortFree, loopbackHost, portConflict } from './process/free-port';
import { isAlive, type ProcessIdentity } from './process/process-identity';
import { type ServerProcess, startServerProcess } from './process/server-process';
import { replaceFile } from './process/start-lock';
import type { ServerUser } from './server-user';

/** Settings for a small machine that runs one Tuesday; `settings` of the caller go over them. */
export const defaultSettings: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_destination: 'stderr',
  logging_collector: 'off',
};

/** Never changed by a caller: nobody but this machine's users with the password can connect. */
const fixedSettings: Readonly<Record<string, string>> = {
  listen_addresses: loopbackHost,
  unix_socket_directories: '',
};

/** The command-line flag that users give the port with, named in errors. */
export const ledgerPortFlag = '--ledger-port';

/** Replaying the log after a crash takes as long as writing 1 GB of it (`max_wal_size`). */
const startMsMax = 180_000;

/** A start takes about 30 ms, so looking more seldom would be most of the wait. */
const readyPollMs = 3;

/** How often a long start is reported. */
const progressMs = 5_000;

/** Another program may take a chosen port before the server does. */
const portTries = 5;

/** Children of a killed server need a moment to notice and let go of the shared memory. */
const leftoverWaitMs = 100;
const leftoverTries = 100;

export interface StartOptions {
  /** `undefined`: the one of the last start, or a free one. */
  port: number | undefined;
  settings: Record<string, string>;
}

/** @throws UserError `conflict` for a taken port that the caller asked for, else `unavailable`. */
export async function startPostmaster(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  options: StartOptions,
  onProgress: (line: string) => void,
): Promise<Postmaster> {
  let portsTried = 0;
  let waitsForLeftovers = 0;
  for (;;) {
    const port = await choosePort(folder, options.port, portsTried);
    const server = await spawnPostgres(folder, binaries, user, port, options.settings);
    try {
      const ready = await waitUntilReady(folder, server.identity, onProgress, server);
      await replaceFile(folder.portFile, String(ready.port));
      return ready;
    } catch (error) {
      const output = (await server.log()).join('\n');
      if (portTaken.test(output)) {
        if (options.port !== undefined) throw ledgerPortConflict(options.port);
        portsTried += 1;
        if (portsTried < portTries) continue;
      }
      if (stillInUse.test(output) && waitsForLeftovers < leftoverTries) {
        waitsForLeftovers += 1;
        await delay(leftoverWaitMs);
        continue;
      }
      throw error;
    }
  }
}

async function choosePort(
  folder: DataFolder,
  asked: number | undefined,
  portsTried: number,
): Promise<number> {
  if (asked !== undefined) {
    if (await isPortFree(asked)) return asked;
    throw ledgerPortConflict(asked);
  }
  const last = portsTried === 0 ? await readPort(folder) : undefined;
  return last !== undefined && (await isPortFree(last)) ? last : freePort();
}

function ledgerPortConflict(port: number): UserError {
  return portConflict(port, 'the ledger', ledgerPortFlag);
}

async function spawnPostgres(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  port: number,
  settings: Record<string, string>,
): Promise<ServerProcess> {
  const all = { ...defaultSettings, ...settings, ...fixedSettings, port: String(port) };
  try {
    return await startServerProcess({
      command: binaries.postgres,
      args: [
        ...['-D', folder.database],
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      cwd: folder.database,
      env: programEnv,
      logFile: folder.log,
      ...(user && { runAs: user }),
    });
  } catch (error) {
    throw explainFailure(error as Error, [], folder);
  }
}

/**
 * Waits until the server says in its lock file that it takes connections.
 * @param started the process when this call has started it; its log explains an early end.
 * @throws UserError `unavailable` when it ends or takes too long.
 */
export async function waitUntilReady(
  folder: DataFolder,
  identity: ProcessIdentity,
  onProgress: (line: string) => void,
  started?: ServerProcess,
): Promise<Postmaster> {
  const began = Date.now();
  let saidAt = began;
  for (;;) {
    const running = await findPostmaster(folder);
    if (running?.identity.pid === identity.pid && running.status === 'ready') return running;
    if (started?.exit() !== undefined || !isAlive(identity)) {
      const failure = new Error(`it ended (${JSON.stringify(started?.exit() ?? {})})`);
      throw explainFailure(failure, (await started?.log()) ?? [], folder);
    }
    const waitedMs = Date.now() - began;
    if (waitedMs > startMsMax) {
      throw new UserError(
        'unavailable',
        `PostgreSQL (process ${identity.pid}) in ${folder.root} took more than ${startMsMax / 1000} s to start (see ${folder.log}); wait until it has recovered and try again.`,
      );
    }
    if (Date.now() - saidAt > progressMs) {
      saidAt = Date.now();
      onProgress(`PostgreSQL is recovering, ${Math.round(waitedMs / 1000)} s so far`);
    }
    await delay(readyPollMs);
  }
}
