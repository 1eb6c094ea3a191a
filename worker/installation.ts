/**
 * Composition root: a whole Tuesday in one process. Brings up what is not given (Temporal,
 * PostgreSQL, the simulator), a worker and the HTTP API; stops them in the reverse order.
 */
import { access, constants, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Client } from '@temporalio/client';
import pino, { type Logger } from 'pino';
import { createTuesday } from '../client/tuesday';
import { createApi, serveApi } from '../console/api';
import { API_DEFAULT_PORT } from '../contracts/api';
import { UserError } from '../contracts/errors';
import { makeFolders } from '../contracts/make-folders';
import { DEFAULT_TASK_QUEUE } from '../contracts/messages';
import { VERSION } from '../contracts/package-root';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes';
import { INSTALLED_TOOLS } from '../contracts/tools';
import type { InstallationView } from '../contracts/views';
import { type OpenLedger, openLedger } from '../ledger';
import { dataFolderError, openDataFolder } from '../ledger/embedded/data-folder';
import { startEmbeddedPostgres } from '../ledger/embedded/embedded-postgres';
import {
  isAlive,
  ownIdentity,
  type ProcessIdentity,
} from '../ledger/embedded/process/process-identity';
import { READY_TEAMS } from '../teams';
import { loadPrices } from './configuration';
import { openModelProvider } from './model-provider';
import { startTeamWorker } from './team-worker';
import { connectTemporal, type TemporalConnection } from './temporal/connect';
import {
  type TemporalConnectionConfig,
  temporalConnectionConfig,
} from './temporal/connection-config';
import { startTemporalDevServer } from './temporal/dev-server';
import { findTemporalBinary } from './temporal/find-binary';
import { ensureSearchAttributes } from './temporal/namespace';
import { logTemporalTo } from './temporal/runtime-log';

export interface InstallationOptions {
  /** Everything that must last: the ledger, Temporal's database, logs, published files. */
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** Default 7333; 0 takes a free one. */
  apiPort?: number;
  /** Default 127.0.0.1. */
  apiHost?: string;
  /** Of the embedded Temporal; default and 0: a free one. */
  temporalPort?: number;
  /** Of its web UI; default and 0: a free one; false: no UI. */
  uiPort?: number | false;
  /** Default `DATABASE_URL`; without one, the embedded server. */
  databaseUrl?: string;
  /** Where effects publish files; default `published` in the data folder. */
  publishDir?: string;
  /** Default 1. */
  simulatorSeed?: number;
  onProgress(line: string): void;
}

export interface Installation {
  apiUrl: string;
  view: InstallationView;
  /** Who answers the model calls, in words. */
  provider: string;
  databaseUrl: string;
  /** Rejects when a part fails by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** Parts to stop, in the order in which they were started. */
class Parts {
  private readonly stops: (() => Promise<void>)[] = [];

