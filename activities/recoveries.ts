/** Recoveries as they are taken: a row in the ledger, and a count by kind for whoever watches. */
import { metricMeter } from '@temporalio/activity';
import { type FailureKind, pointOf } from '../contracts/failures';
import type { NotedRecovery, StepLedger } from '../contracts/ledger';
import type { RecoveryAction } from '../contracts/recoveries';
import type { RunEvent } from '../contracts/run-state';

/** Labels: `point`, `failure`, `recovery`. */
export const RECOVERIES_METRIC = 'tuesday_recoveries_taken';

/** Taken inside an activity; the workflow hears of it with the phase's next report. */
export async function noteRecovery(
  ledger: Pick<StepLedger, 'noteRecovery'>,
  recovery: NotedRecovery,
): Promise<void> {
  const isNew = await ledger.noteRecovery(recovery);
  if (isNew) count(recovery.failure, recovery.action, 1);
}

/** @param fresh events that were recorded for the first time */
export function countRecoveries(fresh: readonly RunEvent[]): void {
  for (const event of fresh)
    if (event.type === 'recovery_taken' && !event.noted)
      count(event.failure, event.action, event.count);
    else if (event.type === 'run_queued') count('overload', 'queue', 1);
}

function count(failure: FailureKind, recovery: RecoveryAction, times: number): void {
  const counter = metricMeter.createCounter(RECOVERIES_METRIC);
  counter.add(times, { point: pointOf(failure), failure, recovery });
}
