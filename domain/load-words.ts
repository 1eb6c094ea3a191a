/** Limits that are reached, and waiting for them, in a person's words. */
import type { LoadLimitName, LoadScope, QueuePlace, ReachedLimit } from '../contracts/load';
import { lasting } from './lasting';

const WHAT: Record<LoadLimitName, string> = {
  runsAtWork: 'runs at work',
  runsQueued: 'queued runs',
  phasesAtWork: 'phases at work',
};
export const WHOSE: Record<LoadScope, string> = {
  installation: 'of the installation',
  user: 'of its user',
};

/** `20 of 20 runs at work of its user`. */
export const reachedWords = ({ limit, scope, max, used }: ReachedLimit): string =>
  `${used} of ${max} ${WHAT[limit]} ${WHOSE[scope]}`;

/** How a caller who is refused can put it right. */
export function refusalWords(full: ReachedLimit): string {
  const whose = full.scope === 'user' ? ' for this user' : '';
  return `There is no room for the run: ${reachedWords(full)} are taken. Start it again when some${whose} have ended, or raise ${full.limit} in the file that TUESDAY_LIMITS names.`;
}

/** Of a queued run: its place, and what holds it. */
export function queueWords({ held, before }: QueuePlace): string {
  const among = held.scope === 'user' ? ' of its user' : '';
  return `Place ${before + 1} in the queue${among} (${before} before it, by priority and age): ${reachedWords(held)} are taken. It begins by itself when one of them ends or waits for a person.`;
}

/** A phase that has not begun yet. */
export interface UnbegunPhase {
  /** Since it was entered. */
  waitsMs: number;
  /** Where it stands among those that wait for a place; absent: no worker has taken it up. */
  place?: QueuePlace;
}

/** What it waits for; undefined while it is not late. */
export function startWords(
  { waitsMs, place }: UnbegunPhase,
  scheduleToStartMs: number,
): string | undefined {
  if (place)
    return `its place for ${lasting(waitsMs)}: ${reachedWords(place.held)}, ${place.before} before it`;
  return waitsMs > scheduleToStartMs
    ? `a worker for ${lasting(waitsMs)}: none takes it up`
    : undefined;
}
