/** A question to a person, from opening to decision. */
import { condition } from '@temporalio/workflow';
import type { Sha256 } from '../contracts/content';
import {
  DEADLINE_ACTOR,
  deadlineDecision,
  deadlineDecisionId,
  type ReviewDeadline,
} from '../contracts/deadline';
import type { PhasePlan } from '../contracts/plan';
import type { Question, TakenDecision } from '../contracts/reviews';
import { ladderOf } from '../domain/recovery';
import { decisionOn } from './decisions';
import { RunEnding } from './ending';
import { recordNow } from './record-now';
import { recovered } from './recovered';
import type { RunRecord } from './run-record';

type Asked = Omit<Question, 'id' | 'phase'>;

/** Opens a review, makes it visible, parks until it is decided. A `stop` and a `reject` end the run. */
export async function askPerson(
  record: RunRecord,
  phase: PhasePlan,
  asked: Omit<Asked, 'deadline'>,
): Promise<TakenDecision> {
  const deadline = asked.kind === 'approval' ? phase.deadline : record.plan.deadline;
  const review = openReview(record, phase, { ...asked, ...(deadline ? { deadline } : {}) });
  await recordNow(record);
  if (deadline) await awaitInTime(record, phase, review, deadline);
  const taken = await decisionOn(record, review.id);
  if (taken.decision === 'stop') throw RunEnding.stopped();
  if (taken.decision === 'reject') throw RunEnding.rejected();
  return taken;
}

/** An agent's; whoever started the run may be the one who knows. */
export function askQuestion(
  record: RunRecord,
  phase: PhasePlan,
  stepKey: string,
  digest: Sha256,
): Promise<TakenDecision> {
  const { groups } = phase.terms ?? {};
  return askPerson(record, phase, {
    kind: 'question',
    reason: 'question',
    ...{ digest, stepKey, options: ['respond', 'delegate', 'stop'] },
    ...(groups ? { groups } : {}),
  });
}

/** For a call that the budget has no room for. Who started the run may be kept from raising what it costs. */
export function askForTopUp(
  record: RunRecord,
  phase: PhasePlan,
  digest: Sha256,
  needMicroUsd: number,
): Promise<TakenDecision> {
  const { quorum: _ofApprovals, ...terms } = phase.terms ?? {};
  return askPerson(record, phase, {
    kind: 'top_up',
    reason: 'budget_exhausted',
    ...{ digest, needMicroUsd, options: ['top_up', 'resume', 'delegate', 'stop'], ...terms },
  });
}

/** Ids of reviews are made of the state's version, so each is used once. */
export function openReview(record: RunRecord, phase: PhasePlan, asked: Asked): Question {
  const id = `${phase.name}-${record.state.version + 1}`;
  const review = { ...asked, id, phase: phase.name };
  record.record({ type: 'review_opened', review });
  return review;
}

const STEPS = [
  { action: 'remind', after: 'remindMs' },
  { action: 'escalate', after: 'escalateMs' },
  { action: 'default_decision', after: 'decideMs' },
] as const;

/** Until it is decided or withdrawn, or its deadline has decided it. */
async function awaitInTime(
  record: RunRecord,
  phase: PhasePlan,
  { id, options, digest }: Question,
  deadline: ReviewDeadline,
): Promise<void> {
  const openedAt = Date.now();
  const ladder = ladderOf(record.plan, phase, 'no_answer');
  const steps = STEPS.filter(({ action }) => ladder.includes(action));
  for (const { action, after } of steps.sort((a, b) => deadline[a.after] - deadline[b.after])) {
    const leftMs = Math.max(openedAt + deadline[after] - Date.now(), 1);
    if (await condition(() => !record.isOpen(id), leftMs)) return;
    // Both may come in the same moment.
    if (!record.isOpen(id)) return;
    recovered(record, phase, 'no_answer', action);
    if (action === 'default_decision') {
      const decision = deadlineDecision(deadline, options);
      const taken = { decisionId: deadlineDecisionId(id), reviewId: id, decision, digest };
      record.record({ type: 'decision_taken', decision: { ...taken, actor: DEADLINE_ACTOR } });
      return;
    }
    const type = action === 'remind' ? 'review_reminded' : 'review_escalated';
    record.record({ type, reviewId: id });
    await recordNow(record);
  }
}
