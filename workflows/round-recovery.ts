/** What follows a round without an output that can be handed on. */
import type { RunPhaseResult } from '../contracts/activities';
import type { Sha256 } from '../contracts/content';
import type { FailureKind } from '../contracts/failures';
import type { PhasePlan } from '../contracts/plan';
import type { Instruction } from '../contracts/run-state';
import type { Limitation } from '../contracts/run-status';
import { ladderOf, roundAction } from '../domain/recovery';
import { phaseOf } from '../domain/run-state';
import { askAboutEdit } from './approval-story';
import { giveUp } from './giving-up';
import { acceptOutput, followEdit } from './output-story';
import { recovered } from './recovered';
import { type Lost, reenter, startRound } from './rounds';
import type { RunRecord } from './run-record';

type Rejected = Extract<RunPhaseResult, { outcome: 'rejected' }>;

/** What the ladder of the failure says: another round, or what follows when there is none. */
export async function recoverFrom(
  record: RunRecord,
  phase: PhasePlan,
  { failure, reportSha256, categories, spend, unverified }: Rejected,
): Promise<'again' | 'ended'> {
  const { edited } = phaseOf(record.state, phase.name);
  if (edited) {
    const decided = await askAboutEdit(record, phase, edited.output, reportSha256);
    return followEdit(record, phase, decided) ?? 'ended';
  }
  const ladder = ladderOf(record.plan, phase, failure);
  const own = phaseOf(record.state, phase.name);
  const rejected = own.rejections[failure] ?? 0;
  const action = roundAction(ladder, rejected, (possible) =>
    possible === 'fallback_model'
      ? own.model < phase.fallbackModels
      : own.roundsUsed < phase.roundsMax,
  );
  record.record({
    type: 'output_rejected',
    phase: phase.name,
    failure,
    reportSha256,
    spend,
    ...(unverified ? { partial: unverified.output } : {}),
    // Where no round follows by itself, one that a person asks for must not repeat the last.
    instruction: {
      kind: action ?? 'different_approach',
      nth: rejected + 1,
      reportSha256,
      ...commentsOf(own.instruction),
      ...(categories ? { categories } : {}),
    },
  });
  if (action) recovered(record, phase, failure, action);
  else {
    const evidence = { digest: reportSha256, ...(unverified ? { unverified } : {}) };
    const then = await giveUp(record, phase, failure, ladder, evidence);
    if (then === 'accepted' && unverified) {
      const limitations = [
        ...unverified.limitations,
        takenUnverified(phase, failure, reportSha256),
      ];
      if ((await acceptOutput(record, phase, { ...unverified, limitations, spend })) === 'again')
        return 'again';
    }
    if (then !== 'again') return 'ended';
  }
  const { model, allowanceMicroUsd } = phaseOf(record.state, phase.name);
  startRound(record, phase, allowanceMicroUsd, action === 'fallback_model' ? model + 1 : model);
  return 'again';
}

function commentsOf(instruction: Instruction | undefined): Pick<Instruction, 'commentsSha256'> {
  const { kind, reportSha256, commentsSha256 } = instruction ?? {};
  const comments = kind === 'revision' ? reportSha256 : commentsSha256;
  return comments ? { commentsSha256: comments } : {};
}

export async function recoverFromLoss(
  record: RunRecord,
  phase: PhasePlan,
  { failure }: Lost,
): Promise<'again' | 'degraded'> {
  const ladder = ladderOf(record.plan, phase, failure);
  const { resolvedTeamSha256 } = record.plan;
  const evidence = { digest: resolvedTeamSha256 };
  if ((await giveUp(record, phase, failure, ladder, evidence)) === 'degraded') return 'degraded';
  reenter(record, phase);
  return 'again';
}

const takenUnverified = (
  { name }: PhasePlan,
  failure: FailureKind,
  detailSha256: Sha256,
): Limitation => ({ kind: 'unverified_output', phase: name, failure, detailSha256 });
