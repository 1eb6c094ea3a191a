/** A question to a person, from opening to decision. */
import { condition } from '@temporalio/workflow';
import {
  DEADLINE_ACTOR,
  deadlineDecision,
  deadlineDecisionId,
  type ReviewDeadline,
} from '../contracts/deadline';
import type { PhasePlan } from '../contracts/plan';
import type { DecisionKind, Question } from '../contracts/run-state';
import { ladderOf } from '../domain/recovery';
import { short } from './activity-proxies';
import { decisionOn } from './decisions';
import { RunEnding } from './ending';
import { recovered } from './recovered';
import type { RunRecord } from './run-record';

/**
 * Opens a review, makes it visible, parks until it is decided. A `stop` ends the run.
 * Ids of reviews are made of the state's version, so each is used once.
 */
export async function askPerson(
  record: RunRecord,
  phase: PhasePlan,
  asked: Omit<Question, 'id' | 'phase' | 'deadline'>,
): Promise<DecisionKind> {
  const id = `${phase.name}-${record.state.version + 1}`;
  const deadline = asked.kind === 'approval' ? phase.deadline : record.plan.deadline;
  const review = { ...asked, id, phase: phase.name, ...(deadline ? { deadline } : {}) };
  record.record({ type: 'review_opened', review });
  await recordNow(record);
  if (deadline) await awaitInTime(record, phase, review, deadline);
  const { decision } = await decisionOn(record, id);
  if (decision === 'stop') throw RunEnding.stopped();
  return decision;
}

const STEPS = [
  { action: 'remind', after: 'remindMs' },
  { action: 'escalate', after: 'escalateMs' },
  { action: 'default_decision', after: 'decideMs' },
] as const;

/** Until it is decided, or its deadline has decided it. */
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
    if (await condition(() => record.decisionOn(id) !== undefined, leftMs)) return;
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

/** Shows what has happened while no activity is due that would carry it. */
export async function recordNow(record: RunRecord): Promise<void> {
  const recorded = await short.recordEvents(record.outbox());
  record.acknowledge(recorded);
  // That it was waited for is an event, too.
  if (recorded.ledgerWaits) await recordNow(record);
}
