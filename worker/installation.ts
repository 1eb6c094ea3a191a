/**
 * Composition root: a whole Tuesday in one process. Brings up what is not given (Temporal,
 * PostgreSQL, the simulator), a worker and the HTTP API; stops them in the reverse order.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { createRebuildRun } from '../activities/projection/rebuild-run';
import { accessTo } from '../client/temporal-connection';
import { createTuesday, type LocalOptions } from '../client/tuesday';
import { createOwnerOf } from '../client/workflow-of-run';
import {
  checkAddress,
  createAccess,
  createApi,
  createCompanySignIn,
  serveApi,
} from '../console/api';
import type { AccessMode } from '../contracts/access';
import { API_DEFAULT_PORT } from '../contracts/api';
import { createDecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import { createMachineKey } from '../contracts/machine-key';
import { VERSION } from '../contracts/package-root';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes';
import { sourceFacts } from '../contracts/sources';
import { installedTools } from '../contracts/tools';
import type { InstallationView } from '../contracts/views';
import type { OpenLedger } from '../ledger';
import { dataFolderError } from '../ledger/embedded/data-folder';
import { leadsToOrphan, startEmbeddedPostgres } from '../ledger/embedded/embedded-postgres';
import {
  isAlive,
  ownIdentity,
  type ProcessIdentity,
} from '../ledger/embedded/process/process-identity';
import { READY_TEAMS } from '../teams';
import { loadAccess } from './access-settings';
import { type BroughtUp, keepServerUp } from './keep-server-up';
import { asksRealApi } from './model-provider';
import { compose, type Parts } from './parts';
import type { TemporalConnection } from './temporal/connect';
import type { TemporalConnectionConfig } from './temporal/connection-config';
import { startTemporalDevServer } from './temporal/dev-server';
import { findTemporalBinary } from './temporal/find-binary';
import { createHistories } from './temporal/histories';
import {
  connectTo,
  openLedgerAt,
  openProvider,
  readSettings,
  startWorkerOn,
  type WorkerPartsOptions,
  type WorkerSettings,
} from './worker-parts';

export interface InstallationOptions extends WorkerPartsOptions {
  /** Default 7333; 0 takes a free one. */
  apiPort?: number;
  /** Default 127.0.0.1, the only one where nobody signs in. */
  apiHost?: string;
  /** Of the embedded Temporal; default and 0: a free one. */
  temporalPort?: number;
  /** Of its web UI; default and 0: a free one; false: no UI. */
  uiPort?: number | false;
  /** Default `DATABASE_URL`; without one, the embedded server. */
  databaseUrl?: string;
}

