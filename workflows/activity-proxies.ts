/** The activities with their declared retry policies and time-outs. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
} from '@temporalio/workflow';
import type { TuesdayActivities } from '../contracts/activities';
import { FAILURE_TYPE } from '../contracts/failures';
import {
  ACTIVITY_RETRY,
  ADMIT_DECISION,
  DELIVERY,
  INGEST_START_TO_CLOSE_MS,
  RECONCILE,
  SHORT_ACTIVITY,
} from '../contracts/limits';
import type { DeliveryActivities } from '../contracts/notifications';
import type { PhasePlan, RunPlan } from '../contracts/plan';
import { ladderOf } from '../domain/recovery';

const retry = {
  initialInterval: ACTIVITY_RETRY.initialIntervalMs,
  backoffCoefficient: ACTIVITY_RETRY.backoffCoefficient,
  maximumAttempts: ACTIVITY_RETRY.maximumAttempts,
  nonRetryableErrorTypes: [FAILURE_TYPE.fenced, FAILURE_TYPE.closed, FAILURE_TYPE.internal],
};

/** Open, admit, perform, record, archive, close; give up a delivery. */
export const short = proxyActivities<
  Pick<
    TuesdayActivities,
    | 'openRun'
    | 'admitRun'
    | 'askHold'
    | 'performEffect'
    | 'recordEvents'
    | 'archiveHistory'
    | 'closeRun'
    | 'giveUpDelivery'
  >
>({
  startToCloseTimeout: SHORT_ACTIVITY.startToCloseMs,
  heartbeatTimeout: SHORT_ACTIVITY.heartbeatMs,
  scheduleToCloseTimeout: SHORT_ACTIVITY.scheduleToCloseMs,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
});

/** Asked while a person waits for the answer. */
export const prompt = proxyActivities<Pick<TuesdayActivities, 'admitDecision'>>({
  startToCloseTimeout: ADMIT_DECISION.startToCloseMs,
  scheduleToCloseTimeout: ADMIT_DECISION.scheduleToCloseMs,
  retry,
});

export const ingest = proxyActivities<Pick<TuesdayActivities, 'ingestDocuments'>>({
  startToCloseTimeout: INGEST_START_TO_CLOSE_MS,
  heartbeatTimeout: SHORT_ACTIVITY.heartbeatMs,
  scheduleToCloseTimeout: SHORT_ACTIVITY.scheduleToCloseMs,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry,
});

/** Begun anew by the next of its schedule, so it need not be patient. */
export const maintenance = proxyActivities<Pick<TuesdayActivities, 'reconcileRuns'>>({
  startToCloseTimeout: RECONCILE.startToCloseMs,
  heartbeatTimeout: SHORT_ACTIVITY.heartbeatMs,
  scheduleToCloseTimeout: RECONCILE.startToCloseMs,
  retry,
});

/** Tried again for days: each failed try says when; the policy here is for lost workers. */
export const deliveryActivities = (taskQueue: string): DeliveryActivities =>
  proxyActivities<DeliveryActivities>({
    taskQueue,
    startToCloseTimeout: DELIVERY.startToCloseMs,
    heartbeatTimeout: SHORT_ACTIVITY.heartbeatMs,
    scheduleToCloseTimeout: DELIVERY.scheduleToCloseMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
  });

/** A phase's rounds, with the time-outs that its team declares. */
export function phaseActivities(
  plan: RunPlan,
  phase: PhasePlan,
): Pick<TuesdayActivities, 'runPhase'> {
  const again = ladderOf(plan, phase, 'worker_lost').includes('retry_behind_fence');
  return proxyActivities<Pick<TuesdayActivities, 'runPhase'>>({
    startToCloseTimeout: phase.startToCloseMs,
    scheduleToCloseTimeout: phase.scheduleToCloseMs,
    heartbeatTimeout: phase.heartbeatMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: again ? retry : { ...retry, maximumAttempts: 1 },
  });
}

/** Whether the ledger has closed the run while this workflow still worked on it, e.g. before a reset. */
export const foundRunClosed = (error: unknown): boolean => failedAs(error, FAILURE_TYPE.closed);

/** Whether the ledger was away where it is not waited for. */
export const foundNoLedger = (error: unknown): boolean =>
  failedAs(error, FAILURE_TYPE.ledgerUnavailable) &&
  // Where it is waited for, the time for it was over.
  (error as ActivityFailure).retryState === 'NON_RETRYABLE_FAILURE';

const failedAs = (error: unknown, type: string): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === type;
