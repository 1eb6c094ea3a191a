/** Servers as `tuesday up` starts them, on disk, with a simulator: for benches whose workers are processes. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { createTuesday } from '../../client/tuesday';
import type { Tuesday } from '../../client/types';
import { DEFAULT_LOAD, type LoadLimits } from '../../contracts/load';
import { type InstalledTools, installedTools } from '../../contracts/tools';
import { type OpenLedger, openLedger } from '../../ledger';
import { startEmbeddedPostgres } from '../../ledger/embedded/embedded-postgres';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';
import { connectTemporal } from '../../worker/temporal/connect';
import { startTemporalPart } from '../chaos/temporal-part';
import { benchSigner } from './bench-secret';
import {
  startWorkerProcess,
  type WorkerProcess,
  type WorkerProcessOptions,
} from './worker-process';

export interface MeasuredServers {
  tuesday: Tuesday;
  temporal: Client;
  ledger: OpenLedger;
  databaseUrl: string;
  simulator: Simulator;
  dataDir: string;
  publishDir: string;
  startWorker(options?: WorkerChoice): WorkerProcess;
  stop(): Promise<void>;
}

const TASK_QUEUE = 'bench';

/** What one worker has that others have not. */
export type WorkerChoice = Pick<WorkerProcessOptions, 'script' | 'limitsFile' | 'sourcesFile'>;

export interface Installation {
  /** Names of tools that the workers have besides those of Tuesday. */
  tools?: readonly string[];
  /** What its workers' tools may read outside. Default nothing. */
  sources?: InstalledTools['sources'];
  /** Default `DEFAULT_LOAD`. */
  limits?: LoadLimits;
}

export async function startMeasuredServers(
  simulatorOptions: SimulatorOptions,
  { tools = [], sources = {}, limits = DEFAULT_LOAD }: Installation = {},
): Promise<MeasuredServers> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const dataDir = await mkdtemp(join(tmpdir(), 'tuesday-bench-'));
  await chmod(dataDir, 0o755); // for PostgreSQL's unprivileged user, when this runs as root
  const publishDir = join(dataDir, 'published');
  await mkdir(publishDir);
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'ledger') });
  const temporalServer = await startTemporalPart(dataDir, say);
  const simulator = await startSimulator(simulatorOptions);
  const ledger = await openLedger(postgres.url, limits);
  const { address } = temporalServer;
  const connection = await connectTemporal({ given: true, address, namespace: 'default' });
  const temporal = new Client({ connection: connection.connection, namespace: 'default' });
  const installed = installedTools({ sources });
  const workers: WorkerProcess[] = [];
  return {
    tuesday: createTuesday({
      temporal,
      content: ledger.ledger.content,
      reader: ledger.reader,
      switches: ledger.switches,
      taskQueue: TASK_QUEUE,
      signer: benchSigner(),
      installedTools: { ...installed, tools: [...installed.tools, ...tools] },
    }),
    temporal,
    ledger,
    databaseUrl: postgres.url,
    simulator,
    dataDir,
    publishDir,
    startWorker(options = {}) {
      const worker = startWorkerProcess({
        temporalAddress: address,
        databaseUrl: postgres.url,
        taskQueue: TASK_QUEUE,
        modelUrl: simulator.url,
        dataDir,
        publishDir,
        ...options,
      });
      workers.push(worker);
      return worker;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.kill()));
      await connection.close();
      await ledger.close();
      await simulator.close();
      await Promise.all([temporalServer.stop(), postgres.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
