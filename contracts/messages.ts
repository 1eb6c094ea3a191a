/** Names and shapes of what goes to and from a running `teamRun`. Free of libraries: workflows import it. */

import type { DecisionKind } from './reviews';
import type { RunState } from './run-state';

export const WORKFLOW_TYPE = 'teamRun';
/** Default task queue; a second installation on one namespace takes another. */
export const DEFAULT_TASK_QUEUE = 'tuesday';

/** An Update: validated, acknowledged. */
export const DECIDE = 'decide';
/** The same as a Signal: fire and forget; a decision that is refused becomes an event. */
export const DECIDE_SIGNAL = 'decideSignal';
/** A Query: the run's state, without content. */
export const STATE_QUERY = 'state';

/** A Signal without arguments: a queued run may begin. It asks the ledger whether that is so. */
export const ADMITTED_SIGNAL = 'admitted';

/** A Signal without arguments: a switch has changed. The run asks the ledger whether it is held up. */
export const SWITCHED_SIGNAL = 'switched';

/** How a run's workflow stands in Temporal, as Temporal says it; `NOT_FOUND`: it has none, or has forgotten it. */
export const WORKFLOW_STATUSES = [
  'UNSPECIFIED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
  'UNKNOWN',
  'NOT_FOUND',
] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** What the Update answers. */
export interface DecisionReceipt {
  reviewId: string;
  decision: DecisionKind;
  /** False when this decision id had been taken before. */
  applied: boolean;
  stateVersion: number;
}

export type StateAnswer = RunState;

/** Memo field of a start: the digest of everything that was asked, so that a second start with the same key is told apart. */
export const START_DIGEST_MEMO = 'startDigest';

/** The workflow that closes runs which ended from outside; started by a schedule. */
export const RECONCILE_WORKFLOW = 'reconcileRuns';

/** The workflow that sees one notification to its channels. */
export const NOTIFY_WORKFLOW = 'notify';
/** Deliveries have a queue, and so slots, of their own: no run waits for a slow channel. */
export const deliveriesQueue = (taskQueue: string): string => `${taskQueue}-deliveries`;
