/** An accepted output: sent back, approved, replaced, or handed on with its effects. */
import type { Handover, PhaseReport } from '../contracts/activities';
import type { Sha256 } from '../contracts/content';
import type { PhasePlan } from '../contracts/plan';
import type { TakenDecision } from '../contracts/reviews';
import { phasesToReset } from '../domain/graph';
import { factsOf, phaseOf } from '../domain/run-state';
import { askAboutOutput } from './approval-story';
import { carryOut } from './effect-story';
import { assertStillItsTurn, reenter } from './rounds';
import type { RunRecord } from './run-record';

/** What a phase hands over, and what it has cost so far. */
type Accepted = Handover & Pick<PhaseReport, 'spend'>;

export async function acceptOutput(
  record: RunRecord,
  phase: PhasePlan,
  result: Accepted,
): Promise<'ended' | 'again'> {
  const { output, limitations, spend } = result;
  const sentBack = sendsBack(record, phase, result);
  record.record({
    type: 'output_accepted',
    phase: phase.name,
    output,
    ...factsOf(result),
    limitations:
      result.sentBack && !sentBack
        ? [...limitations, { kind: 'review_unresolved', phase: phase.name }]
        : limitations,
    spend,
  });
  if (sentBack) {
    sendBack(record, phase, phase.revises?.phase ?? phase.name, output);
    return 'ended';
  }
  const decided = await askAboutOutput(record, phase, result);
  assertStillItsTurn(record, phase);
  const then = decided && followEdit(record, phase, decided);
  if (then) return then;
  for (const effect of result.effects) {
    await carryOut(record, phase, effect, 'definition');
    assertStillItsTurn(record, phase);
  }
  record.record({ type: 'phase_finished', phase: phase.name });
  return 'ended';
}

/** What a person wants done otherwise; undefined: nothing. */
export function followEdit(
  record: RunRecord,
  phase: PhasePlan,
  { decision, decisionId, actor, outputSha256, commentSha256 }: TakenDecision,
): 'ended' | 'again' | undefined {
  if (decision === 'edit' && outputSha256) {
    reenter(record, phase, { edited: { output: outputSha256, by: actor, approves: true } });
    return 'again';
  }
  if (decision !== 'revise' || !commentSha256) return undefined;
  sendBack(record, phase, phase.name, commentSha256, decisionId);
  return 'ended';
}

const sendsBack = (record: RunRecord, phase: PhasePlan, result: Handover): boolean =>
  result.sentBack &&
  // Nothing is left that the work could be done again for.
  !phaseOf(record.state, phase.name).handBack &&
  phase.revises !== undefined &&
  phaseOf(record.state, phase.name).revisions < phase.revises.revisionsMax;

function sendBack(
  record: RunRecord,
  phase: PhasePlan,
  to: string,
  commentsSha256: Sha256,
  decisionId?: string,
): void {
  record.record({
    type: 'work_sent_back',
    by: phase.name,
    to,
    reset: phasesToReset(record.plan, record.state, to),
    commentsSha256,
    ...(decisionId === undefined ? {} : { decisionId }),
  });
}
