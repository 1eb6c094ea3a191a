/** What a phase waits for, in a person's words. */
import { PHASE_LIMITS } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import type { RunEvent, RunEventType, RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';
import { SUSPENSION_WORDS } from './event-words';
import { startWords, type UnbegunPhase } from './load-words';

/** A step whose last call failed and which will be tried again by itself. */
export interface RetryingStep {
  name: string;
  /** Calls that failed since the phase was last entered. */
  failedTries: number;
  /** Why the last one did. */
  failure?: string | null;
}

/** The model that the phase asks is not asked for a while. Times as in ISO 8601. */
export interface OpenBreaker {
  name: string;
  failure: string;
  openSince: string;
  nextTry: string;
}

/** Events after which a phase waits, where nobody is asked. */
const AFTER: Partial<Record<RunEventType, string>> = {
  output_accepted: 'its effects to be carried out',
  output_rejected: 'its next round',
  review_opened: 'what was decided to be carried out',
};

/**
 * Undefined for a phase that works or has ended.
 * @param last the event that gave the phase its present status
 * @param unbegun while no attempt at its present entry has begun
 */
export function waitOf(
  phase: PhasePlan,
  state: RunState,
  last: RunEvent | undefined,
  {
    retrying,
    heldBackBy,
    unbegun,
  }: {
    retrying: readonly RetryingStep[];
    heldBackBy?: OpenBreaker | undefined;
    unbegun?: UnbegunPhase | undefined;
  },
): string | undefined {
  const status = state.phases[phase.name]?.status ?? 'pending';
  if (isEnd(state.status)) return undefined;
  if (status === 'pending') return unmetNeeds(phase, state).join(', ') || undefined;
  if (status === 'running' && unbegun)
    return startWords(unbegun, phase.scheduleToStartMs ?? PHASE_LIMITS.scheduleToStartMs.default);
  const longWait = last?.type === 'phase_suspended' && last.reasons.includes('long_wait');
  if (heldBackBy && (status === 'running' || (status === 'waiting' && longWait)))
    return breakerWords(heldBackBy);
  if (status === 'running') return retrying.map(retryWords).join('; ') || undefined;
  if (status !== 'waiting') return undefined;
  const reviews = Object.values(state.reviews).filter((review) => review.phase === phase.name);
  if (reviews.length > 0)
    return reviews
      .map(({ id, kind, reason }) =>
        kind === 'approval' ? `a person’s approval (${id})` : `an operator: ${reason} (${id})`,
      )
      .join('; ');
  if (last?.type === 'phase_suspended')
    return last.reasons.map((reason) => SUSPENSION_WORDS[reason]).join('; ');
  return last && AFTER[last.type];
}

const unmetNeeds = ({ needs }: PhasePlan, { phases }: RunState): string[] =>
  needs.filter((need) => !['done', 'degraded'].includes(phases[need]?.status ?? ''));

const breakerWords = ({ name, failure, openSince, nextTry }: OpenBreaker): string =>
  `${name}, which is failing (${failure}; breaker open since ${openSince}, next try ${nextTry})`;

function retryWords({ name, failedTries, failure }: RetryingStep): string {
  const times = failedTries === 1 ? 'once' : `${failedTries} times`;
  return `${name}, which failed ${times}${failure ? ` (${failure})` : ''}, to be tried again`;
}