  started(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  async stopAll(log: Logger): Promise<void> {
    for (const stop of this.stops.splice(0).reverse())
      await stop().catch((error) => log.error({ err: error }, 'a part did not stop cleanly'));
  }
}

/** @throws UserError where something is missing, taken or unreachable; nothing is left running then. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const { dataDir, env } = options;
  await openDataFolder(dataDir);
  const log = pino(
    { level: env.TUESDAY_LOG_LEVEL ?? 'info' },
    pino.destination({ dest: join(dataDir, 'tuesday.log'), sync: false }),
  );
  logTemporalTo(log);
  const parts = new Parts();
  try {
    const upFile = await claimDataFolder(dataDir);
    parts.started(() => rm(upFile.path, { force: true }));
    const installation = await bringUp(options, parts, log);
    await upFile.announce(installation.apiUrl);
    return { ...installation, stop: () => parts.stopAll(log) };
  } catch (error) {
    await parts.stopAll(log);
    throw error;
  }
}

async function bringUp(
  options: InstallationOptions,
  parts: Parts,
  log: Logger,
): Promise<Omit<Installation, 'stop'>> {
  const { env, onProgress } = options;
  // Settings are read before anything starts: a wrong one costs no waiting.
  const temporalConfig = temporalConnectionConfig(env);
  const prices = await loadPrices(env);
  const provider = await openModelProvider(env, options.simulatorSeed ?? 1);
  parts.started(provider.close);
  onProgress(`model calls: ${provider.label}`);
  const { databaseUrl, ledger } = await openStore(options, parts);
  const { temporal, uiUrl } = await openTemporal(options, temporalConfig, parts);

  const client = new Client({
    connection: temporal.connection,
    namespace: temporal.namespace,
  });
  const publishDir = options.publishDir ?? join(options.dataDir, 'published');
  await openPublishDir(publishDir);
  const taskQueue = env.TUESDAY_TASK_QUEUE || DEFAULT_TASK_QUEUE;
  const worker = await startTeamWorker({
    connection: await temporal.nativeConnection(),
    client,
    taskQueue,
    ledger,
    model: provider.model,
    provider: provider.label,
    prices,
    publishDir,
    log,
  });
  parts.started(worker.stop);

  const view: InstallationView = {
    version: VERSION,
    provider: provider.label,
    temporal: {
      address: temporal.address,
      namespace: temporal.namespace,
      ...(uiUrl ? { uiUrl } : {}),
    },
    taskQueue,
  };
  const { reader } = ledger;
  const { content } = ledger.ledger;
  const tuesday = createTuesday({
    temporal: client,
    content,
    reader,
    taskQueue,
    installedTools: INSTALLED_TOOLS,
    teams: READY_TEAMS,
  });
  const app = createApi({
    reader,
    content,
    tuesday,
    installation: view,
    teams: READY_TEAMS,
    installedTools: INSTALLED_TOOLS,
    log,
  });
  const api = await serveApi(app, {
    host: options.apiHost ?? '127.0.0.1',
    port: options.apiPort ?? API_DEFAULT_PORT,
  });
  parts.started(api.close);
  return { apiUrl: api.url, view, provider: provider.label, databaseUrl, ended: worker.ended };
}

/** An effect that cannot be carried out is better known before a run has been paid for. */
async function openPublishDir(folder: string): Promise<void> {
  try {
    await makeFolders(resolve(folder));
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The publish folder ${folder} cannot be written to (${(error as NodeJS.ErrnoException).code}): choose another with --publish-dir.`,
      'publishDir',
    );
  }
}

async function openStore(
  { dataDir, env, databaseUrl, onProgress }: InstallationOptions,
  parts: Parts,
): Promise<{ databaseUrl: string; ledger: OpenLedger }> {
  let url = databaseUrl ?? env.DATABASE_URL;
  if (!url) {
    const server = await startEmbeddedPostgres({ dataDir: join(dataDir, 'ledger'), onProgress });
    parts.started(server.stop);
    url = server.url;
  }
  const ledger = await openLedger(url);
  parts.started(ledger.close);
  onProgress('ledger: ready');
  return { databaseUrl: url, ledger };
}

interface OpenTemporal {
  temporal: TemporalConnection & { address: string };
  uiUrl: string | undefined;
}

async function openTemporal(
  options: InstallationOptions,
  given: TemporalConnectionConfig,
  parts: Parts,
): Promise<OpenTemporal> {
  const { config, uiUrl } = given.given
    ? { config: given, uiUrl: undefined }
    : await startOwnTemporal(options, given, parts);
  const temporal = await connectTemporal(config);
  parts.started(temporal.close);
  if (given.given)
    await ensureSearchAttributes(temporal.connection, temporal.namespace, SEARCH_ATTRIBUTES);
  options.onProgress(`Temporal: ready at ${config.address}`);
  return { temporal: { ...temporal, address: config.address }, uiUrl };
}

async function startOwnTemporal(
  { dataDir, env, temporalPort, uiPort, onProgress }: InstallationOptions,
  config: TemporalConnectionConfig,
  parts: Parts,
): Promise<{ config: TemporalConnectionConfig; uiUrl: string | undefined }> {
  const { path } = await findTemporalBinary({ env, onProgress });
  const server = await startTemporalDevServer({
    binary: path,
    dbFile: join(dataDir, 'temporal.db'),
    logFile: join(dataDir, 'temporal.log'),
    namespace: config.namespace,
    searchAttributes: SEARCH_ATTRIBUTES,
    onProgress,
    ...(temporalPort === undefined ? {} : { port: temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
  });
  parts.started(server.stop);
  return { config: { ...config, address: server.address }, uiUrl: server.uiUrl };
}

/** `up.json` says who works on a data folder and where its API is. */
async function claimDataFolder(
  dataDir: string,
): Promise<{ path: string; announce(apiUrl: string): Promise<void> }> {
  const path = join(dataDir, 'up.json');
  const holder = await readHolder(path);
  if (holder && isAlive(holder))
    throw new UserError(
      'conflict',
      `A Tuesday runs on the data folder ${dataDir} already (process ${holder.pid}): use it, stop it, or choose another folder with --data-dir.`,
    );
  const own = ownIdentity();
  const write = (content: object) => writeFile(path, JSON.stringify(content), { mode: 0o600 });
  await write(own);
  return { path, announce: (apiUrl) => write({ ...own, apiUrl }) };
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch (error) {
    // No file, or one that was cut off while its writer was killed: nobody holds the folder.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT')
      return undefined;
    throw dataFolderError(dirname(path), error);
  }
}
