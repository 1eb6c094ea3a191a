/** One attempt at a round: its fence, what is recorded already, and what every step needs. */
import type { SuspendedItem } from '../../contracts/activities';
import type { ContentStore, Sha256 } from '../../contracts/content';
import type { RoundId } from '../../contracts/ids';
import type { Fence, HeldUp, RecordedStep, StepLedger } from '../../contracts/ledger';
import { BACKOFF, RETRY_AFTER_MS_MAX } from '../../contracts/limits';
import type { Ladders } from '../../contracts/recoveries';
import type { ResolvedPhase } from '../../contracts/team/resolved';
import type { Seen } from '../categories/seen';
import { AttemptFenced, RoundRejected, RoundSuspended, StepToRetry } from './interruptions';

export interface Attempt {
  ledger: StepLedger;
  content: ContentStore;
  round: RoundId;
  fence: Fence;
  /** Outcomes recorded when the attempt began: read back for nothing. */
  recorded: Record<string, RecordedStep>;
  phase: ResolvedPhase;
  /** What is done about failures, as the run was opened with. */
  ladders: Ladders;
  /** The data categories of what its agent was given and got from tools. */
  seen: Seen;
  /** Which of the phase's models is asked: 0 is its own. */
  model: number;
  allowanceMicroUsd: number;
  /** Nothing more can be paid for but the hand-back turn. */
  handsBack: boolean;
  /** Ends when the attempt is cancelled. */
  signal: AbortSignal;
  /** When the last attempt of this entry must have ended, in ms since the epoch. */
  deadline: number;
}

/**
 * The outcome recorded under a key, if there is one. A request that differs from the recorded one
 * (the code has changed in the middle of a round) is never answered with it: the round starts over
 * as another one, under keys of its own, and what was recorded stays on record.
 */
export function recordedOutcome(
  attempt: Attempt,
  stepKey: string,
  requestDigest: Sha256,
): Sha256 | undefined {
  const step = attempt.recorded[stepKey];
  return step && outcomeFor(step, requestDigest);
}

/** @throws RoundRejected `request_changed` */
export function outcomeFor(step: RecordedStep, requestDigest: Sha256): Sha256 {
  if (step.requestDigest !== requestDigest)
    throw new RoundRejected(
      'request_changed',
      'A recorded step was made with another request: the round starts over.',
    );
  return step.outcomeSha256;
}

/** What a claim that was not granted means for the attempt. */
export function notClaimed(outcome: 'fenced' | 'closed'): AttemptFenced {
  return new AttemptFenced(outcome);
}

/** What waits for whoever has set the switch. */
export const heldUp = (
  step: { stepKey: string; digest: Sha256 },
  { heldBy }: HeldUp,
): SuspendedItem => ({ reason: 'held_up', ...step, heldBy });

export interface Backoff {
  firstMs: number;
  maxMs: number;
}

/** The wait before the next try: as the provider says, else jitter below a doubling ceiling. */
export function backoffMs(
  tries: number,
  retryAfterMs?: number,
  { firstMs, maxMs }: Backoff = BACKOFF,
): number {
  if (retryAfterMs !== undefined)
    return Math.min(Math.max(retryAfterMs, BACKOFF.leastMs), RETRY_AFTER_MS_MAX);
  const ceiling = Math.min(maxMs, firstMs * 2 ** (tries - 1));
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

/** A retry by the next attempt where there is time for one; else the round is suspended meanwhile. */
export function retryLater(
  attempt: Attempt,
  step: { stepKey: string; digest: Sha256 },
  delayMs: number,
): Error {
  if (Date.now() + delayMs < attempt.deadline) return new StepToRetry(delayMs);
  return new RoundSuspended([{ reason: 'long_wait', ...step, waitMs: delayMs }]);
}
