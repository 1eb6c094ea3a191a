/**
 * Composition root: a worker alone, beside a Temporal and a PostgreSQL that run already. Any number
 * of them share one task queue.
 */
import { createAnthropicWebSearch } from '../activities/model/anthropic-web-search';
import type { Tool } from '../activities/tools/tool';
import { UserError } from '../contracts/errors';
import { locationOf } from '../ledger/database';
import type { ModelProvider } from './model-provider';
import { compose } from './parts';
import type { TeamWorker } from './team-worker';
import {
  connectTo,
  openLedgerAt,
  openProvider,
  readSettings,
  startWorkerOn,
  type WorkerPartsOptions,
} from './worker-parts';

/** For tools of one's own. */
export { zodValue } from '../activities/tools/tool-value';

export interface LoneWorkerOptions extends WorkerPartsOptions {
  /** Default `DATABASE_URL`. */
  databaseUrl?: string;
  /** Tools besides those that come with Tuesday; default none. */
  tools?: readonly Tool[];
  /** The offline simulator answers, also where a key is set; default false. */
  simulator?: boolean;
  /** `web_search` also where another server than the real API is asked: for tests with one that has it; default false. */
  webSearchAnywhere?: boolean;
}

export interface LoneWorker extends TeamWorker {
  taskQueue: string;
  /** Of the Temporal server, `host:port`. */
  address: string;
  namespace: string;
  /** `host:port/database`, without the password. */
  database: string;
  /** Who answers the model calls, in words. */
  provider: string;
}

/** @throws UserError where a setting is missing or a server unreachable; nothing is left running then. */
export function startLoneWorker(options: LoneWorkerOptions): Promise<LoneWorker> {
  return compose(options, async (parts, log) => {
    const databaseUrl = options.databaseUrl ?? options.env.DATABASE_URL;
    if (!databaseUrl)
      throw missing('DATABASE_URL', 'the PostgreSQL of the installation that it works for');
    const database = locationOf(databaseUrl);
    const settings = await readSettings(options.env, options.dataDir);
    if (!settings.temporal.given)
      throw missing('TEMPORAL_ADDRESS', 'the host:port of the Temporal server that it works for');
    const provider = await openProvider({ ...options, env: modelEnv(options) }, parts, log);
    const ledger = await openLedgerAt(databaseUrl, settings, options, parts, log);
    const temporal = await connectTo(settings.temporal, options, parts);
    const servers = { temporal, ledger, provider: { ...provider, ...searchAnywhere(options) } };
    const { ended } = await startWorkerOn(servers, settings, options, parts, log);
    const { address, namespace } = settings.temporal;
    const { taskQueue } = settings;
    return { taskQueue, address, namespace, database, provider: provider.label, ended };
  });
}

/**
 * A worker beside others answers as they do: a key that was forgotten must not make runs of which
 * a part was answered by Claude and a part by the simulator.
 */
function modelEnv({ env, simulator }: LoneWorkerOptions): NodeJS.ProcessEnv {
  if (simulator) return { ...env, ANTHROPIC_API_KEY: undefined, ANTHROPIC_BASE_URL: undefined };
  if (env.ANTHROPIC_API_KEY) return env;
  throw new UserError(
    'bad_input',
    'A worker alone needs ANTHROPIC_API_KEY, as the installation it works for has it; with --simulator it answers by the offline simulator instead.',
    'ANTHROPIC_API_KEY',
  );
}

function searchAnywhere({ env, webSearchAnywhere }: LoneWorkerOptions): Partial<ModelProvider> {
  const { ANTHROPIC_API_KEY: apiKey = '', ANTHROPIC_BASE_URL: baseUrl = '' } = env;
  return webSearchAnywhere ? { webSearch: createAnthropicWebSearch({ apiKey, baseUrl }) } : {};
}

function missing(variable: string, what: string): UserError {
  return new UserError(
    'bad_input',
    `A worker alone needs ${variable}, ${what}: set it, or use \`tuesday up\`, which brings up what is not given.`,
    variable,
  );
}
