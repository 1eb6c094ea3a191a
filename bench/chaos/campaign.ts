/** A whole campaign: parts, runs, faults, the wait for every end, and what is on record then. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Latency } from '../../simulator';
import { connectTemporal } from '../../worker/temporal/connect';
import { type Answers, answerQuestions, openClient, startRuns } from './client';
import { type FaultWindow, watchForStarvation } from './fault-log';
import { doFaults } from './faults';
import { INVARIANTS } from './invariants';
import type { Finding } from './invariants/evidence';
import { MODEL_LATENCY } from './model-faults';
import { type Parts, startParts } from './parts';
import { type Fault, planFaults, WORKERS } from './plan';
import { readRecords } from './records';
import { type PlannedRun, planRuns } from './runs';
import { watchTarget } from './target-watch';

export interface CampaignOptions {
  seed: number;
  runsCount: number;
  /** Faults begin and end within it. */
  durationMs: number;
  /** An empty folder for everything: data, logs, plan, published files. */
  folder: string;
  /** Default: what the seed decides. */
  faults?: readonly Fault[];
  /** Of model calls; default: as real models take. */
  latency?: Latency;
  /** Ends it early: parts are stopped, and it rejects. */
  signal?: AbortSignal;
  onProgress(line: string): void;
}

export interface CampaignReport {
  findings: Finding[];
  windows: FaultWindow[];
  answers: Answers;
  /** Of the decider: what it could not reach, and tried again. */
  failedLooksCount: number;
  /** Workers that ended by themselves and were started again. */
  workersEndedCount: number;
  /** From the end of the faults to the last run's. */
  settledAfterMs: number;
}

/** How long after the last fault every run must have ended. */
export const SETTLE_MS_MAX = 180_000;
const LOOK_MS = 1_000;

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { seed, folder, durationMs, onProgress } = options;
  const faults = options.faults ?? planFaults(seed, durationMs);
  const parts = await startParts({ ...options, latency: options.latency ?? MODEL_LATENCY });
  try {
    await writeFile(join(folder, 'plan.json'), JSON.stringify(faults, null, 2));
    const documents = join(folder, 'documents');
    await mkdir(documents);
    const runs = await planRuns(seed, options.runsCount, durationMs, documents);
    return await Promise.race([disturb(parts, runs, faults, onProgress), interruption(options)]);
  } finally {
    await parts.stop();
  }
}

/** Never resolves. */
const failureOf = async (work: Promise<void>): Promise<never> => {
  await work;
  return new Promise(() => undefined);
};

function interruption({ signal }: CampaignOptions): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('the campaign was interrupted')));
  });
}

async function disturb(
  parts: Parts,
  runs: readonly PlannedRun[],
  faults: readonly Fault[],
  onProgress: (line: string) => void,
): Promise<CampaignReport> {
  const windows: FaultWindow[] = [];
  const stopWatching = watchForStarvation(windows);
  const files = watchTarget(parts.publishDir);
  const client = await openClient(parts);
  const answering = answerQuestions(client, parts);
  const orElse = <T>(work: Promise<T>) => Promise.race([work, failureOf(answering.ended)]);
  await orElse(
    Promise.all([doFaults(parts, faults, windows, onProgress), startRuns(client, runs)]),
  );
  const calmAt = Date.now();
  onProgress('the faults are over; waiting for every run to end');
  const temporal = await orElse(waitForEnds(parts, runs, calmAt + SETTLE_MS_MAX, onProgress));
  const settledAfterMs = Date.now() - calmAt;
  await answering.stop();
  await client.close();
  // A worker that stops puts on record what it still holds.
  await Promise.all(WORKERS.map((name) => parts.workers[name].stop()));
  await files.stop();
  stopWatching();
  const evidence = {
    runs,
    temporal,
    records: await readRecords(parts.databaseUrl()),
    bill: parts.simulator.bill(),
    windows,
    writes: files.writes(),
    carried: parts.target.carried(),
    recognisedCount: parts.target.recognised(),
  };
  await writeFile(
    join(parts.folder, 'evidence.json'),
    JSON.stringify({
      windows,
      bill: evidence.bill,
      writes: [...evidence.writes],
      carried: evidence.carried,
    }),
  );
  return {
    findings: INVARIANTS.map((check) => check(evidence)),
    windows,
    answers: answering.answers,
    failedLooksCount: answering.failures.length,
    workersEndedCount: WORKERS.reduce((sum, name) => sum + parts.workers[name].endedByItself(), 0),
    settledAfterMs,
  };
}

/** @returns what Temporal says of each run in the end: at the deadline at the latest. */
async function waitForEnds(
  parts: Parts,
  runs: readonly PlannedRun[],
  deadline: number,
  onProgress: (line: string) => void,
): Promise<Map<string, string>> {
  const connection = await connectTemporal({
    given: true,
    address: parts.temporal.address,
    namespace: 'default',
  });
  try {
    const client = new Client({ connection: connection.connection, namespace: 'default' });
    const ended = new Map<string, string>();
    for (;;) {
      const open = runs.filter(({ key }) => (ended.get(key) ?? 'RUNNING') === 'RUNNING');
      for (const { key } of open) ended.set(key, await statusOf(client, key));
      const left = open.filter(({ key }) => ended.get(key) === 'RUNNING');
      if (left.length === 0 || Date.now() > deadline) return ended;
      if (left.length !== open.length) onProgress(`${left.length} runs have not ended yet`);
      await delay(LOOK_MS);
    }
  } finally {
    await connection.close();
  }
}

async function statusOf(client: Client, key: string): Promise<string> {
  try {
    return (await client.workflow.getHandle(key).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
