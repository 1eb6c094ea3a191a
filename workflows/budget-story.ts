/** The story of a phase whose next call does not fit: more of the budget, a last turn, or the end. */
import type { RunPhaseResult, SuspendedItem } from '../contracts/activities';
import type { PhasePlan } from '../contracts/plan';
import { leftFor, raisedAllowance } from '../domain/budget';
import { ladderOf } from '../domain/recovery';
import { phaseOf } from '../domain/run-state';
import { RunEnding } from './ending';
import { recovered } from './recovered';
import type { Terms } from './rounds';
import type { RunRecord } from './run-record';

type PhaseHandedBack = Extract<RunPhaseResult, { outcome: 'handed_back' }>;

/** More of the budget; where there is no more, a last turn on what is left. */
export function findMoney(
  record: RunRecord,
  phase: PhasePlan,
  { needMicroUsd = 0, handBackMicroUsd }: SuspendedItem,
): Terms {
  const raised = raisedAllowance(record.state, phase.name, needMicroUsd);
  if (raised !== undefined) return { allowanceMicroUsd: raised };
  const ladder = ladderOf(record.plan, phase, 'budget_exhausted');
  if (handBackMicroUsd === undefined || !ladder.includes('hand_back'))
    throw outOfMoney(record, phase, needMicroUsd);
  recovered(record, phase, 'budget_exhausted', 'hand_back');
  // Undefined where it fits as it is.
  const allowanceMicroUsd = raisedAllowance(record.state, phase.name, handBackMicroUsd);
  return {
    ...(allowanceMicroUsd === undefined ? {} : { allowanceMicroUsd }),
    handBack: { needMicroUsd },
  };
}

export function endHandedBack(
  record: RunRecord,
  phase: PhasePlan,
  { partialSha256, categories, spend }: PhaseHandedBack,
): RunEnding {
  const { handBack } = phaseOf(record.state, phase.name);
  record.record({
    type: 'phase_handed_back',
    phase: phase.name,
    ...(partialSha256 ? { partial: partialSha256 } : {}),
    ...(categories ? { categories } : {}),
    spend,
  });
  return outOfMoney(record, phase, handBack?.needMicroUsd ?? 0);
}

function outOfMoney(record: RunRecord, phase: PhasePlan, needMicroUsd: number): RunEnding {
  const failure = 'budget_exhausted';
  if (!ladderOf(record.plan, phase, failure).includes('end_run')) return RunEnding.failed(failure);
  const leftMicroUsd = leftFor(record.state, phase.name);
  return RunEnding.budgetExhausted({ phase: phase.name, needMicroUsd, leftMicroUsd });
}
