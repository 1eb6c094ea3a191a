/** A Tuesday for one test file: its own database, task queue, simulator and worker on the real servers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import pino from 'pino';
import { createAnthropicModel } from '../../activities/model/anthropic';
import { createAnthropicWebSearch } from '../../activities/model/anthropic-web-search';
import type { ModelPort } from '../../activities/model/port';
import type { Channels } from '../../activities/notify/channel';
import { createRebuildRun } from '../../activities/projection/rebuild-run';
import type { PublishTargets } from '../../activities/tools/publish-http';
import { installedOf, type Tool } from '../../activities/tools/tool';
import { benchAudit, benchSigner } from '../../bench/support/bench-secret';
import { createTuesday } from '../../client/tuesday';
import type { Tuesday } from '../../client/types';
import type { LoadLimits } from '../../contracts/load';
import { type Sources, sourceFacts } from '../../contracts/sources';
import type { DefinedTeam } from '../../contracts/team/define';
import { installedTools } from '../../contracts/tools';
import type { RunView } from '../../contracts/views';
import { PRICES } from '../../domain/prices';
import type { RecoveryTable } from '../../domain/recovery';
import { type OpenLedger, openLedger } from '../../ledger';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';
import { READY_TEAMS } from '../../teams';
import { startTeamWorker, type TeamWorker } from '../../worker/team-worker';
import { connectTemporal } from '../../worker/temporal/connect';
import { createHistories } from '../../worker/temporal/histories';
import { startRuntime } from '../../worker/temporal/runtime';
import { freshDatabase, freshTaskQueue, temporalConfig } from './servers';

export interface TestTuesdayOptions {
  /** 0 replays every workflow task. */
  cachedWorkflowsMax?: number;
  simulator?: SimulatorOptions;
  /** Activities that its worker does at once. */
  activitiesMax?: number;
  /** What is done about failures; default `RECOVERY`. */
  recoveries?: RecoveryTable;
  /** Events after which runs continue as new. */
  historyEventsMax?: number;
  /** A server of the Messages API other than the simulator. */
  modelUrl?: string;
  /** How much is taken on at once. Default `DEFAULT_LOAD`. */
  limits?: LoadLimits;
  /** The ledger as its worker reaches it, e.g. by a way that can be cut. Default: its own. */
  workerLedger?: (databaseUrl: string) => Promise<OpenLedger>;
  /** Default true; false where workers are processes of their own (worker-process.ts). */
  hasWorker?: boolean;
  /** A model of the test's own. Default: one at `modelUrl` or the simulator. */
  model?: ModelPort;
  /** Where effects may publish over HTTP. Default: nowhere. */
  publishTargets?: PublishTargets;
  /** Whether `web_search` is installed, asking the simulator. Default false, as for all but the real API. */
  webSearch?: boolean;
  /** Tools besides those that come with Tuesday. Default: none. */
  tools?: readonly Tool[];
  /** What tools may read outside. Default: nothing. */
  sources?: Sources;
  /** Whom its worker tells of runs. Default: nobody. */
  channels?: Channels;
}

export interface TestTuesday {
  tuesday: Tuesday;
  simulator: Simulator;
  ledger: OpenLedger;
  temporal: Client;
  taskQueue: string;
  dataDir: string;
  publishDir: string;
  databaseUrl: string;
  /** @param sources in place of those of the options; of the same names and kinds */
  startWorker(sources?: Sources): Promise<void>;
  stopWorker(): Promise<void>;
  /** Resolves with the run as soon as it is as wanted; rejects when it ends otherwise. */
  until(id: string, wanted: (run: RunView) => boolean): Promise<RunView>;
  stop(): Promise<void>;
}

export async function startTestTuesday(options: TestTuesdayOptions = {}): Promise<TestTuesday> {
  const log = pino({ level: process.env.TUESDAY_TEST_LOG ?? 'silent' });
  const folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  const database = await freshDatabase();
  const ledger = await openLedger(database.url, options.limits, benchAudit());
  const simulator = await startSimulator(options.simulator);
  const connection = await connectTemporal(temporalConfig());
  const temporal = new Client({
    connection: connection.connection,
    namespace: connection.namespace,
  });
  const taskQueue = freshTaskQueue();
  const publishDir = join(folder, 'published');
  const { publishTargets = {}, sources = {} } = options;
  const teams: Record<string, DefinedTeam> = READY_TEAMS;
  const installed = installedTools({
    publishTargets: Object.keys(publishTargets),
    sources: sourceFacts(sources),
    webSearch: options.webSearch ?? false,
  });
  const signer = benchSigner();
  const own = installedOf(options.tools ?? [], installed.sources);
  const tuesday = createTuesday({
    temporal,
    content: ledger.ledger.content,
    reader: ledger.reader,
    switches: ledger.switches,
    taskQueue,
    audit: ledger.audit,
    signer,
    installedTools: {
      ...installed,
      tools: [...installed.tools, ...own.tools],
      effects: { ...installed.effects, ...own.effects },
    },
    rebuild: createRebuildRun({
      ledger: ledger.ledger,
      reader: ledger.reader,
      histories: createHistories(temporal),
      namespace: connection.namespace,
      provider: 'offline simulator',
    }),
    teams,
  });
  const workerLedger = await options.workerLedger?.(database.url);
  let worker: TeamWorker | undefined;

  const test: TestTuesday = {
    tuesday,
    simulator,
    ledger,
    temporal,
    taskQueue,
    dataDir: folder,
    publishDir,
    databaseUrl: database.url,
    async startWorker(given = sources) {
      startRuntime(log);
      worker = await startTeamWorker({
        connection: await connection.nativeConnection(),
        client: temporal,
        taskQueue,
        ledger: workerLedger ?? ledger,
        model:
          options.model ??
          createAnthropicModel({
            apiKey: 'test-key',
            baseUrl: options.modelUrl ?? simulator.url,
          }),
        ...(options.webSearch
          ? {
              webSearch: createAnthropicWebSearch({
                apiKey: 'test-key',
                baseUrl: simulator.url,
              }),
            }
          : {}),
        provider: 'offline simulator',
        signer,
        prices: PRICES,
        publishDir,
        publishTargets,
        sources: given,
        channels: options.channels ?? {},
        tools: options.tools ?? [],
        log,
        ...(options.recoveries === undefined ? {} : { recoveries: options.recoveries }),
        ...(options.activitiesMax === undefined ? {} : { activitiesMax: options.activitiesMax }),
        ...(options.historyEventsMax === undefined
          ? {}
          : { historyEventsMax: options.historyEventsMax }),
        ...(options.cachedWorkflowsMax === undefined
          ? {}
          : { cachedWorkflowsMax: options.cachedWorkflowsMax }),
      });
    },
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    async until(id, wanted) {
      let last: RunView | undefined;
      for await (const view of tuesday.watchRun(id)) {
        if (wanted(view)) return view;
        last = view;
      }
      throw new Error(`the run ended as ${last?.status}: ${last?.explanation}`);
    },
    async stop() {
      await test.stopWorker();
      await simulator.close();
      await workerLedger?.close();
      await ledger.close();
      await connection.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (options.hasWorker !== false) await test.startWorker();
  return test;
}
