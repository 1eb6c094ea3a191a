/** The story of a run: open it, read its documents, run its phases in order, close it. */
import { ApplicationFailure, CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Sha256 } from '../contracts/content';
import { FAILURE_TYPE } from '../contracts/failures';
import type { TeamRunStart } from '../contracts/run';
import type { Limitation, RunEnd } from '../contracts/run-status';
import { allEnded, readyPhases } from '../domain/graph';
import { ingest, short } from './activity-proxies';
import { takeDecisions } from './decisions';
import { RunEnding } from './ending';
import { runPhaseToItsEnd } from './phase-story';
import { recordNow } from './review-story';
import { RunRecord, thisRun } from './run-record';

export async function teamRun(start: TeamRunStart): Promise<RunEnd> {
  const record = await openRun(start);
  takeDecisions(record);
  const ending = await runToItsEnd(record, start);
  return closeRun(record, ending);
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
  return record;
}

const refused = (reason: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: FAILURE_TYPE.refused,
    message: 'the run was refused',
    nonRetryable: true,
    details: [{ reason }],
  });

/** Runs until every phase has ended, or until something ends the run before. */
async function runToItsEnd(record: RunRecord, start: TeamRunStart): Promise<RunEnding> {
  try {
    await CancellationScope.cancellable(async () => {
      if (start.documentsSha256) await ingestDocuments(record, start.documentsSha256);
      await runPhases(record);
    });
    return RunEnding.completed(record.state);
  } catch (error) {
    if (error instanceof RunEnding) return error;
    if (isCancellation(error)) return RunEnding.stopped();
    log.error('the run met an error that nothing handles', { error: String(error) });
    return RunEnding.failed('internal_error');
  }
}

async function ingestDocuments(record: RunRecord, documentsSha256: string): Promise<void> {
  const ingested = await ingest.ingestDocuments({ ...record.outbox(), documentsSha256 });
  record.acknowledge(ingested.recordedVersion);
  if (ingested.outcome === 'refused') throw RunEnding.failed('no_documents', lackOf(ingested));
  record.record({
    type: 'documents_ingested',
    documentsSha256: ingested.documentsSha256,
    documents: ingested.documents,
    unavailable: ingested.unavailable,
    ...(ingested.detailSha256 ? { detailSha256: ingested.detailSha256 } : {}),
  });
  if (ingested.documents === 0) throw RunEnding.failed('no_documents');
}

const lackOf = ({ detailSha256 }: { detailSha256?: Sha256 }): Limitation[] =>
  detailSha256 ? [{ kind: 'source_unavailable', detailSha256 }] : [];

/** Starts each phase as soon as its needs are met; what is sent back becomes pending and starts again. */
async function runPhases(record: RunRecord): Promise<void> {
  const busy = new Map<string, { ended: Promise<void>; scope: CancellationScope }>();
  try {
    while (!allEnded(record.plan, record.state)) {
      for (const phase of readyPhases(record.plan, record.state)) {
        if (busy.has(phase.name)) continue;
        const scope = new CancellationScope();
        const ended = scope
          .run(() => runPhaseToItsEnd(record, phase))
          .catch((error) => {
            // Cancelled because its input was sent back: the phase is pending again.
            const sentBack = record.state.phases[phase.name]?.status === 'pending';
            if (!isCancellation(error) || !sentBack) throw error;
          })
          .finally(() => busy.delete(phase.name));
        busy.set(phase.name, { ended, scope });
      }
      if (busy.size === 0) throw new RangeError('no phase can go on');
      // Nothing that is scheduled would carry them, and people wait for what they have decided.
      if (record.hasUnacknowledged && record.state.status === 'waiting_for_review')
        await recordNow(record);
      await Promise.race([...busy.values()].map(({ ended }) => ended));
      for (const [name, { scope }] of busy)
        if (record.state.phases[name]?.status === 'pending') scope.cancel();
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
  });
  const { status, resultSha256 } = await CancellationScope.nonCancellable(() =>
    short.closeRun({
      ...record.outbox(),
      status: ending.status,
      ...(ending.failure ? { failure: ending.failure } : {}),
    }),
  );
  if (status === 'failed')
    throw ApplicationFailure.create({
      type: FAILURE_TYPE.failed,
      message: 'the run failed',
      nonRetryable: true,
      details: [{ status, resultSha256 }],
    });
  return { status, resultSha256 };
}
