/** How a run ends before or after its last phase. Thrown by phases, caught by the run. */
import type { FailureKind } from '../contracts/failures';
import type { RunState, Shortage } from '../contracts/run-state';
import type { Limitation, RunEndStatus } from '../contracts/run-status';

export class RunEnding extends Error {
  override readonly name = 'RunEnding';
  private constructor(
    readonly status: RunEndStatus,
    readonly failure?: FailureKind,
    /** What the result lacks because of what ended the run. */
    readonly limitations: Limitation[] = [],
    readonly shortage?: Shortage,
  ) {
    super(status);
  }

  static completed(state: RunState): RunEnding {
    return new RunEnding(state.limitations.length > 0 ? 'completed_with_limitations' : 'completed');
  }
  static stopped(): RunEnding {
    return new RunEnding('stopped');
  }
  static rejected(): RunEnding {
    return new RunEnding('rejected');
  }
  static budgetExhausted(shortage: Shortage): RunEnding {
    return new RunEnding('budget_exhausted', 'budget_exhausted', [], shortage);
  }
  static failed(failure: FailureKind, limitations: Limitation[] = []): RunEnding {
    return new RunEnding('failed', failure, limitations);
  }
}
