/** What happens next, in a person's words, from plan and state alone. */
import { deadlineDecision } from '../contracts/deadline';
import type { PhasePlan, RunPlan } from '../contracts/plan';
import type { DecisionKind, Review } from '../contracts/reviews';
import type { RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';
import { lasting } from './lasting';

/** Of a phase that has not ended; undefined for one that has, and once the run has ended. */
export function nextOfPhase(plan: RunPlan, state: RunState, name: string): string | undefined {
  const phase = plan.phases.find((candidate) => candidate.name === name);
  if (!phase || isEnd(state.status) || hasEnded(state, name)) return undefined;
  const reviews = Object.values(state.reviews).filter((review) => review.phase === name);
  if (reviews.length === 0) {
    const asks = asksAlways(phase) ? 'a person is asked, ' : '';
    return `${asks}then ${follows(plan, state, name)}`;
  }
  return reviews
    .flatMap((review) => [
      ...review.options.map((option) => outcomeOf(plan, state, review, option)),
      ...unanswered(review),
    ])
    .join('; ');
}

/** `unanswered for 30 days → stop`; nothing for one that waits for ever. */
export function unanswered({ deadline, options }: Review): string[] {
  if (!deadline) return [];
  const { decideMs } = deadline;
  return [`unanswered for ${lasting(decideMs)} → ${deadlineDecision(deadline, options)}`];
}

const OUTCOMES: Record<DecisionKind, (plan: RunPlan, state: RunState, review: Review) => string> = {
  approve: (plan, state, { phase, kind, effects }) => {
    const effect = effects?.map(({ tool }) => tool).join(', ');
    const first = effect
      ? `${effect} ${kind === 'approval' ? 'is carried out' : 'counts as done'}, `
      : '';
    return `${first}then ${follows(plan, state, phase)}`;
  },
  accept: (plan, { limitations, ...state }, { phase }) => {
    const limited = [...limitations, { kind: 'unverified_output' as const, phase }];
    const then = follows(plan, { ...state, limitations: limited }, phase);
    return `the output of ${phase} is taken with a limitation, then ${then}`;
  },
  reject: () => 'the run ends as rejected',
  revise: (_plan, _state, { phase }) => `${phase} is done again with the comment`,
  edit: (plan, state, { phase }) =>
    `the edited output is taken, then ${follows(plan, state, phase)}`,
  respond: (_plan, _state, { phase }) => `${phase} goes on with the answer`,
  delegate: () => 'somebody else is asked',
  top_up: (_plan, _state, { phase }) => `${phase} goes on with more money`,
  resume: (_plan, _state, { phase }) => `${phase} goes on`,
  stop: () => 'the run ends with what there is',
};

/** Whatever the output says. */
const asksAlways = ({ review, triggers = [] }: PhasePlan): boolean =>
  review === 'always' || triggers.some(({ kind }) => kind === 'always');

/** What a decision does, from the state in which it is asked for. */
export const doesOnDecision = (
  plan: RunPlan,
  state: RunState,
  review: Review,
  option: DecisionKind,
): string => OUTCOMES[option](plan, state, review);

const outcomeOf = (plan: RunPlan, state: RunState, review: Review, option: DecisionKind): string =>
  `${option} → ${doesOnDecision(plan, state, review, option)}`;

/** What starts or ends once a phase has ended. */
function follows(plan: RunPlan, state: RunState, name: string): string {
  const open = plan.phases.filter((phase) => !hasEnded(state, phase.name));
  const starting = open.filter(({ needs }) => needs.includes(name));
  if (starting.length > 0) return starting.map(withNeeds).join(', ');
  const others = open.filter((phase) => phase.name !== name).map((phase) => phase.name);
  return others.length === 0 ? end(state) : `${end(state)} when ${others.join(', ')} ended too`;
}

/** A phase that needs more than one says so, since it may have to wait for the others. */
const withNeeds = ({ name, needs }: PhasePlan): string =>
  needs.length > 1 ? `${name} (needs ${needs.join(', ')})` : name;

const end = ({ limitations }: RunState): string =>
  limitations.length > 0 ? 'the run completes with limitations' : 'the run completes';

/** `now research + prices → analysis → report → the run completes`: what stands earlier is needed by what follows. */
export function nextOfRun(plan: RunPlan, state: RunState): string | undefined {
  if (isEnd(state.status)) return undefined;
  const active = plan.phases.filter(({ name }) => isActive(state, name));
  const ended = new Set(
    plan.phases.filter((phase) => hasEnded(state, phase.name)).map(({ name }) => name),
  );
  const waves: string[] = [];
  if (active.length > 0) waves.push(`now ${active.map(({ name }) => name).join(' + ')}`);
  for (const { name } of active) ended.add(name);
  for (;;) {
    const wave = plan.phases.filter(
      ({ name, needs }) => !ended.has(name) && needs.every((need) => ended.has(need)),
    );
    if (wave.length === 0) return [...waves, end(state)].join(' → ');
    waves.push(wave.map(({ name }) => name).join(' + '));
    for (const { name } of wave) ended.add(name);
  }
}

const isActive = (state: RunState, name: string): boolean =>
  state.phases[name]?.status === 'running' || state.phases[name]?.status === 'waiting';

const hasEnded = (state: RunState, name: string): boolean =>
  state.phases[name]?.status === 'done' || state.phases[name]?.status === 'degraded';
