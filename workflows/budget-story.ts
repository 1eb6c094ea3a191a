/** The story of a phase whose next call does not fit: more of the budget, a person's top-up, a last turn, or the end. */
import type { RunPhaseResult, SuspendedItem } from '../contracts/activities';
import { TOP_UPS_MAX } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import { leftFor, raisedAllowance } from '../domain/budget';
import { ladderOf } from '../domain/recovery';
import { phaseOf } from '../domain/run-state';
import { RunEnding } from './ending';
import { recovered } from './recovered';
import { askForTopUp } from './review-story';
import type { Terms } from './rounds';
import type { RunRecord } from './run-record';

type PhaseHandedBack = Extract<RunPhaseResult, { outcome: 'handed_back' }>;

/** More of the budget; where there is no more, what the ladder says. */
export async function findMoney(
  record: RunRecord,
  phase: PhasePlan,
  item: SuspendedItem,
): Promise<Terms> {
  const { needMicroUsd = 0, handBackMicroUsd } = item;
  const room = roomFor(record, phase, needMicroUsd);
  if (room) return room;
  for (const action of ladderOf(record.plan, phase, 'budget_exhausted')) {
    if (action === 'ask_top_up') {
      const toppedUp = await topUp(record, phase, item);
      if (toppedUp) return toppedUp;
    }
    if (action === 'hand_back' && handBackMicroUsd !== undefined) {
      recovered(record, phase, 'budget_exhausted', 'hand_back');
      // What it has may be enough as it is.
      return { ...roomFor(record, phase, handBackMicroUsd), handBack: { needMicroUsd } };
    }
  }
  throw outOfMoney(record, phase, needMicroUsd);
}

function roomFor(
  record: RunRecord,
  { name }: PhasePlan,
  needMicroUsd: number,
): Pick<Terms, 'allowanceMicroUsd'> | undefined {
  const allowanceMicroUsd = raisedAllowance(record.state, name, needMicroUsd);
  return allowanceMicroUsd === undefined ? undefined : { allowanceMicroUsd };
}

/** Asks until there is room, or a person lets it go on without. */
async function topUp(
  record: RunRecord,
  phase: PhasePlan,
  { digest, needMicroUsd = 0 }: SuspendedItem,
): Promise<Terms | undefined> {
  while (topUps(record) < TOP_UPS_MAX) {
    recovered(record, phase, 'budget_exhausted', 'ask_top_up');
    const short = Math.max(1, needMicroUsd - leftFor(record.state, phase.name));
    const decided = await askForTopUp(record, phase, digest, short);
    if (decided.decision !== 'top_up') return undefined;
    const room = roomFor(record, phase, needMicroUsd);
    if (room) return room;
  }
  return undefined;
}

const topUps = ({ state }: RunRecord): number =>
  Object.values(state.decisions).filter(({ decision }) => decision === 'top_up').length;

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
