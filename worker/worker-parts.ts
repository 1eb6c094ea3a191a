/** What every process with a worker is composed of, whether it has brought its servers up or not. */
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Channels } from '../activities/notify/channel';
import type { PublishTargets } from '../activities/tools/publish-http';
import type { Tool } from '../activities/tools/tool';
import { createDecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import type { LoadLimits } from '../contracts/load';
import { makeFolders } from '../contracts/make-folders';
import { DEFAULT_TASK_QUEUE } from '../contracts/messages';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes';
import type { Sources } from '../contracts/sources';
import type { PriceTable } from '../domain/prices';
import { type OpenLedger, openLedger } from '../ledger';
import { anchorsFile, openAnchors } from './audit-anchors';
import { loadPrices } from './configuration';
import { loadLimits } from './load-limits';
import { type ModelProvider, openModelProvider } from './model-provider';
import { loadChannels } from './notification-channels';
import type { CompositionOptions, Parts } from './parts';
import { loadPublishTargets } from './publish-targets';
import { ensureSchedules } from './schedules';
import { auditSealOf, type KeyFor, openSecret, previousSecret } from './secret';
import { loadSources, missingFolders } from './sources';
import { startTeamWorker, type TeamWorker } from './team-worker';
import { connectTemporal, type TemporalConnection } from './temporal/connect';
import {
  type TemporalConnectionConfig,
  temporalConnectionConfig,
} from './temporal/connection-config';
import { ensureSearchAttributes } from './temporal/namespace';

export interface WorkerPartsOptions extends CompositionOptions {
  /** Where effects publish files; default `published` in the data folder. */
  publishDir?: string;
  /** Default 1. */
  simulatorSeed?: number;
}

export interface WorkerSettings {
  temporal: TemporalConnectionConfig;
  prices: PriceTable;
  keyFor: KeyFor;
  /** Of the secret that is replaced; absent: none is. */
  previousKeyFor?: KeyFor;
  /** The file in which heads of the audit log are kept. */
  anchorsFile: string;
  limits: LoadLimits;
  publishTargets: PublishTargets;
  sources: Sources;
  channels: Channels;
  taskQueue: string;
}

/**
 * Settings are read before anything starts: a wrong one costs no waiting.
 * @param ownApiUrl of the API that this process serves, where it does at a known port
 */
export async function readSettings(
  env: NodeJS.ProcessEnv,
  dataDir: string,
  ownApiUrl?: string,
): Promise<WorkerSettings> {
  const previousKeyFor = previousSecret(env);
  return {
    keyFor: await openSecret(env, dataDir),
    ...(previousKeyFor ? { previousKeyFor } : {}),
    anchorsFile: anchorsFile(env, dataDir),
    temporal: temporalConnectionConfig(env),
    prices: await loadPrices(env),
    limits: await loadLimits(env),
    publishTargets: await loadPublishTargets(env),
    sources: await loadSources(env),
    channels: await loadChannels(env, ownApiUrl),
    taskQueue: env.TUESDAY_TASK_QUEUE || DEFAULT_TASK_QUEUE,
  };
}

export async function openProvider(
  { env, simulatorSeed, onProgress }: WorkerPartsOptions,
  parts: Parts,
  log: Logger,
): Promise<ModelProvider> {
  const provider = await openModelProvider(env, simulatorSeed ?? 1, (notice) =>
    log.warn({ notice }, 'the SDK has something to say of a model'),
  );
  parts.started(provider.close);
  onProgress(`model calls: ${provider.label}`);
  return provider;
}

export async function openLedgerAt(
  url: string,
  { limits, keyFor, previousKeyFor, anchorsFile: path }: WorkerSettings,
  { onProgress }: WorkerPartsOptions,
  parts: Parts,
  log: Logger,
): Promise<OpenLedger> {
  const ledger = await openLedger(url, limits, {
    seal: auditSealOf(keyFor),
    anchors: openAnchors(path, log),
    ...(previousKeyFor ? { previous: auditSealOf(previousKeyFor) } : {}),
  });
  parts.started(ledger.close);
  onProgress('ledger: ready');
  return ledger;
}

/** A server of the user's own is told of our search attributes; one of ours was started with them. */
export async function connectTo(
  config: TemporalConnectionConfig,
  { onProgress }: WorkerPartsOptions,
  parts: Parts,
): Promise<TemporalConnection> {
  const temporal = await connectTemporal(config);
  parts.started(temporal.close);
  if (config.given)
    await ensureSearchAttributes(temporal.connection, temporal.namespace, SEARCH_ATTRIBUTES);
  onProgress(`Temporal: ready at ${config.address}`);
  return temporal;
}

export interface WorkerServers {
  temporal: TemporalConnection;
  ledger: OpenLedger;
  provider: ModelProvider;
}

export async function startWorkerOn(
  { temporal, ledger, provider }: WorkerServers,
  { prices, publishTargets, sources, channels, taskQueue, keyFor }: WorkerSettings,
  options: WorkerPartsOptions & { tools?: readonly Tool[] },
  parts: Parts,
  log: Logger,
): Promise<TeamWorker & { client: Client }> {
  const client = new Client({ connection: temporal.connection, namespace: temporal.namespace });
  const publishDir = options.publishDir ?? join(options.dataDir, 'published');
  await openPublishDir(publishDir);
  for (const missing of await missingFolders(sources)) {
    log.warn({ missing }, 'a source is away');
    options.onProgress(`sources: ${missing}`);
  }
  const worker = await startTeamWorker({
    connection: await temporal.nativeConnection(),
    client,
    taskQueue,
    ledger,
    model: provider.model,
    ...(provider.webSearch ? { webSearch: provider.webSearch } : {}),
    provider: provider.label,
    signer: createDecisionSigner(keyFor('decisions')),
    prices,
    publishDir,
    publishTargets,
    sources,
    channels,
    log,
    ...(options.tools === undefined ? {} : { tools: options.tools }),
  });
  parts.started(worker.stop);
  await ensureSchedules(client, taskQueue);
  return { ...worker, client };
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
