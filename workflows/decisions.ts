/** How people reach a run: one Update, one Signal, one Query, one pure function behind them. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { FAILURE_TYPE } from '../contracts/failures';
import { DECIDE, DECIDE_SIGNAL, type DecisionReceipt, STATE_QUERY } from '../contracts/messages';
import { DECISION_REFUSALS, type Decision, type RunState } from '../contracts/run-state';
import { checkDecision } from '../domain/review';
import type { RunRecord } from './run-record';

const decide = defineUpdate<DecisionReceipt, [Decision]>(DECIDE);
const decideSignal = defineSignal<[Decision]>(DECIDE_SIGNAL);
const stateQuery = defineQuery<RunState>(STATE_QUERY);

export function takeDecisions(record: RunRecord): void {
  setHandler(stateQuery, () => record.state);
  setHandler(decide, (decision) => take(record, decision), {
    validator: (decision) => refuse(record, decision),
  });
  setHandler(decideSignal, (decision) => {
    const check = checkDecision(record.state, decision);
    if (typeof check !== 'object') take(record, decision);
    else if (check.refused !== 'run_ended')
      record.record({
        type: 'decision_refused',
        decisionId: decision.decisionId,
        reviewId: decision.reviewId,
        reason: check.refused,
      });
  });
}

function refuse(record: RunRecord, decision: Decision): void {
  const check = checkDecision(record.state, decision);
  if (typeof check === 'object')
    throw ApplicationFailure.nonRetryable(
      DECISION_REFUSALS[check.refused],
      FAILURE_TYPE.decisionRefused,
    );
}

/**
 * Checks once more: between a validator and its handler another decision may have been taken. An id
 * that was taken before is answered with what was decided under it.
 */
function take(record: RunRecord, decision: Decision): DecisionReceipt {
  refuse(record, decision);
  const applied = checkDecision(record.state, decision) === 'acceptable';
  if (applied) record.record({ type: 'decision_taken', decision });
  const taken = record.state.decisions[decision.decisionId] ?? decision;
  return {
    reviewId: taken.reviewId,
    decision: taken.decision,
    applied,
    stateVersion: record.state.version,
  };
}

/** Parks until a person has decided. */
export async function decisionOn(record: RunRecord, reviewId: string): Promise<Decision> {
  await condition(() => record.decisionOn(reviewId) !== undefined);
  return record.decisionOn(reviewId) as Decision;
}
