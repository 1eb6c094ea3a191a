/** Runs that wait for a person: what they cost a worker, and how soon one goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunHandle } from '../../client/types';
import { mapInParallel } from '../../contracts/parallel';
import type { RunEnd } from '../../contracts/run-status';
import type { TeamInput } from '../../contracts/team/schema';
import type { MeasuredServers } from '../support/measured-servers';
import type { WorkerProcess } from '../support/worker-process';
import { MEMORY_LINE } from './collecting-worker';

const NOTE = {
  type: 'object',
  properties: { note: { type: 'string', minLength: 1 } },
  required: ['note'],
  additionalProperties: false,
};

const phase = (name: string, needs: string[], review: 'always' | 'never') => ({
  name,
  needs,
  role: 'You are a clerk.',
  instructions: 'Write one note.',
  model: { name: 'claude-haiku-5-5' },
  produces: NOTE,
  review,
});

/** One phase that a person approves, and one after it. */
export const PARKED_TEAM: TeamInput = {
  name: 'parked',
  version: '1.0.0',
  documents: 'none',
  phases: [phase('draft', [], 'always'), phase('final', ['draft'], 'never')],
};

const STARTS_AT_ONCE = 20;
const SAID_EVERY_MS = 20;

/** Starts so many and waits until each asks. */
export function parkRuns(
  { tuesday }: MeasuredServers,
  prefix: string,
  count: number,
): Promise<RunHandle[]> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return mapInParallel(numbers, STARTS_AT_ONCE, async (number) => {
    const request = { question: 'What is worth a note?', key: `${prefix}-${number}` };
    const run = await tuesday.startRun(PARKED_TEAM, request);
    for await (const { status } of tuesday.watchRun(run))
      if (status === 'waiting_for_review') return run;
    throw new Error(`${run.id} ended before it asked`);
  });
}

/** In MB, after a garbage collection. */
export async function memoryOf(worker: WorkerProcess): Promise<number> {
  const said = () => [...worker.said().matchAll(MEMORY_LINE)];
  const before = said().length;
  worker.signal('SIGUSR2');
  while (said().length === before) await delay(SAID_EVERY_MS);
  return Number(said().at(-1)?.[1]) / 1_048_576;
}

/**
 * Approves, and tells how long it took from the moment at which Temporal had the run accept the
 * decision until the run's next request reached the provider, in ms.
 */
export async function timeToNextRequest(
  { tuesday, simulator, temporal }: MeasuredServers,
  { id }: RunHandle,
): Promise<number> {
  const requested = new Promise<number>((resolve) => {
    const stop = simulator.onRequest(({ headers }) => {
      if (!headers['idempotency-key']?.includes(`/${id}/`)) return;
      stop();
      resolve(Date.now());
    });
  });
  await tuesday.decide(id, { decision: 'approve' });
  const requestedAt = await requested;
  const { events = [] } = await temporal.workflow.getHandle(id).fetchHistory();
  const accepted = events?.find((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  const { seconds = 0, nanos = 0 } = accepted?.eventTime ?? {};
  return requestedAt - (Number(seconds) * 1_000 + (nanos ?? 0) / 1_000_000);
}

/** Approves all, so many at a time, each to the end of its run; in ms. */
export async function approveAll(
  { tuesday, temporal }: MeasuredServers,
  runs: readonly RunHandle[],
  atOnce: number,
): Promise<number> {
  const begunAt = performance.now();
  await mapInParallel(runs, atOnce, async (run) => {
    await tuesday.decide(run.id, { decision: 'approve' });
    const ended = temporal.workflow.getHandle(run.id).result() as Promise<RunEnd>;
    const { status } = await ended;
    if (status !== 'completed') throw new Error(`${run.id} ended as ${status}`);
  });
  return performance.now() - begunAt;
}
