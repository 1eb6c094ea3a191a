/** The story of a run: open it, wait for its turn where there is no room, read its documents, run its phases in order, close it. */
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
} from '@temporalio/workflow';
import type { Sha256 } from '../contracts/content';
import { FAILURE_TYPE } from '../contracts/failures';
import { RUN_PRIORITY, WORKFLOW_TASK_TIMEOUT_MS } from '../contracts/limits';
import type { CarriedRun, PhasePlan } from '../contracts/plan';
import type { TeamRunStart } from '../contracts/run';
import { isParked, type Limitation, type RunEnd } from '../contracts/run-status';
import { allEnded, readyPhases } from '../domain/graph';
import { migrateState } from '../domain/state-migrations';
import { foundNoLedger, foundRunClosed, ingest, short } from './activity-proxies';
import { waitForAdmission } from './admission-story';
import { takeDecisions } from './decisions';
import { RunEnding } from './ending';
import { letGoOrLong, watchHolds } from './hold-story';
import { runPhaseToItsEnd } from './phase-story';
import { recordNow } from './record-now';
import { RunRecord, thisRun } from './run-record';

/** `carried`: the run so far, where it goes on from an earlier Temporal run. */
export async function teamRun(start: TeamRunStart, carried?: CarriedRun): Promise<RunEnd> {
  const record = carried ? goOn(start, carried) : await openRun(start);
  takeDecisions(record);
  const ending = await runToItsEnd(record, start);
  return ending === 'long' ? continueRun(record, start) : closeRun(record, ending);
}

/** Resolves everything once. A refused start fails the workflow, so that its key may be used again. */
async function openRun(start: TeamRunStart): Promise<RunRecord> {
  const run = thisRun();
  const opened = await short.openRun({ run, start });
  if (opened.outcome === 'refused') throw refused(opened.reason);
  const record = new RunRecord(run, opened.plan, start.inputSha256);
  record.record({
    type: 'run_opened',
    budgetMicroUsd: opened.plan.budgetMicroUsd,
    phases: opened.plan.phases.map(({ name }) => name),
  });
  record.tellOfWaits(opened);
  if (opened.fork) record.record({ type: 'run_forked', ...opened.fork });
  if (opened.outcome === 'queued') {
    const priority = start.priority ?? RUN_PRIORITY.default;
    record.record({ type: 'run_queued', priority, held: opened.held });
  }
  if (opened.outcome !== 'overloaded' && opened.heldBy)
    record.record({ type: 'run_held', heldBy: opened.heldBy });
  if (opened.outcome === 'overloaded') await closeRun(record, RunEnding.failed(opened.failure));
  return record;
}

const goOn = (start: TeamRunStart, { plan, state }: CarriedRun): RunRecord =>
  new RunRecord(thisRun(), plan, start.inputSha256, migrateState(state));

/** Archives what this Temporal run did, then goes on in another with the state alone. */
async function continueRun(record: RunRecord, start: TeamRunStart): Promise<never> {
  // A signal that comes meanwhile may add an event, and only what is in the ledger may be left behind.
  do {
    record.acknowledge(await short.archiveHistory(record.outbox()));
    await condition(allHandlersFinished);
  } while (record.hasUnacknowledged);
  return continueAsNew(start, record.carried());
}

const continueAsNew = makeContinueAsNewFunc<typeof teamRun>({
  workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
});

const refused = (reason: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: FAILURE_TYPE.refused,
    message: 'the run was refused',
    nonRetryable: true,
    details: [{ reason }],
  });

/** Runs until every phase has ended, something ends the run before, or its history is long. */
async function runToItsEnd(record: RunRecord, start: TeamRunStart): Promise<RunEnding | 'long'> {
  try {
    return await CancellationScope.cancellable(() => workUnlessStopped(record, start));
  } catch (error) {
    if (error instanceof RunEnding) return error;
    if (foundRunClosed(error)) throw error;
    if (isCancellation(error)) return RunEnding.stopped();
    if (foundNoLedger(error)) return RunEnding.failed('ledger_unavailable');
    log.error('the run met an error that nothing handles', { error: String(error) });
    return RunEnding.failed('internal_error');
  }
}

async function workUnlessStopped(
  record: RunRecord,
  start: TeamRunStart,
): Promise<RunEnding | 'long'> {
  const scope = new CancellationScope();
  const working = scope.run(() => work(record, start));
  try {
    // A cancelled run ends by its work, which has things to put away.
    const held = CancellationScope.nonCancellable(() => watchHolds(record));
    return await Promise.race([working, held]);
  } finally {
    scope.cancel();
    working.catch((error) => log.debug('work of an ended run', { error: String(error) }));
  }
}

