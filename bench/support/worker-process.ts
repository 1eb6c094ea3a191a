/** A worker as a process of its own: to be killed, frozen, cut off and restarted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from '../../contracts/package-root';
import { BENCH_SECRET } from './bench-secret';

export interface WorkerProcessOptions {
  /** `host:port` of Temporal. */
  temporalAddress: string;
  /** Default `default`. */
  namespace?: string;
  databaseUrl: string;
  taskQueue: string;
  /** A server of the Messages API that takes any key. */
  modelUrl: string;
  /** The key that it is asked with: tells workers apart. Default `any`. */
  modelKey?: string;
  /** For its log. */
  dataDir: string;
  /** Default `published` in the data folder. */
  publishDir?: string;
  /** The file of its publish targets; default none. */
  publishTargetsFile?: string;
  /** Where it serves its metrics, `address:port`; default nowhere. */
  metricsAddress?: string;
  /** The file of its sources; default none. */
  sourcesFile?: string;
  /** The file of its limits; default none. */
  limitsFile?: string;
  /** Further variables of its environment. */
  env?: Readonly<Record<string, string>>;
  /** A built script to run in place of `tuesday worker`, with the same environment. */
  script?: string;
}

export interface WorkerProcess {
  pid: number;
  /** Resolves when it says that it is ready; rejects with what it said when it ends before. */
  ready: Promise<void>;
  /** What it has said so far, stdout and stderr. */
  said(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, and the wait for its end. */
  kill(): Promise<void>;
  /** Its exit code, once it has ended; null where a signal ended it. */
  ended: Promise<number | null>;
}

const SETTINGS = /^(TUESDAY_|TEMPORAL_|ANTHROPIC_|DATABASE_URL)/;

/** Starts one with none of the caller's own settings. */
export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { script, publishDir, publishTargetsFile, sourcesFile, metricsAddress, limitsFile } =
    options;
  const command = script ? [builtFile(script)] : [builtFile('cli/tuesday.js'), 'worker'];
  const inherited = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name));
  const child = spawn(
    process.execPath,
    [...command, ...(publishDir === undefined ? [] : ['--publish-dir', publishDir])],
    {
      env: {
        ...Object.fromEntries(inherited),
        TEMPORAL_ADDRESS: options.temporalAddress,
        TEMPORAL_NAMESPACE: options.namespace ?? 'default',
        DATABASE_URL: options.databaseUrl,
        TUESDAY_TASK_QUEUE: options.taskQueue,
        TUESDAY_DATA_DIR: options.dataDir,
        TUESDAY_SECRET: BENCH_SECRET,
        ANTHROPIC_BASE_URL: options.modelUrl,
        ANTHROPIC_API_KEY: options.modelKey ?? 'any',
        ...(publishTargetsFile === undefined
          ? {}
          : { TUESDAY_PUBLISH_TARGETS: publishTargetsFile }),
        ...(metricsAddress === undefined ? {} : { TUESDAY_METRICS_ADDRESS: metricsAddress }),
        ...(limitsFile === undefined ? {} : { TUESDAY_LIMITS: limitsFile }),
        ...(sourcesFile === undefined ? {} : { TUESDAY_SOURCES: sourcesFile }),
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return follow(child);
}

function follow(child: ChildProcess): WorkerProcess {
  let said = '';
  const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/^worker: ready/m.test(said)) resolve();
      });
    ended.then(
      (exitCode) =>
        reject(new Error(`the worker ended (${exitCode}) before it was ready: ${said}`)),
      reject,
    );
  });
  // Whoever kills it before it is ready knows why it never was.
  ready.catch(() => undefined);
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {
    pid: child.pid as number,
    ready,
    said: () => said,
    signal,
    async kill() {
      signal('SIGKILL');
      await ended;
    },
    ended,
  };
}
