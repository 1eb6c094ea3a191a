/** Recoveries that the workflow takes are events, like all that changes a run. */
import type { FailureKind } from '../contracts/failures';
import type { PhasePlan } from '../contracts/plan';
import type { RecoveryAction } from '../contracts/recoveries';
import type { RunRecord } from './run-record';

export function recovered(
  record: RunRecord,
  { name }: PhasePlan,
  failure: FailureKind,
  action: RecoveryAction,
): void {
  record.record({ type: 'recovery_taken', phase: name, failure, action, count: 1 });
}
