/**
 * Sharing out a run's budget. Invariants:
 *  B1 The sum of what ended phases spent and active phases are allowed never exceeds the budget;
 *     a phase that was cut off before it reported counts with all it may have booked.
 *  B2 An allowance never shrinks below what its phase has spent, or may have.
 * All amounts are whole micro-dollars.
 */
import type { PhasePlan, RunPlan } from '../contracts/plan';
import type { PhaseState, RunState } from '../contracts/run-state';
import { NO_SPEND, type Spend } from '../contracts/run-status';

export const spent = (spend: Spend): number => spend.settledMicroUsd + spend.unsettledMicroUsd;

const active = (phase: PhaseState): boolean =>
  phase.status === 'running' || phase.status === 'waiting';

/** The most a phase can have booked by now. */
const booked = (phase: PhaseState): number => spent(phase.spend) + phase.unreportedMicroUsd;

/** What is set aside for a phase: its whole allowance while it is active, else what it has booked. */
const committed = (phase: PhaseState): number =>
  active(phase) ? Math.max(phase.allowanceMicroUsd, booked(phase)) : booked(phase);

/** What nobody has spent and nobody has been promised. */
export function unpromised(state: RunState): number {
  const promised = Object.values(state.phases).reduce((sum, phase) => sum + committed(phase), 0);
  return Math.max(0, state.budgetMicroUsd - promised);
}

/** The allowance of a phase that starts: what it booked before, plus its share of what is unpromised. */
export function allowanceAtStart(plan: RunPlan, state: RunState, phase: PhasePlan): number {
  const waiting = plan.phases.filter(({ name }) => state.phases[name]?.status === 'pending');
  const weights = waiting.reduce((sum, { budgetShare }) => sum + budgetShare, 0);
  const share = Math.floor((unpromised(state) * phase.budgetShare) / Math.max(weights, 1));
  const before = state.phases[phase.name];
  return (before ? booked(before) : 0) + share;
}

/** What an active phase could book beyond what it has, if it got all that nobody was promised. */
export function leftFor(state: RunState, phase: string): number {
  const current = state.phases[phase];
  return current ? committed(current) + unpromised(state) - spent(current.spend) : 0;
}

/**
 * The allowance of an active phase whose next call does not fit: enough for that call where the
 * run still has it; undefined where it has not.
 */
export function raisedAllowance(
  state: RunState,
  phase: string,
  needMicroUsd: number,
): number | undefined {
  const current = state.phases[phase];
  if (!current) return undefined;
  const wanted = spent(current.spend) + needMicroUsd;
  const fits = needMicroUsd <= leftFor(state, phase);
  return wanted > current.allowanceMicroUsd && fits ? wanted : undefined;
}

export function totalSpend(state: RunState): Spend {
  return Object.values(state.phases).reduce<Spend>(
    (sum, { spend }) => ({
      settledMicroUsd: sum.settledMicroUsd + spend.settledMicroUsd,
      unsettledMicroUsd: sum.unsettledMicroUsd + spend.unsettledMicroUsd,
    }),
    NO_SPEND,
  );
}
