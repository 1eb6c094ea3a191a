/** A worker: takes workflow and activity tasks of one task queue until it is stopped. */
import { hostname } from 'node:os';
import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import { createDocumentSearch } from '../activities/documents/document-search';
import { createExtractionPool } from '../activities/documents/extraction-pool';
import { createIngest } from '../activities/documents/ingest';
import type { ModelPort } from '../activities/model/port';
import type { WebSearchPort } from '../activities/model/web-search-port';
import type { Channels } from '../activities/notify/channel';
import { askPersonTool } from '../activities/tools/ask-person';
import { fetchUrlTool } from '../activities/tools/fetch-url';
import { createMcpServers } from '../activities/tools/mcp/mcp-servers';
import { publishFileTool } from '../activities/tools/publish-file';
import { type PublishTargets, publishHttpTool } from '../activities/tools/publish-http';
import { createQueryRunner } from '../activities/tools/query/query-runner';
import { queryDataTool } from '../activities/tools/query-data';
import { readDocumentTool } from '../activities/tools/read-document';
import { searchDocumentsTool } from '../activities/tools/search-documents';
import type { Tool } from '../activities/tools/tool';
import { webSearchTool } from '../activities/tools/web-search';
import type { DecisionSigner } from '../contracts/decision-proof';
import { WORKER } from '../contracts/limits';
import { ADMITTED_SIGNAL, SWITCHED_SIGNAL } from '../contracts/messages';
import { type Sources, sourceFacts, sourcesOf } from '../contracts/sources';
import type { InstalledTool } from '../contracts/tools';
import type { PriceTable } from '../domain/prices';
import type { RecoveryTable } from '../domain/recovery';
import type { OpenLedger } from '../ledger';
import { createDeliveryWorker } from './delivery-worker';
import { createHistories } from './temporal/histories';
import { createStartNotify } from './temporal/start-notify';
import { createTellRun } from './temporal/tell-run';
import { dataConverter, workflowBundle } from './workflow-bundle';

export interface TeamWorkerOptions {
  connection: NativeConnection;
  client: Client;
  taskQueue: string;
  ledger: OpenLedger;
  model: ModelPort;
  /** Searches the web; absent: there is no `web_search`. */
  webSearch?: WebSearchPort;
  provider: string;
  /** Tells decisions of people who had signed in. */
  signer: DecisionSigner;
  prices: PriceTable;
  publishDir: string;
  /** Besides those that come with Tuesday; default none. */
  tools?: readonly Tool[];
  /** Where effects may publish over HTTP, by name. */
  publishTargets: PublishTargets;
  /** What tools may read outside, by name. */
  sources: Sources;
  /** Whom to tell of what happens to runs, by name. */
  channels: Channels;
  log: Logger;
  /** Default `WORKER.cachedWorkflowsMax`; 0 replays every workflow task, as tests do. */
  cachedWorkflowsMax?: number;
  /** Activities at once; default `WORKER.activitiesMax`. */
  activitiesMax?: number;
  /** Default `RECOVERY`; the chaos suite switches rows off. */
  recoveries?: RecoveryTable;
  /** Default `HISTORY_EVENTS_MAX`; tests carry runs through continue-as-new with a small one. */
  historyEventsMax?: number;
}

const POLLS = { type: 'simple-maximum', maximum: WORKER.pollsMax } as const;

export interface TeamWorker {
  /** Rejects when the worker fails by itself. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startTeamWorker(options: TeamWorkerOptions): Promise<TeamWorker> {
  const { connection, ledger, client, taskQueue, log } = options;
  const { namespace } = client.options;
  const { content } = ledger.ledger;
  const pool = createExtractionPool();
  const search = createDocumentSearch(content);
  const mcp = createMcpServers(sourcesOf(options.sources, 'mcp'), log);
  const folders = sourcesOf(options.sources, 'data_folder');
  const targets = Object.keys(options.publishTargets);
  const tools: Record<InstalledTool, Tool | undefined> = {
    search_documents: searchDocumentsTool(search) as Tool,
    read_document: readDocumentTool() as Tool,
    fetch_url: fetchUrlTool({ sources: options.sources, pool }) as Tool,
    query_data:
      Object.keys(folders).length > 0
        ? (queryDataTool(folders, createQueryRunner()) as Tool)
        : undefined,
    web_search: options.webSearch && webSearchFor(options.webSearch, options.prices),
    ask_person: askPersonTool() as Tool,
    publish_file: publishFileTool(options.publishDir) as Tool,
    publish_http:
      targets.length > 0 ? (publishHttpTool(options.publishTargets) as Tool) : undefined,
  };
  const activities = createActivities({
    ledger: ledger.ledger,
    deliveries: ledger.deliveries,
    channels: options.channels,
    startNotify: createStartNotify({ client, taskQueue, log }),
    reader: ledger.reader,
    histories: createHistories(client),
    ingest: createIngest({ content, extractions: ledger.extractions, pool }),
    model: options.model,
    prices: options.prices,
    tools: [...Object.values(tools).filter((tool) => tool !== undefined), ...(options.tools ?? [])],
    sources: sourceFacts(options.sources),
    mcpServers: mcp.servers,
    provider: options.provider,
    signer: options.signer,
    ...(options.historyEventsMax === undefined
      ? {}
      : { historyEventsMax: options.historyEventsMax }),
    ...(options.recoveries === undefined ? {} : { recoveries: options.recoveries }),
    worker: `${process.pid}@${hostname()}`,
    tellAdmitted: createTellRun(client, ADMITTED_SIGNAL),
    tellSwitched: createTellRun(client, SWITCHED_SIGNAL),
    log,
  });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: workflowBundle(),
    dataConverter: dataConverter(),
    activities,
    maxCachedWorkflows: options.cachedWorkflowsMax ?? WORKER.cachedWorkflowsMax,
    maxConcurrentActivityTaskExecutions: options.activitiesMax ?? WORKER.activitiesMax,
    // The SDK takes no notice of maxConcurrent…TaskPolls (tried with 1.24.0).
    activityTaskPollerBehavior: POLLS,
    workflowTaskPollerBehavior: POLLS,
    stickyQueueScheduleToStartTimeout: WORKER.stickyQueueTimeoutMs,
    maxHeartbeatThrottleInterval: WORKER.heartbeatHeldMs,
    shutdownGraceTime: WORKER.shutdownGraceMs,
    shutdownForceTime: WORKER.shutdownGraceMs * 2,
  });
  const tells = Object.keys(options.channels).length > 0;
  const workers = [
    worker,
    ...(tells
      ? [await createDeliveryWorker({ connection, namespace, taskQueue, activities })]
      : []),
  ];
  const ended = Promise.all(workers.map((each) => each.run())).then(() => undefined);
  // Whoever stops the worker awaits it; a failure before that is for `ended`'s other reader.
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      for (const each of workers) if (each.getState() === 'RUNNING') each.shutdown();
      await ended.catch((error) => log.warn({ err: error }, 'the worker did not stop cleanly'));
      await Promise.all([pool.close(), search.close(), mcp.close()]);
    },
  };
}

function webSearchFor(port: WebSearchPort, prices: PriceTable): Tool {
  const price = prices[port.model];
  if (!price) throw new RangeError(`no price for ${port.model}, which searches the web`);
  return webSearchTool(port, price) as Tool;
}
