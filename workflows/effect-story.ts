/** An effect: carried out once; where nobody can tell whether it was, a person decides. */
import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type {
  PendingEffect,
  PerformEffectInput,
  PerformEffectResult,
} from '../contracts/activities';
import type { FailureKind } from '../contracts/failures';
import type { PhasePlan } from '../contracts/plan';
import { ladderOf } from '../domain/recovery';
import { foundNoLedger, foundRunClosed, short } from './activity-proxies';
import { RunEnding } from './ending';
import { letGo, tellOfHold } from './hold-story';
import { recovered } from './recovered';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

export async function carryOut(
  record: RunRecord,
  phase: PhasePlan,
  effect: PendingEffect,
  askedBy: 'agent' | 'definition',
): Promise<void> {
  if (record.plan.effects === 'off') {
    const { tool, inputSha256 } = effect;
    return record.record({ type: 'effect_withheld', phase: phase.name, tool, inputSha256 });
  }
  const resultSha256 = await performEffect(record, phase, effect, askedBy);
  if (resultSha256 === undefined) return;
  record.record({
    type: 'effect_performed',
    phase: phase.name,
    stepKey: effect.stepKey,
    tool: effect.tool,
    resultSha256,
  });
}

/** Its retries are used up or it met a defect: the target may have heard of it or not. */
interface Lost {
  outcome: 'lost';
}

/**
 * Returns the artifact of the effect's result, or nothing where its input can never be carried out
 * and an agent asked for it, who is told and can ask for something else.
 */
async function performEffect(
  record: RunRecord,
  phase: PhasePlan,
  effect: PendingEffect,
  askedBy: 'agent' | 'definition',
): Promise<string | undefined> {
  const { stepKey, tool, inputSha256 } = effect;
  let decided: PerformEffectInput['decided'];
  for (let entry = 1; ; entry++) {
    const performed = await perform(record, {
      ...record.outbox(),
      resolvedTeamSha256: record.plan.resolvedTeamSha256,
      phase: phase.name,
      ...{ stepKey, tool, inputSha256, entry },
      ...(decided ? { decided } : {}),
    });
    if (performed.outcome === 'done') return performed.resultSha256;
    if (performed.outcome === 'refused' && askedBy === 'agent') return undefined;
    if (performed.outcome === 'held_up') {
      tellOfHold(record, performed.heldBy);
      await letGo(record);
      continue;
    }
    const reason = reasonOf(performed);
    if (!ladderOf(record.plan, phase, reason).includes('ask_operator'))
      throw RunEnding.failed(reason);
    recovered(record, phase, reason, 'ask_operator');
    const { decision } = await askPerson(record, phase, {
      kind: 'operator',
      reason,
      digest: inputSha256,
      effects: [{ tool, inputSha256 }],
      ...('reportSha256' in performed ? { reportSha256: performed.reportSha256 } : {}),
      options: reason === 'effect_failed' ? ['resume', 'stop'] : ['approve', 'resume', 'stop'],
    });
    decided = decision === 'approve' ? 'approve' : 'resume';
  }
}

async function perform(
  record: RunRecord,
  input: PerformEffectInput,
): Promise<PerformEffectResult | Lost> {
  record.effectsUnderWay++;
  try {
    const performed = await short.performEffect(input);
    record.acknowledge(performed, input.phase);
    return performed;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    if (foundRunClosed(error) || foundNoLedger(error)) throw error;
    return { outcome: 'lost' };
  } finally {
    record.effectsUnderWay--;
  }
}

function reasonOf(
  performed: Exclude<PerformEffectResult | Lost, { outcome: 'done' | 'held_up' }>,
): FailureKind {
  switch (performed.outcome) {
    case 'failed':
    case 'refused':
      return 'effect_failed';
    case 'unknown':
      return performed.seen === 'not_seen' ? 'effect_not_seen' : 'effect_unknown';
    case 'lost':
      return 'effect_unknown';
  }
}
