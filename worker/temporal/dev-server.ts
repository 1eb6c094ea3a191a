/**
 * Temporal's development server, brought up by Tuesday on the loopback interface.
 *
 * 1. At most one server works on a database file: starting and stopping happen under a lock
 *    between processes, and the state file says what runs (SQLite would let two in).
 * 2. The process that owns the server ends it. The one that starts it owns it. One that finds it
 *    running uses it, and owns it too if the owner has died (an orphan is adopted).
 * 3. An orphan that would serve otherwise than asked (settings, ports, in memory) is ended first.
 * 4. Only `stop()` ends the server: it runs in a process group of its own.
 */
import { dirname } from 'node:path';
import { UserError } from '../../contracts/errors';
import { dataFolderError } from '../../ledger/embedded/data-folder';
import { loopbackHost } from '../../ledger/embedded/process/free-port';
import { ownIdentity, type ProcessIdentity } from '../../ledger/embedded/process/process-identity';
import { endProcess } from '../../ledger/embedded/process/server-process';
import { withStartLock } from '../../ledger/embedded/process/start-lock';
import {
  PortRace,
  planOf,
  type ServerPlan,
  type TemporalDevServerOptions,
  temporalPortFlag,
  temporalUiPortFlag,
} from './dev-server-plan';
import { answersAsTemporal, startOnPort } from './dev-server-process';
import {
  type DevServerState,
  fileExists,
  isOrphan,
  isOwn,
  isServerAlive,
  type RunningServer,
  readState,
  removeIncompleteDatabase,
  removeState,
  writeState,
} from './dev-server-state';

export interface TemporalDevServer {
  /** `127.0.0.1:<port>` */
  address: string;
  namespace: string;
  uiUrl?: string;
  /** True when the server was running already. */
  reused: boolean;
  port: number;
  /** Of its web UI, where it has one. */
  uiPort?: number;
  isRunning(): boolean;
  /** Ends the server if this process owns it or its owner has died; otherwise leaves it running. */
  stop(): Promise<void>;
}

/** Longer than another process's longest start. */
const lockWaitMsMax = 120_000;

/** The server stops within a second or so; with the write-ahead log a kill loses nothing either. */
const interrupt = { signal: 'SIGINT', waitMsMax: 10_000 } as const;
const kill = { signal: 'SIGKILL', waitMsMax: 5_000 } as const;

/** Another program may take a chosen port before the server does. */
const portTries = 5;

/**
 * Brings up the server or finds the one that works on this database file; returns when it answers
 * for the namespace.
 * @throws UserError `conflict` for a taken port, `unavailable` for a server that does not start.
 */
export async function startTemporalDevServer(
  options: TemporalDevServerOptions,
): Promise<TemporalDevServer> {
  const plan = await planOf(options);
  const base = plan.dbFile ?? plan.logFile;
  const lockOptions = {
    waitMsMax: lockWaitMsMax,
    onWait: ({ pid }: { pid: number }) =>
      plan.onProgress(`process ${pid} is starting Temporal, waiting for it`),
  };
  const underLock = <T>(work: () => Promise<T>) =>
    withFilesIn(dirname(base), () => withStartLock(base, lockOptions, work));
  const { state, reused } = await underLock(() => adoptOrStart(plan));
  return {
    address: `${loopbackHost}:${state.port}`,
    namespace: plan.namespace,
    ...(state.uiPort !== undefined && { uiUrl: `http://${loopbackHost}:${state.uiPort}` }),
    reused,
    port: state.port,
    ...(state.uiPort !== undefined && { uiPort: state.uiPort }),
    isRunning: () => isServerAlive(state),
    async stop() {
      if (!isServerAlive(state)) return; // the folder may be gone with it
      await underLock(() => stopIfOwned(plan, state));
    },
  };
}

/** A folder that cannot be written to is the user's to mend, whichever file it shows at. */
async function withFilesIn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw dataFolderError(folder, error);
  }
}

async function adoptOrStart(plan: ServerPlan): Promise<{ state: DevServerState; reused: boolean }> {
  const left = await readState(plan.stateFile);
  if (isServerAlive(left)) {
    const found = await useOrEnd(plan, left);
    if (found !== undefined) return { state: found, reused: true };
  }
  if (plan.dbFile !== undefined) await removeIncompleteDatabase(plan.dbFile, left);
  const databaseComplete = plan.dbFile === undefined || (await fileExists(plan.dbFile));
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { state: await startOnPort(plan, databaseComplete), reused: false };
    } catch (error) {
      const portsAreOurs = plan.port === 0 && !plan.uiPort;
      if (!(error instanceof PortRace) || !portsAreOurs || attempt === portTries) {
        throw error instanceof PortRace ? error.conflict : error;
      }
    }
  }
}

/**
 * The running server, owned by this process if it was an orphan; `undefined` when it was an orphan
 * that does not do (invariant 3) and has been ended. One whose owner lives is taken as it is, or
 * not at all.
 */
async function useOrEnd(
  plan: ServerPlan,
  left: RunningServer,
): Promise<DevServerState | undefined> {
  const portsFit =
    (plan.port === 0 || plan.port === left.port) &&
    (plan.uiPort === undefined || plan.uiPort === 0 || plan.uiPort === left.uiPort);
  if (!isOrphan(left)) return useAnothers(plan, left, portsFit);
  if (!portsFit || plan.dbFile === undefined || left.settings !== plan.settings) {
    await end(plan, left.server);
    return undefined;
  }
  if (!(await answersAsTemporal(plan, left.port))) {
    await endWith(left.server, [kill]); // it would not listen to anything milder
    return undefined;
  }
  const adopted = { ...left, owner: ownIdentity(), databaseComplete: true };
  await writeState(plan.stateFile, adopted);
  return adopted;
}

async function useAnothers(
  plan: ServerPlan,
  left: RunningServer,
  portsFit: boolean,
): Promise<DevServerState> {
  if (plan.dbFile === undefined || !portsFit) {
    throw new UserError(
      'conflict',
      `process ${left.owner.pid} already runs Temporal in ${dirname(plan.stateFile)} on port ${left.port}; end it, leave out ${temporalPortFlag} and ${temporalUiPortFlag}, or choose another folder with --data-dir.`,
    );
  }
  if (await answersAsTemporal(plan, left.port)) return left;
  throw new UserError(
    'unavailable',
    `Temporal (process ${left.server.pid}) in ${dirname(plan.stateFile)} runs but does not answer on port ${left.port}; end process ${left.owner.pid}, which has started it, and try again.`,
  );
}

async function stopIfOwned(plan: ServerPlan, started: DevServerState): Promise<void> {
  const state = await readState(plan.stateFile);
  if (!isServerAlive(state) || state.server.pid !== started.server?.pid) return;
  if (!isOwn(state) && !isOrphan(state)) return;
  await end(plan, state.server);
  await removeState(plan.stateFile);
}

/** What is in memory only is gone in either way, without the second that draining takes. */
async function end(plan: ServerPlan, server: ProcessIdentity): Promise<void> {
  await endWith(server, plan.dbFile === undefined ? [kill] : [interrupt, kill]);
}

async function endWith(
  server: ProcessIdentity,
  signals: Parameters<typeof endProcess>[1],
): Promise<void> {
  if (await endProcess(server, signals)) return;
  throw new UserError(
    'unavailable',
    `the Temporal server (process ${server.pid}) does not end; end it and try again.`,
  );
}
