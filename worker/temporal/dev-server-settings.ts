/**
 * How the development server is started. Its defaults are for looking at workflows, not for
 * running them: every hop costs 50 ms. Measured on 2 cores with a workflow of five empty
 * activities: 550 ms with the defaults, 57 to 80 ms with these.
 */

/**
 * Polls a second of the queue that hands tasks to workers. The default of 20, on the one shard of
 * a development server, makes every hop wait up to 50 ms.
 */
export const transferProcessorMaxPollRps = 5_000;

/** The same for timers, retries and time-outs. */
export const timerProcessorMaxPollRps = 5_000;

/** The same for what lists and search attributes show: less urgent. */
export const visibilityProcessorMaxPollRps = 1_000;

/**
 * Lets a worker start an activity right from the workflow task that scheduled it, which saves one
 * dispatch per activity. Off by default in this server version.
 */
export const enableActivityEagerExecution = true;

/** One machine's task queues need no partitions; forwarding between them costs a hop. */
export const taskQueuePartitions = 1;

/**
 * How far a timer may be moved to be read with others. The default of 1 s makes every timer, retry
 * and `nextRetryDelay` below a second take about a second: 10 ms took 1,000 ms, with this 20 ms.
 */
export const timerProcessorMaxTimeShift = '10ms';

/** Tasks of many users share a queue fairly, by the fairness key of each run; needs the newer matcher. */
export const fairMatching = true;

const dynamicConfig: Readonly<Record<string, unknown>> = {
  'history.transferProcessorMaxPollRPS': transferProcessorMaxPollRps,
  'history.timerProcessorMaxPollRPS': timerProcessorMaxPollRps,
  'history.visibilityProcessorMaxPollRPS': visibilityProcessorMaxPollRps,
  'system.enableActivityEagerExecution': enableActivityEagerExecution,
  'matching.numTaskqueueReadPartitions': taskQueuePartitions,
  'matching.numTaskqueueWritePartitions': taskQueuePartitions,
  'matching.useNewMatcher': fairMatching,
  'matching.enableFairness': fairMatching,
  'history.timerProcessorMaxTimeShift': timerProcessorMaxTimeShift,
};

/**
 * With a database file: a write-ahead log, synced at checkpoints only. A killed server loses
 * nothing, a power cut at most the last moments; 145 ms became 93 to 99 ms a run.
 */
const sqlitePragmas: Readonly<Record<string, string>> = {
  journal_mode: 'wal',
  synchronous: 'normal',
};

export interface DevServerArguments {
  host: string;
  port: number;
  /** `undefined`: no web UI. */
  uiPort: number | undefined;
  /** File name relative to the server's working folder; `undefined`: in memory. */
  dbName: string | undefined;
  namespace: string;
  searchAttributes: Readonly<Record<string, string>>;
}

/** The command line behind the binary's name. */
export function devServerArguments(server: DevServerArguments): string[] {
  return [
    ...['server', 'start-dev', '--ip', server.host, '--port', String(server.port)],
    ...(server.uiPort === undefined ? ['--headless'] : ['--ui-port', String(server.uiPort)]),
    // "default" always exists.
    ...(server.namespace === 'default' ? [] : ['--namespace', server.namespace]),
    // A user's own settings for the temporal command are none for this server.
    ...['--disable-config-file', '--disable-config-env', '--color', 'never'],
    ...pairs('--dynamic-config-value', dynamicConfig, JSON.stringify),
    ...pairs('--search-attribute', server.searchAttributes, String),
    ...(server.dbName === undefined
      ? []
      : ['--db-filename', server.dbName, ...pairs('--sqlite-pragma', sqlitePragmas, String)]),
  ];
}

function pairs(
  flag: string,
  values: Readonly<Record<string, unknown>>,
  write: (value: unknown) => string,
): string[] {
  return Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${write(value)}`]);
}
