/** Where a run stands, in a person's words. */
import type { RunPlan } from '../contracts/plan';
import type { RunState } from '../contracts/run-state';
import type { RunStatus } from '../contracts/run-status';
import { totalSpend } from './budget';
import { dollars } from './dollars';
import { RECOVERY } from './recovery';
import { explainReview } from './review-words';
import { heldWords, isStoppedBy } from './switch-words';

const list = (names: string[]): string => names.join(', ') || 'nothing';

function progress(plan: RunPlan, state: RunState): string {
  const done = plan.phases.filter(({ name }) => state.phases[name]?.status === 'done');
  const spend = totalSpend(state);
  const unsettled =
    spend.unsettledMicroUsd > 0 ? ` and at most ${dollars(spend.unsettledMicroUsd)} unsettled` : '';
  return `${done.length} of ${plan.phases.length} phases (${list(done.map(({ name }) => name))}) for ${dollars(spend.settledMicroUsd)}${unsettled} of ${dollars(state.budgetMicroUsd)}`;
}

/** In which phase, where it is one. */
function where({ phases }: RunState): string {
  const [name, ...others] = Object.keys(phases).filter(
    (one) => phases[one]?.status === 'unfinished',
  );
  return name !== undefined && others.length === 0 ? ` in ${name}` : '';
}

function because({ failure, heldBy, status }: RunState): string {
  if (failure) return `: ${RECOVERY[failure].explanation}`;
  const isCause = heldBy && (status === 'paused' || isStoppedBy(status, heldBy));
  return isCause ? `: ${heldWords(heldBy)}.` : '.';
}

const EXPLAIN: Record<RunStatus, (plan: RunPlan, state: RunState) => string> = {
  queued: (_plan, { queuedAt }) =>
    queuedAt === undefined
      ? 'The run waits to be opened.'
      : 'The run waits for its turn: it begins by itself as soon as there is room.',
  running: (plan, state) => {
    const busy = plan.phases.filter(({ name }) => state.phases[name]?.status === 'running');
    const work =
      busy.length > 0 ? `Working on ${list(busy.map(({ name }) => name))}` : 'Between phases';
    return `${work}; completed ${progress(plan, state)}.`;
  },
  waiting_for_review: (_plan, state) => Object.values(state.reviews).map(explainReview).join(' '),
  paused: (plan, state) => `The run is paused after ${progress(plan, state)}${because(state)}`,
  completed: (plan, state) => `Completed ${progress(plan, state)}.`,
  completed_with_limitations: (plan, state) =>
    `Completed ${progress(plan, state)}, with limitations: ${list([
      ...new Set(state.limitations.map(({ kind, phase }) => (phase ? `${kind} (${phase})` : kind))),
    ])}.`,
  budget_exhausted: (plan, state) =>
    state.shortage
      ? `The budget has no room for the next call of ${state.shortage.phase}: it may cost up to ${dollars(state.shortage.needMicroUsd)}, and ${dollars(state.shortage.leftMicroUsd)} of ${dollars(state.budgetMicroUsd)} was left for it. Completed ${progress(plan, state)}.`
      : `The budget of ${dollars(state.budgetMicroUsd)} was used up after ${progress(plan, state)}.`,
  rejected: (plan, state) => `A person rejected the run after ${progress(plan, state)}.`,
  refused: () => 'The run was refused and never started.',
  stopped: (plan, state) => `The run was stopped after ${progress(plan, state)}${because(state)}`,
  failed: (plan, state) =>
    `The run failed${where(state)} after ${progress(plan, state)}${because(state)}`,
};

export function explainRun(plan: RunPlan, state: RunState): string {
  return EXPLAIN[state.status](plan, state);
}
