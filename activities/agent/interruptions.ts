/** The ways in which a round stops before its answer. Thrown by steps, caught by the round. */
import type { SuspendedItem } from '../../contracts/activities';
import type { RoundFailureKind } from '../../contracts/failures';
import type { RecoveryAction } from '../../contracts/recoveries';
import type { Limitation } from '../../contracts/run-status';

/** Something must happen outside the activity first. */
export class RoundSuspended extends Error {
  override readonly name = 'RoundSuspended';
  constructor(readonly items: SuspendedItem[]) {
    super('suspended');
  }
}

/** An output of a round, and what it lacks. */
export interface Answered {
  output: Record<string, unknown>;
  limitations: Limitation[];
  /** Taken on the way. */
  recoveries: RecoveryAction[];
}

/** The next call may cost more than the phase has left. */
export class NoRoom extends RoundSuspended {
  constructor(item: Omit<SuspendedItem, 'reason'>) {
    super([{ reason: 'budget', ...item }]);
  }
}

/** The budget is used up, and what the last turn gave cannot be handed on. */
export class RoundHandedBack extends Error {
  override readonly name = 'RoundHandedBack';
  /** @param partial the text of the answer, where there is one */
  constructor(readonly partial?: string) {
    super('handed back');
  }
}

/** The round is given up; the workflow decides what follows. */
export class RoundRejected extends Error {
  override readonly name = 'RoundRejected';
  constructor(
    readonly failure: RoundFailureKind,
    readonly report: string,
    /** An output that fits everything but its checks. */
    readonly unverified?: Answered,
  ) {
    super(failure);
  }
}

/** A step failed and is to be taken again after a while, by the next attempt. */
export class StepToRetry extends Error {
  override readonly name = 'StepToRetry';
  constructor(readonly delayMs: number) {
    super('a step is to be tried again');
  }
}

/** A newer attempt holds the round, or the run is closed: this attempt must end at once. */
export class AttemptFenced extends Error {
  override readonly name = 'AttemptFenced';
  constructor(readonly by: 'fenced' | 'closed') {
    super(by);
  }
}
