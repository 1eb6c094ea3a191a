/** One try to start the development server on given or free ports, until it answers. */
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../contracts/errors';
import {
  freePort,
  isPortAnswering,
  isPortFree,
  loopbackHost,
  portConflict,
} from '../../ledger/embedded/process/free-port';
import { ownIdentity } from '../../ledger/embedded/process/process-identity';
import {
  endProcess,
  type ServerProcess,
  startServerProcess,
} from '../../ledger/embedded/process/server-process';
import { openConnection } from './connect';
import { PortRace, type ServerPlan, temporalPortFlag, temporalUiPortFlag } from './dev-server-plan';
import { devServerArguments } from './dev-server-settings';
import { type DevServerState, writeState } from './dev-server-state';
import { grpcFailure, grpcStatus } from './grpc-status';
import { ensureNamespace, ensureSearchAttributes, namespaceExists } from './namespace';

/** The server starts within half a second; a machine under load needs many times that. */
const startMsMax = 60_000;

/** A start takes a few hundred milliseconds, so looking more seldom would add to every run. */
const readyPollMs = 10;

/** For one question to a server that may not be ready. */
const askMsMax = 2_000;

/** A server that answers and stays for this long is ours, should it not say so in its log. */
const stayedMs = 3_000;

/** Of a log line in an error; the file has the rest. */
const reasonCharsMax = 400;

/** An adopted server answered to its former owner: it has no reason to be slow. */
const adoptMsMax = 5_000;

/** @throws PortRace where a port was taken between the choice and the start. */
export async function startOnPort(
  plan: ServerPlan,
  databaseComplete: boolean,
): Promise<DevServerState> {
  const port = await choosePort(plan.port, temporalPortFlag);
  const uiPort =
    plan.uiPort === undefined ? undefined : await choosePort(plan.uiPort, temporalUiPortFlag);
  const planned: DevServerState = {
    owner: ownIdentity(),
    port,
    ...(uiPort !== undefined && { uiPort }),
    settings: plan.settings,
    databaseComplete,
  };
  // Before the start: a kill right after it must not leave a half-made database that looks whole.
  await writeState(plan.stateFile, planned);
  const server = await spawnServer(plan, port, uiPort);
  await writeState(plan.stateFile, { ...planned, server: server.identity });
  try {
    await waitUntilReady(plan, server, port, uiPort);
  } catch (error) {
    await endProcess(server.identity, [{ signal: 'SIGKILL', waitMsMax: askMsMax }]);
    throw error;
  }
  const ready = { ...planned, server: server.identity, databaseComplete: true };
  await writeState(plan.stateFile, ready);
  return ready;
}

/** Whether the server on this port is Temporal, with this plan's namespace and attributes. */
export async function answersAsTemporal(plan: ServerPlan, port: number): Promise<boolean> {
  const until = Date.now() + adoptMsMax;
  while (Date.now() < until) {
    if (await isReady(plan, port)) return true;
    await delay(readyPollMs);
  }
  return false;
}

async function choosePort(asked: number, flag: string): Promise<number> {
  if (asked === 0) return freePort();
  if (await isPortFree(asked)) return asked;
  throw temporalPortConflict(asked, flag);
}

function temporalPortConflict(port: number, flag: string): UserError {
  const what = flag === temporalUiPortFlag ? "Temporal's web UI" : 'Temporal';
  return portConflict(port, what, flag);
}

async function spawnServer(
  plan: ServerPlan,
  port: number,
  uiPort: number | undefined,
): Promise<ServerProcess> {
  const { namespace, searchAttributes } = plan;
  const dbName = plan.dbFile?.slice(dirname(plan.dbFile).length + 1);
  try {
    return await startServerProcess({
      command: plan.binary,
      args: devServerArguments({
        host: loopbackHost,
        port,
        uiPort,
        dbName,
        namespace,
        searchAttributes,
      }),
      cwd: dirname(plan.dbFile ?? plan.logFile),
      env: serverEnvironment(),
      logFile: plan.logFile,
    });
  } catch (error) {
    throw new UserError(
      'unavailable',
      `the Temporal server ${plan.binary} cannot be run (${(error as NodeJS.ErrnoException).code}); set TUESDAY_TEMPORAL_BINARY to a working one.`,
    );
  }
}

/** Without Temporal's own variables: they configure clients, and some of them this command too. */
function serverEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !entry[0].startsWith('TEMPORAL_'),
    ),
  );
}

async function waitUntilReady(
  plan: ServerPlan,
  server: ServerProcess,
  port: number,
  uiPort: number | undefined,
): Promise<void> {
  const until = Date.now() + startMsMax;
  let answeredAt: number | undefined;
  for (;;) {
    if (server.exit() !== undefined) throw await explainExit(plan, server, port, uiPort);
    if (answeredAt === undefined && (await isReady(plan, port))) answeredAt = Date.now();
    // Another Temporal may have taken the port at the last moment; ours says "Server:" in its log.
    if (answeredAt !== undefined) {
      const saidSo = (await server.log()).some((line) => line.startsWith('Server:'));
      if (saidSo || Date.now() - answeredAt > stayedMs) return;
    }
    if (Date.now() > until) {
      throw new UserError(
        'unavailable',
        `the Temporal server did not answer on port ${port} within ${startMsMax / 1000} s (see ${plan.logFile}); try again when the machine is less busy.`,
      );
    }
    await delay(readyPollMs);
  }
}

/** Asked of the real service: the endpoint, the namespace, its attributes and the history shard. */
async function isReady(plan: ServerPlan, port: number): Promise<boolean> {
  if (!(await isPortAnswering(port))) return false;
  const connection = openConnection({
    address: `${loopbackHost}:${port}`,
    connectMsMax: askMsMax,
    retries: false,
  });
  try {
    await connection.ensureConnected();
    // Created by the command line; only a server taken over from elsewhere may lack it.
    if (!(await namespaceExists(connection, plan.namespace))) {
      await ensureNamespace(connection, plan.namespace);
    }
    await ensureSearchAttributes(connection, plan.namespace, plan.searchAttributes);
    return await servesHistory(connection, plan.namespace);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return false;
  } finally {
    await connection.close();
  }
}

/** A run that does not exist is reported as such only once the shard of the histories is there. */
async function servesHistory(
  connection: ReturnType<typeof openConnection>,
  namespace: string,
): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + askMsMax, () =>
      connection.workflowService.describeWorkflowExecution({
        namespace,
        execution: { workflowId: 'tuesday-readiness' },
      }),
    );
    return true;
  } catch (error) {
    return grpcFailure(error)?.code === grpcStatus.notFound;
  }
}

async function explainExit(
  plan: ServerPlan,
  server: ServerProcess,
  port: number,
  uiPort: number | undefined,
): Promise<Error> {
  const lines = await server.log();
  const last = lines.at(-1)?.trim() || `it ended with ${JSON.stringify(server.exit())}`;
  if (lines.some((line) => /address already in use/i.test(line))) {
    const ui = uiPort !== undefined && lines.some((line) => line.includes(`UI port ${uiPort}`));
    return new PortRace(
      ui
        ? temporalPortConflict(uiPort, temporalUiPortFlag)
        : temporalPortConflict(port, temporalPortFlag),
    );
  }
  return new UserError(
    'unavailable',
    `the Temporal server did not start: ${last.slice(0, reasonCharsMax)} (see ${plan.logFile}).`,
  );
}
