/** What becomes of a question that nobody answers. Free of libraries: workflows import it. */
import type { DecisionKind } from './reviews';

/** What can be decided by itself: all that needs neither words nor an output nor an amount. */
export const DEADLINE_DECISIONS = [
  'approve',
  'accept',
  'reject',
  'resume',
  'stop',
] as const satisfies readonly DecisionKind[];
export type DeadlineDecision = (typeof DEADLINE_DECISIONS)[number];

/** Times are counted from the moment of the question. */
export interface ReviewDeadline {
  /** When it is asked again. */
  remindMs: number;
  /** When it goes a level up. */
  escalateMs: number;
  /** When it is decided by itself. */
  decideMs: number;
  /** Groups that may decide too once it has gone up; absent: the same people. */
  escalateTo?: string[] | undefined;
  /** How, where the review offers that; else `stop`. */
  default: DeadlineDecision;
}

/** Who decides then. Nobody else may go by that name. */
export const DEADLINE_ACTOR = 'deadline';

/** The id of that decision. */
export const deadlineDecisionId = (reviewId: string): string => `${DEADLINE_ACTOR}-${reviewId}`;

/** What it decides. */
export function deadlineDecision(
  { default: declared }: ReviewDeadline,
  options: readonly DecisionKind[],
): DeadlineDecision {
  return options.includes(declared) ? declared : 'stop';
}
