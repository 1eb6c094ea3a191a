/** Everything that a campaign disturbs: servers, a way of its own from each client to each server, workers. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../ledger/embedded/embedded-postgres';
import { type Latency, type Simulator, startSimulator } from '../../simulator';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { type KeptWorker, keepWorker } from './kept-worker';
import { MODEL_FAULTS } from './model-faults';
import { LINKS, type LinkName, WORKERS, type WorkerName } from './plan';
import { startTarget, type TargetServer, targetsFile } from './target';
import { startTemporalPart, type TemporalPart } from './temporal-part';

export interface Parts {
  folder: string;
  publishDir: string;
  postgres: EmbeddedPostgres;
  temporal: TemporalPart;
  simulator: Simulator;
  target: TargetServer;
  links: Record<LinkName, TcpProxy>;
  workers: Record<WorkerName, KeptWorker>;
  taskQueue: string;
  /** The ledger by a link, or straight. */
  databaseUrl(link?: LinkName): string;
  stop(): Promise<void>;
}

const TASK_QUEUE = 'chaos';
const HOST = '127.0.0.1';

export interface PartsOptions {
  /** Of the simulator. */
  seed: number;
  latency: Latency;
  /** An empty one; everything is kept in it. */
  folder: string;
  onProgress(line: string): void;
}

export async function startParts({
  seed,
  latency,
  folder,
  onProgress,
}: PartsOptions): Promise<Parts> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  const started = <T>(part: T, end: (part: T) => Promise<void>): T => {
    stops.push(() => end(part));
    return part;
  };
  try {
    await chmod(folder, 0o755); // for PostgreSQL's unprivileged user, when this runs as root
    const publishDir = join(folder, 'published');
    await mkdir(publishDir, { recursive: true });
    const postgres = started(
      await startEmbeddedPostgres({ dataDir: join(folder, 'ledger'), onProgress }),
      (part) => part.stop(),
    );
    const temporal = started(await startTemporalPart(folder, onProgress), (part) => part.stop());
    const simulator = started(
      await startSimulator({
        seed,
        latency,
        faults: MODEL_FAULTS,
        // The key tells which worker asks.
        recordHeaders: ['idempotency-key', 'authorization'],
      }),
      (part) => part.close(),
    );
    const target = started(await startTarget(seed), (part) => part.stop());
    const ports: Record<string, number> = {
      target: target.port,
      ledger: Number(new URL(postgres.url).port),
      temporal: temporal.port,
      provider: simulator.port,
    };
    const links = {} as Record<LinkName, TcpProxy>;
    for (const link of LINKS)
      links[link] = started(
        await startTcpProxy({ host: HOST, port: ports[serverOf(link)] as number }),
        (part) => part.close(),
      );
    const databaseUrl = (link?: LinkName): string => {
      const url = new URL(postgres.url);
      if (link !== undefined) url.port = String(links[link].port);
      return url.href;
    };
    const workers = {} as Record<WorkerName, KeptWorker>;
    for (const name of WORKERS) {
      const publishTargetsFile = join(folder, `${name}-targets.json`);
      await writeFile(publishTargetsFile, targetsFile(links[`${name}>target`].port));
      workers[name] = started(
        keepWorker({
          temporalAddress: `${HOST}:${links[`${name}>temporal`].port}`,
          databaseUrl: databaseUrl(`${name}>ledger`),
          modelUrl: `http://${HOST}:${links[`${name}>provider`].port}`,
          modelKey: name,
          taskQueue: TASK_QUEUE,
          dataDir: join(folder, name),
          publishDir,
          publishTargetsFile,
        }),
        (part) => part.stop(),
      );
    }
    await Promise.all(WORKERS.map((name) => workers[name].ready()));
    return {
      folder,
      publishDir,
      postgres,
      temporal,
      simulator,
      target,
      links,
      workers,
      taskQueue: TASK_QUEUE,
      databaseUrl,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const serverOf = (link: LinkName): string => link.split('>')[1] ?? '';