export interface Installation {
  apiUrl: string;
  access: AccessMode;
  /** A bearer token with which this very process may do everything, for the next minute. */
  ownKey(): string;
  view: InstallationView;
  /** Who answers the model calls, in words. */
  provider: string;
  databaseUrl: string;
  /** Rejects when a part fails by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/** @throws UserError where something is missing, taken or unreachable; nothing is left running then. */
export function startInstallation(options: InstallationOptions): Promise<Installation> {
  return compose(options, async (parts, log) => {
    const upFile = await claimDataFolder(options.dataDir);
    parts.started(() => rm(upFile.path, { force: true }));
    const installation = await bringUp(options, parts, log);
    await upFile.announce(installation.apiUrl);
    return installation;
  });
}

async function bringUp(
  options: InstallationOptions,
  parts: Parts,
  log: Logger,
): Promise<Omit<Installation, 'stop'>> {
  const { mode, consoleUrl, company } = await loadAccess(options.env);
  const apiAddress = {
    host: options.apiHost ?? '127.0.0.1',
    port: options.apiPort ?? API_DEFAULT_PORT,
    mode,
    ...(consoleUrl === undefined ? {} : { consoleUrl }),
  };
  const { host, port } = apiAddress;
  const ownApiUrl = port === 0 ? undefined : `http://${host}:${port}`;
  const settings = await readSettings(options.env, options.dataDir, ownApiUrl);
  const { taskQueue, publishTargets, sources } = settings;
  // Bringing servers up takes seconds, which a wrong port should not cost.
  await checkAddress(apiAddress);
  const tools = {
    ...installedTools({
      publishTargets: Object.keys(publishTargets),
      sources: sourceFacts(sources),
      webSearch: asksRealApi(options.env),
    }),
    pricedModels: Object.keys(settings.prices),
  };
  const provider = await openProvider(options, parts, log);
  const failures: Promise<never>[] = [];
  const keepUp: KeepUp = (name, server, restart) => {
    const { onProgress } = options;
    const kept = keepServerUp(server, { name, restart, log, onProgress });
    parts.started(kept.stop);
    failures.push(kept.failed);
  };
  const { databaseUrl, ledger } = await openStore(options, settings, parts, log, keepUp);
  const { temporal, address, uiUrl } = await openTemporal(
    options,
    settings.temporal,
    parts,
    keepUp,
  );
  const servers = { temporal, ledger, provider };
  const worker = await startWorkerOn(servers, settings, options, parts, log);
  const { client } = worker;
  const ended = Promise.race([worker.ended, ...failures]);
  // Whoever waits for it hears of a failure; nobody may, until everything is up.
  ended.catch(() => undefined);

  const view: InstallationView = {
    version: VERSION,
    provider: provider.label,
    temporal: {
      address,
      namespace: temporal.namespace,
      ...(uiUrl ? { uiUrl } : {}),
    },
    taskQueue,
  };
  const { reader } = ledger;
  const { content } = ledger.ledger;
  const within: LocalOptions = {
    temporal: client,
    content,
    reader,
    switches: ledger.switches,
    taskQueue,
    installedTools: tools,
    audit: ledger.audit,
    signer: createDecisionSigner(settings.keyFor('decisions')),
    rebuild: createRebuildRun({
      ledger: ledger.ledger,
      reader,
      histories: createHistories(client),
      namespace: temporal.namespace,
      provider: provider.label,
    }),
    teams: READY_TEAMS,
  };
  const tuesday = createTuesday(within);
  const machine = createMachineKey(settings.keyFor('machine'));
  const access = createAccess({
    mode,
    tokens: ledger.tokens,
    machine,
    ...(company ? { company: createCompanySignIn(company) } : {}),
    sessionKey: settings.keyFor('sessions'),
    isHttps: consoleUrl?.startsWith('https:') ?? false,
    ownerOf: createOwnerOf(reader, accessTo(client, taskQueue)),
  });
  const app = createApi({
    reader,
    content,
    tuesday,
    tuesdayOf: (person) => createTuesday({ ...within, person }),
    access,
    tokens: ledger.tokens,
    audit: ledger.audit,
    installation: view,
    teams: READY_TEAMS,
    installedTools: tools,
    log,
  });
  const api = await serveApi(app, apiAddress);
  parts.started(api.close);
  return {
    apiUrl: api.url,
    access: mode,
    ownKey: machine.mint,
    view,
    provider: provider.label,
    databaseUrl,
    ended,
  };
}

/** Watches a server of ours from now on, stops it in its turn, and says where it cannot be kept up. */
type KeepUp = (name: string, server: BroughtUp, restart: () => Promise<BroughtUp>) => void;

async function openStore(
  options: InstallationOptions,
  settings: WorkerSettings,
  parts: Parts,
  log: Logger,
  keepUp: KeepUp,
): Promise<{ databaseUrl: string; ledger: OpenLedger }> {
  const { dataDir, env, databaseUrl, onProgress } = options;
  const place = { dataDir: join(dataDir, 'ledger'), onProgress };
  let url = databaseUrl ?? env.DATABASE_URL;
  // A URL that was exported for `tuesday worker` may lead to what a killed `up` has left behind here.
  if (!url || (await leadsToOrphan(url, place.dataDir))) {
    const port = url ? { port: Number(new URL(url).port) } : {};
    const server = await startEmbeddedPostgres({ ...place, ...port });
    keepUp('PostgreSQL', server, () => startEmbeddedPostgres({ ...place, port: server.port }));
    url ||= server.url;
  }
  return { databaseUrl: url, ledger: await openLedgerAt(url, settings, options, parts, log) };
}

interface OpenTemporal {
  temporal: TemporalConnection;
  address: string;
  uiUrl: string | undefined;
}

async function openTemporal(
  options: InstallationOptions,
  given: TemporalConnectionConfig,
  parts: Parts,
  keepUp: KeepUp,
): Promise<OpenTemporal> {
  const { config, uiUrl } = given.given
    ? { config: given, uiUrl: undefined }
    : await startOwnTemporal(options, given, keepUp);
  const temporal = await connectTo(config, options, parts);
  return { temporal, address: config.address, uiUrl };
}

async function startOwnTemporal(
  { dataDir, env, temporalPort, uiPort, onProgress }: InstallationOptions,
  config: TemporalConnectionConfig,
  keepUp: KeepUp,
): Promise<{ config: TemporalConnectionConfig; uiUrl: string | undefined }> {
  const { path } = await findTemporalBinary({ env, onProgress });
  const place = {
    binary: path,
    dbFile: join(dataDir, 'temporal.db'),
    logFile: join(dataDir, 'temporal.log'),
    namespace: config.namespace,
    searchAttributes: SEARCH_ATTRIBUTES,
    onProgress,
  };
  const server = await startTemporalDevServer({
    ...place,
    ...(temporalPort === undefined ? {} : { port: temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
  });
  const ports = { port: server.port, uiPort: server.uiPort ?? (false as const) };
  keepUp('Temporal', server, () => startTemporalDevServer({ ...place, ...ports }));
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
