/**
 * Switches as the ledger keeps them. Of one scope and name one is on at a time; a `stop` takes the place
 * of a `pause`, and nothing but turning it off that of a `stop`. Past ones are kept.
 */
import type { AuditEntry } from './audit';
import type { Sha256 } from './content';
import type { RunId } from './ids';
import type { HeldBy, SwitchMode, SwitchScope } from './switches';

/** What a switch is set on. `name`: the user, team, model or tool, of a run its key (`runKey`), empty for the installation. */
export interface SwitchPlace {
  scope: SwitchScope;
  name: string;
}

interface SwitchFacts extends SwitchPlace {
  /** The same id changes nothing when it comes again. */
  id: string;
  mode: SwitchMode;
  /** Opaque id of the person. */
  by: string;
  reason?: string;
}

/** What the audit log is told beside: the reason as an artifact, and how it came. */
export interface SwitchAudit extends Pick<AuditEntry, 'verified' | 'role' | 'from'> {
  reasonSha256?: Sha256;
}

export interface NewSwitch extends SwitchFacts {
  audit: SwitchAudit;
}

export interface SwitchOff extends SwitchPlace {
  by: string;
  reason?: string;
  audit: SwitchAudit;
}

export interface Switch extends SwitchFacts {
  setAt: Date;
  /** Absent while it is on. */
  off?: {
    at: Date;
    /** Absent: the run that it was set on has ended. */
    by?: string;
    reason?: string;
  };
}

export type SwitchSet =
  /** `was`: the one that it has taken the place of. */
  | { outcome: 'set'; set: Switch; was?: Switch }
  /** This very one was set before, and may be off by now. */
  | { outcome: 'set_before'; set: Switch }
  /** Another one is on that does as much or more. */
  | { outcome: 'on_already'; set: Switch }
  /** The id belongs to a switch of something else. */
  | { outcome: 'id_taken' }
  /** The run that it was to be set on has ended. */
  | { outcome: 'run_ended' };

/** For whoever sets and reads switches. */
export interface SwitchLedger {
  set(wanted: NewSwitch): Promise<SwitchSet>;
  /** Undefined: none is on there. */
  turnOff(off: SwitchOff): Promise<Switch | undefined>;
  /** Newest first. */
  list(filter: { past: boolean; limit: number }): Promise<Switch[]>;
  /** Open runs that a switch at this place concerns, or may. */
  concerned(place: SwitchPlace): Promise<RunId[]>;
  /** What holds a run up; `setAt` and `reason` beside. */
  holdOn(run: RunId): Promise<Switch | undefined>;
}

export interface RunHold {
  /** Absent: nothing holds it up. */
  heldBy?: HeldBy;
  /** Whether an attempt at a round or an effect of the run is under way. */
  atWork: boolean;
}

/** What activities ask of switches beside the claims of steps and effects. */
export interface HoldLedger {
  holdOn(run: RunId): Promise<RunHold>;
  /** Open runs, quiet for so long, whose state says otherwise than the switches. */
  strayRuns(quietMs: number, max: number): Promise<RunId[]>;
}
