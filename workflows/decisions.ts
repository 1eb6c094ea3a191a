/** How people reach a run: one Update, one Signal, one Query, one pure function behind them. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setHandler,
} from '@temporalio/workflow';
import { FAILURE_TYPE } from '../contracts/failures';
import { CALLER_ID } from '../contracts/ids';
import { DECIDE, DECIDE_SIGNAL, type DecisionReceipt, STATE_QUERY } from '../contracts/messages';
import {
  DECISION_REFUSALS,
  type Decision,
  type DecisionAdmission,
  type DecisionRefusal,
  type TakenDecision,
} from '../contracts/reviews';
import type { RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';
import { checkDecision, settles, taken } from '../domain/review';
import { prompt } from './activity-proxies';
import { recordNow } from './record-now';
import type { RunRecord } from './run-record';

const decide = defineUpdate<DecisionReceipt, [Decision]>(DECIDE);
const decideSignal = defineSignal<[Decision]>(DECIDE_SIGNAL);
const stateQuery = defineQuery<RunState>(STATE_QUERY);

export function takeDecisions(record: RunRecord): void {
  setHandler(stateQuery, () => record.state);
  setHandler(
    decide,
    async (decision) => {
      const result = await toItsEnd(() => take(record, decision));
      if (typeof result === 'object') throw refusal(result.refused);
      return receiptOf(record, decision, result === 'applied');
    },
    {
      validator: (decision) => {
        const check = checkDecision(record.plan, record.state, decision);
        if (typeof check === 'object') throw refusal(check.refused);
      },
    },
  );
  setHandler(decideSignal, (decision) =>
    toItsEnd(async () => {
      const result = await take(record, decision);
      if (typeof result !== 'object' || isEnd(record.state.status)) return;
      record.record({
        type: 'decision_refused',
        ...idsOf(decision),
        reason: result.refused,
      });
      if (record.plan.admits) await tell(record);
    }),
  );
}

/** A run that was cancelled meanwhile puts its things away itself: a handler that threw would end it before. */
const toItsEnd = <T>(handle: () => Promise<T>): Promise<T> =>
  CancellationScope.nonCancellable(handle);

/** Nothing goes on that would carry it. Where it cannot be told, it goes with whatever comes next. */
async function tell(record: RunRecord): Promise<void> {
  try {
    await recordNow(record);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('a decision is not shown yet', { error: String(error) });
  }
}

/** A signal may carry anything, and nothing but ids may go into events. */
function idsOf(decision: unknown): { decisionId: string; reviewId: string } {
  const { decisionId, reviewId } = Object(decision) as Record<string, unknown>;
  const id = (given: unknown) => (typeof given === 'string' && CALLER_ID.test(given) ? given : '');
  return { decisionId: id(decisionId), reviewId: id(reviewId) };
}

const refusal = (reason: DecisionRefusal): ApplicationFailure =>
  ApplicationFailure.nonRetryable(DECISION_REFUSALS[reason], FAILURE_TYPE.decisionRefused, reason);

type Taken = 'applied' | 'taken_before' | { refused: DecisionRefusal };

/** Asks who it was and whether what it refers to is there, then decides by what is so by then. */
async function take(record: RunRecord, decision: Decision): Promise<Taken> {
  const { plan } = record;
  const before = checkDecision(plan, record.state, decision);
  if (before !== 'acceptable') return before;
  const admission = plan.admits ? await admit(record, decision) : undefined;
  if (admission === 'unchecked') return { refused: 'unchecked' };
  const check = checkDecision(plan, record.state, decision, admission);
  if (check !== 'acceptable') return check;
  await count(record, taken(decision, admission));
  return 'applied';
}

async function admit(
  record: RunRecord,
  decision: Decision,
): Promise<DecisionAdmission | 'unchecked'> {
  const { run, plan, state } = record;
  const phase = state.reviews[decision.reviewId]?.phase ?? '';
  const { resolvedTeamSha256 } = plan;
  try {
    return await prompt.admitDecision({ run, phase, resolvedTeamSha256, decision });
  } catch (error) {
    if (error instanceof ActivityFailure) return 'unchecked';
    throw error;
  }
}

async function count(record: RunRecord, decision: TakenDecision): Promise<void> {
  const review = record.state.reviews[decision.reviewId];
  if (!review || settles(review, decision)) {
    record.record({ type: 'decision_taken', decision });
    return;
  }
  record.record({ type: 'decision_counted', decision });
  await tell(record);
}

/** An id that was taken before is answered with what was decided under it. */
function receiptOf({ state }: RunRecord, decision: Decision, applied: boolean): DecisionReceipt {
  const { reviewId, decision: kind } = state.decisions[decision.decisionId] ?? decision;
  return { reviewId, decision: kind, applied, stateVersion: state.version };
}

/** Parks until a person has decided. */
export async function decisionOn(record: RunRecord, reviewId: string): Promise<TakenDecision> {
  await condition(() => record.decisionOn(reviewId) !== undefined);
  return record.decisionOn(reviewId) as TakenDecision;
}
