/** What the invariants look at, and what each says. */
import type { BillLine } from '../../../simulator';
import type { FaultWindow } from '../fault-log';
import type { Records } from '../records';
import type { PlannedRun } from '../runs';
import type { Carried } from '../target';

export interface Evidence {
  runs: readonly PlannedRun[];
  /** What Temporal says of each run, by business key; absent where it knows none. */
  temporal: ReadonlyMap<string, string>;
  records: Records;
  bill: readonly BillLine[];
  windows: readonly FaultWindow[];
  /** How often the target saw each file, by path below the publish folder. */
  writes: ReadonlyMap<string, number>;
  /** What the HTTP targets have done. */
  carried: readonly Carried[];
  /** How often they recognised a key and did nothing. */
  recognisedCount: number;
}

export interface Finding {
  /** In words, as the report names it. */
  invariant: string;
  /** What was counted. */
  figures: string;
  /** Empty where the invariant holds. */
  violations: string[];
}

export type Invariant = (evidence: Evidence) => Finding;