async function work(record: RunRecord, start: TeamRunStart): Promise<RunEnding | 'long'> {
  if (record.state.queuedAt !== undefined && (await waitForAdmission(record)) === 'long')
    return 'long';
  if (start.documentsSha256 && !record.state.documentsSha256)
    await ingestDocuments(record, start.documentsSha256);
  await runPhases(record);
  return allEnded(record.plan, record.state) ? RunEnding.completed(record.state) : 'long';
}

async function ingestDocuments(record: RunRecord, documentsSha256: string): Promise<void> {
  const ingested = await ingest.ingestDocuments({ ...record.outbox(), documentsSha256 });
  record.acknowledge(ingested);
  if (ingested.outcome === 'refused') throw RunEnding.failed('no_documents', lackOf(ingested));
  record.record({
    type: 'documents_ingested',
    documentsSha256: ingested.documentsSha256,
    documents: ingested.documents,
    unavailable: ingested.unavailable,
    ...(ingested.detailSha256 ? { detailSha256: ingested.detailSha256 } : {}),
  });
  const ends = record.plan.ladders.no_documents?.includes('end_run');
  if (ingested.documents === 0 && ends) throw RunEnding.failed('no_documents');
}

const lackOf = ({ detailSha256 }: { detailSha256?: Sha256 }): Limitation[] =>
  detailSha256 ? [{ kind: 'source_unavailable', detailSha256 }] : [];

interface PhaseAtWork {
  scope: CancellationScope;
  ended: Promise<void>;
  over(): boolean;
}

function startPhase(record: RunRecord, phase: PhasePlan): PhaseAtWork {
  const scope = new CancellationScope();
  let over = false;
  const ended = scope
    .run(() => runPhaseToItsEnd(record, phase))
    .catch((error) => {
      // Cancelled because its input was sent back: the phase is pending again.
      const sentBack = record.state.phases[phase.name]?.status === 'pending';
      if (!isCancellation(error) || !sentBack) throw error;
    })
    .finally(() => {
      over = true;
    });
  return { scope, ended, over: () => over };
}

/**
 * Starts each phase as soon as its needs are met; what is sent back becomes pending and starts again.
 * Where the history has become long, no phase starts any more: the safe point is when none is at work.
 */
async function runPhases(record: RunRecord): Promise<void> {
  const busy = new Map<string, PhaseAtWork>();
  // A Temporal run that did nothing must not hand on to one that will do nothing either.
  let worked = false;
  try {
    while (!allEnded(record.plan, record.state)) {
      const long = worked && record.isLong;
      const held = record.state.heldBy !== undefined;
      if (!long && !held)
        for (const phase of readyPhases(record.plan, record.state))
          if (!busy.has(phase.name)) busy.set(phase.name, startPhase(record, phase));
      if (busy.size === 0) {
        if (long) return;
        if (!held) throw new RangeError('no phase can go on');
      }
      await Promise.all([
        Promise.race([
          ...[...busy.values()].map(({ ended }) => ended),
          ...(held ? [letGoOrLong(record)] : []),
        ]),
        // Nothing that is scheduled would carry them, and people wait for what they have decided.
        record.hasUnacknowledged && isParked(record.state.status) ? recordNow(record) : undefined,
      ]);
      worked = true;
      for (const [name, { scope, ended, over }] of busy) {
        if (record.state.phases[name]?.status === 'pending') scope.cancel();
        if (!over()) continue;
        busy.delete(name);
        // Throws what the phase threw.
        await ended;
      }
    }
  } finally {
    // Whatever ended the run ends the phases that still work for it.
    for (const { scope, ended } of busy.values()) {
      scope.cancel();
      ended.catch((error) => log.debug('a phase of an ended run', { error: String(error) }));
    }
  }
}

/** Closing goes through also when the run was cancelled. */
async function closeRun(record: RunRecord, ending: RunEnding): Promise<RunEnd> {
  record.record({
    type: 'run_ended',
    status: ending.status,
    ...(ending.failure ? { failure: ending.failure } : {}),
    ...(ending.limitations.length > 0 ? { limitations: ending.limitations } : {}),
    ...(ending.shortage ? { shortage: ending.shortage } : {}),
  });
  const { status, resultSha256 } = await CancellationScope.nonCancellable(() =>
    short.closeRun({
      ...record.outbox(),
      status: ending.status,
      ...(ending.failure ? { failure: ending.failure } : {}),
    }),
  );
  // Whoever has sent a decision meanwhile is told that it came too late.
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (status === 'failed')
    throw ApplicationFailure.create({
      type: FAILURE_TYPE.failed,
      message: 'the run failed',
      nonRetryable: true,
      details: [{ status, resultSha256 }],
    });
  return { status, resultSha256 };
}
