/** Which decisions a run takes from a person. Updates and signals go through the same function. */

import { DEADLINE_ACTOR } from '../contracts/deadline';
import { CALLER_ID } from '../contracts/ids';
import type { Decision, DecisionRefusal, RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';

export type DecisionCheck = 'taken_before' | 'acceptable' | { refused: DecisionRefusal };

/**
 * Tells whether a decision may be taken; a decision id that was taken before changes nothing.
 * @param decision as it arrived: a signal may carry anything
 */
export function checkDecision(state: RunState, decision: unknown): DecisionCheck {
  if (!isDecision(decision)) return { refused: 'malformed' };
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

const FIELDS = ['decisionId', 'reviewId', 'decision', 'actor', 'digest'];

/** Nothing else may come along, since what is taken goes into state, history and ledger. */
function isDecision(value: unknown): value is Decision {
  if (typeof value !== 'object' || value === null) return false;
  const { decisionId, reviewId, decision, actor, digest } = value as Record<string, unknown>;
  return (
    Object.keys(value).every((name) => FIELDS.includes(name)) &&
    actor !== DEADLINE_ACTOR &&
    [decisionId, reviewId, actor].every((id) => typeof id === 'string' && CALLER_ID.test(id)) &&
    typeof decision === 'string' &&
    (digest === undefined || typeof digest === 'string')
  );
}
