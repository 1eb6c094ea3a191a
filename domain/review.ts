/** Which decisions a run takes from a person. Updates and signals go through the same function. */

import type { Decision, DecisionRefusal, RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';

export type DecisionCheck = 'taken_before' | 'acceptable' | { refused: DecisionRefusal };

/** Tells whether a decision may be taken; a decision id that was taken before changes nothing. */
export function checkDecision(state: RunState, decision: Decision): DecisionCheck {
  if (own(state.decisions, decision.decisionId)) return 'taken_before';
  if (isEnd(state.status)) return { refused: 'run_ended' };
  const review = own(state.reviews, decision.reviewId);
  if (!review) return { refused: 'unknown_review' };
  if (!review.options.includes(decision.decision)) return { refused: 'not_an_option' };
  if (decision.digest !== undefined && decision.digest !== review.digest)
    return { refused: 'stale_digest' };
  return 'acceptable';
}

/** Ids are chosen by callers: `constructor` must not find what every object inherits. */
const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
