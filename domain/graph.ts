/** The order of phases: which may start, and what a sent-back phase drags along. */
import type { PhasePlan, RunPlan } from '../contracts/plan';
import type { RunState } from '../contracts/run-state';

const ended = (state: RunState, phase: string): boolean =>
  state.phases[phase]?.status === 'done' || state.phases[phase]?.status === 'degraded';

/** Phases that are pending and whose needs are all met. */
export function readyPhases(plan: RunPlan, state: RunState): PhasePlan[] {
  return plan.phases.filter(
    (phase) =>
      state.phases[phase.name]?.status === 'pending' &&
      phase.needs.every((need) => ended(state, need)),
  );
}

export function allEnded(plan: RunPlan, state: RunState): boolean {
  return plan.phases.every((phase) => ended(state, phase.name));
}

/** The phase itself and all that build on it, directly or not, in the order of the plan. */
export function withDownstream(
  plan: { phases: readonly Pick<PhasePlan, 'name' | 'needs'>[] },
  phase: string,
): string[] {
  const found = new Set([phase]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const candidate of plan.phases)
      if (!found.has(candidate.name) && candidate.needs.some((need) => found.has(need))) {
        found.add(candidate.name);
        grew = true;
      }
  }
  return plan.phases.map((candidate) => candidate.name).filter((name) => found.has(name));
}

/** All that a phase builds on, directly or not, in the order of the plan. */
export function upstreamOf(plan: RunPlan, phase: string): string[] {
  return plan.phases
    .map(({ name }) => name)
    .filter((name) => name !== phase && withDownstream(plan, name).includes(phase));
}

/** What a revision does again: all that builds on the target and is not pending anyway. */
export function phasesToReset(plan: RunPlan, state: RunState, target: string): string[] {
  return withDownstream(plan, target).filter((name) => state.phases[name]?.status !== 'pending');
}
