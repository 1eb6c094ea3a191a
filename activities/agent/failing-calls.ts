/** What a failed call says about whom it was made to, and how long a run waits for those who are away. */
import type { FailureKind } from '../../contracts/failures';
import type { BreakerOpen } from '../../contracts/ledger';
import { BREAKER } from '../../contracts/limits';

/**
 * Failures where the other side, or the way to it, is at fault. Not among them: what our request,
 * key or account got wrong, and what the model itself decided.
 */
const AWAY: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'rate_limited',
  'overloaded',
  'server_error',
  'connection_lost',
  'stalled',
  'too_slow',
  'bad_response',
  'tool_timeout',
  'tool_failed',
  'tool_rate_limited',
  'tool_bad_output',
]);

export const countsForBreaker = (failure: FailureKind): boolean => AWAY.has(failure);

/** Until the call is tried again; undefined where the outage has lasted too long to wait on. */
export function breakerWaitMs({ waitMs, failingForMs }: BreakerOpen): number | undefined {
  if (failingForMs > BREAKER.outageMsMax) return undefined;
  const least = Math.max(BREAKER.waitMsLeast, failingForMs * BREAKER.waitShare);
  return Math.round(Math.max(waitMs, least) * (1 + Math.random() * BREAKER.waitJitter));
}
