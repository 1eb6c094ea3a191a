/**
 * The ledger as activities use it: fences, steps, calls, effects, the projection of runs.
 *
 * Invariants, cited by tests as L1 to L13:
 *  L1 A claim succeeds only with the highest fence seen for the round; an older attempt claims nothing.
 *  L2 A closed run lets nothing be claimed, whatever the fence.
 *  L3 A step has at most one outcome; the first one recorded wins.
 *  L4 A call is booked at its worst case before it is made and never exceeds the phase's allowance.
 *  L5 A call ends settled (actual cost), released (nothing) or unsettled (worst case); never unnoticed.
 *  L6 Events of a run are recorded in order of version, without gaps, each once; only a newer Temporal run
 *     may take events back, and an older one records nothing any more.
 *  L7 An artifact's name is the sha256 of its bytes.
 *  L8 An effect is begun once per key, unless its target recognises the key or a person said: once more.
 *  L9 Within a run two effects write the same place only with the same input, or in another round of their phase.
 *  L10 An effect without a place that another round of its phase has carried out with the same input is
 *     taken over, not carried out again.
 *  L11 A breaker opens after so many failures in a row across all workers, and closes with the first
 *     success of a call that was begun since, or by its probe; while it is closed and nothing fails,
 *     nobody waits for anybody.
 *  L12 While it is open nothing is claimed or booked, but one probe at a time once it is due; the lease
 *     of a probe ends with its call, its attempt, its run or its time, whichever comes first.
 *  L13 What a switch holds up is not begun; what has begun is recorded all the same.
 */
import type { PhaseReport } from './activities';
import type { ContentStore, Sha256 } from './content';
import type { EffectLedger } from './effect-ledger';
import type { FailureKind } from './failures';
import type { RoundId, RunId } from './ids';
import type { LateStart, QueuePlace, ReachedLimit } from './load';
import type { RunPlan } from './plan';
import type { RecoveryAction } from './recoveries';
import type { RunEvent, RunState } from './run-state';
import type { RunEndStatus } from './run-status';
import type { HoldLedger, Switch } from './switch-ledger';
import type { HeldBy } from './switches';

/** Compared in this order. The ledger issues generations, the workflow counts entries, Temporal attempts. */
export interface Fence {
  generation: number;
  entry: number;
  attempt: number;
}

export interface BeginAttempt {
  round: RoundId;
  /** Temporal's run id, for which the ledger issues or finds the generation. */
  temporalRunId: string;
  entry: number;
  attempt: number;
  /** Identity of the worker process. */
  worker: string;
  /** Since this entry into the round was scheduled. */
  waitedMs: number;
}

export type AttemptBegun =
  | {
      outcome: 'begun';
      fence: Fence;
      /** The prompt as rendered by the first entry into this round, once there is one. */
      promptSha256?: Sha256;
      /** Attempts lost in a row without one step recorded between them. */
      crashes: number;
      /** Whether this attempt takes over from one that was lost. */
      takesOver: boolean;
      /** Outcomes recorded so far, by step key. */
      recorded: Record<string, RecordedStep>;
      /** How long this entry waited before its first attempt, and for whose limit. */
      start: LateStart;
    }
  /** Too many phases are at work: nothing was begun. */
  | { outcome: 'waits'; place: QueuePlace }
  | { outcome: 'fenced' }
  | { outcome: 'closed' };

export interface RecordedStep {
  requestDigest: Sha256;
  outcomeSha256: Sha256;
}

export type StepKind = 'model' | 'tool';

/** Bytes stored in the same round trip as the claim or outcome that names them. */
export interface ArtifactBytes {
  sha256: Sha256;
  bytes: Buffer;
  mediaType: string;
}

/** Which breaker a call asks, and how long the call can take if it becomes the probe. */
export interface BreakerAsk {
  /** `breakerScope(…)`. */
  scope: string;
  leaseMs: number;
}

export interface ClaimStep {
  stepKey: string;
  round: RoundId;
  fence: Fence;
  kind: StepKind;
  turn: number;
  /** The model or tool. */
  name: string;
  requestDigest: Sha256;
  /** A fresh UUID: names the call. */
  callId: string;
  /** Worst case of this call; 0 for tools that cost nothing. */
  reserveMicroUsd: number;
  allowanceMicroUsd: number;
  /** Absent: of a step that asks nobody outside. */
  breaker?: BreakerAsk;
  /** Of a step that has begun before: no switch holds it up any more. */
  goesOn?: true;
  artifacts: ArtifactBytes[];
}

/** A switch holds the run up: nothing was begun or booked. */
export interface HeldUp {
  outcome: 'held_up';
  heldBy: HeldBy;
}

/** What is known of a model or tool that no call is made to for a while. */
export interface BreakerOpen {
  outcome: 'breaker_open';
  /** Of the last call that failed. */
  failure: FailureKind;
  /** Until the next probe is due; 0 while one is under way. */
  waitMs: number;
  /** Since the first of the failures in a row. */
  failingForMs: number;
}

export type StepClaim =
  /** Go on and take it; `tries` earlier calls of this step have failed. */
  | { outcome: 'claimed'; tries: number }
  /** Another attempt has recorded it: read it back. */
  | { outcome: 'recorded'; step: RecordedStep }
  | { outcome: 'fenced' }
  | { outcome: 'closed' }
  /** The worst case does not fit into the allowance. */
  | { outcome: 'no_room'; bookedMicroUsd: number }
  | HeldUp
  | BreakerOpen;

/** Token counts of one call as the provider reported them. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheWriteTokens: number;
  cacheReadTokens: number;
  /** Searches of the web that the provider made and charges for; default 0. */
  webSearches?: number;
}

export interface RecordOutcome {
  stepKey: string;
  callId: string;
  outcomeSha256: Sha256;
  /** What ended it, e.g. the stop reason of a model or the error kind of a tool; `ok` if nothing. */
  ending: string;
  costMicroUsd: number;
  usage?: Usage;
  /** The provider's id of the request. */
  requestId?: string;
  /** The model as served. */
  servedBy?: string;
  latencyMs: number;
  /** The breaker that closes, since whom it stands for has answered. */
  breaker?: string;
  artifacts: ArtifactBytes[];
}

/** A request that was paid for, of a call that is not the last of its step or has failed. */
export interface SettleCall {
  callId: string;
  costMicroUsd: number;
  /** The provider's id of the request. */
  requestId?: string;
  latencyMs: number;
}

export interface FailCall {
  stepKey: string;
  callId: string;
  /** Whether the call may have been billed; `settled`: it has been, as `settleCall` was told before. */
  disposition: 'released' | 'unsettled' | 'settled';
  failure: FailureKind;
  requestId?: string;
  latencyMs: number;
  /** The provider's answer in full, as an artifact. */
  errorSha256?: Sha256;
  /** Absent: the failure says nothing against whom the breaker stands for. */
  breaker?: {
    scope: string;
    /** The next probe comes no sooner, as the provider asks. */
    retryAfterMs?: number;
  };
  artifacts: ArtifactBytes[];
}

export interface NotedRecovery {
  /** With nothing but the run's key: of the run as a whole. */
  round: Pick<RoundId, 'runKey'> & Partial<RoundId>;
  /** Absent: of the round as a whole. */
  stepKey?: string;
  failure: FailureKind;
  action: RecoveryAction;
  /** Of its step once at most: a repeated attempt decides on it again. */
  once?: true;
}

/** An earlier good result of the same call, of a run of the same user and team. */
export interface EarlierResult {
  outcomeSha256: Sha256;
  ageMs: number;
}

export interface EarlierResultQuery {
  runKey: string;
  tool: string;
  requestDigest: Sha256;
  ageMsMax: number;
  /** Not of other runs. */
  ofThisRun: boolean;
}

export interface StepLedger {
  beginAttempt(attempt: BeginAttempt): Promise<AttemptBegun>;
  /** The first prompt stored for a round stays: a deployment in the middle changes nothing in it. */
  keepPrompt(round: RoundId, promptSha256: Sha256): Promise<Sha256>;
  claimStep(claim: ClaimStep): Promise<StepClaim>;
  /** Settles the call, and records the outcome unless the step has one; returns the one that won. */
  recordOutcome(outcome: RecordOutcome): Promise<{ outcomeSha256: Sha256; won: boolean }>;
  /** What a call has cost, before its step has an outcome. */
  settleCall(settled: SettleCall): Promise<void>;
  /** Returns how many calls of this step have failed, this one included; probes do not count. */
  failCall(failed: FailCall): Promise<{ tries: number }>;
  /** Why the last call of a step failed, and the report of it. */
  lastFailure(stepKey: string): Promise<{ failure: FailureKind; errorSha256: Sha256 } | undefined>;
  /** The newest one that is not older than that. */
  earlierResult(query: EarlierResultQuery): Promise<EarlierResult | undefined>;
  /** The attempt ended by itself (returned or threw): it does not count as a crash. */
  endAttempt(round: RoundId, fence: Fence): Promise<void>;
  /** A recovery was taken inside an activity. Returns whether it is a new one. */
  noteRecovery(recovery: NotedRecovery): Promise<boolean>;
  reportOf(runKey: string, phase: string): Promise<PhaseReport>;
}

/** How a run asks to be opened under the limits of the installation. */
export interface AdmissionRequest {
  /** 1 comes first. */
  priority: number;
  /** What becomes of a run for which there is no room. */
  whenFull: 'queue' | 'refuse';
}

export interface OpenedRun {
  run: RunId;
  temporalRunId: string;
  plan: RunPlan;
  user: string;
  teamSha256: Sha256;
  inputSha256: Sha256;
  documentsSha256?: Sha256;
  provider: string;
  /** Key of the run whose artifacts this one takes over. */
  forkedFrom?: string;
  /** Absent for a run that was opened before and is only lost here: it counts, and is not asked. */
  admission?: AdmissionRequest;
}

/** Absent: no switch holds it up. */
interface Held {
  heldBy?: HeldBy;
}

/** Other runs that may begin by now: they wait until they are told. */
export interface MayBegin {
  mayBegin: RunId[];
}

export type RunOpened =
  | ({ outcome: 'opened' } & Held & MayBegin)
  | ({ outcome: 'queued'; place: QueuePlace } & Held & MayBegin)
  /** A switch stops it before it begins. Nothing of the run is kept. */
  | { outcome: 'switched_off'; by: Switch }
  /** No room, and no place in the queue either. Nothing of the run is kept. */
  | ({ outcome: 'full'; full: ReachedLimit } & MayBegin)
  /** It was refused before, and the answer was lost on its way. */
  | { outcome: 'refused' }
  /** The business key belongs to a run that has ended. */
  | { outcome: 'key_ended' };

/** What an activity hands over before it does anything: the outbox of its workflow. */
export interface Outbox {
  run: RunId;
  /** The Temporal run that it comes from: a reset makes another one, which takes back what it does not know. */
  temporalRunId: string;
  /** Version of the workflow's state when the activity was scheduled. */
  version: number;
  /** The events up to that version that have not been acknowledged. */
  events: RunEvent[];
}
export type EventsRecorded =
  /** `version`: the highest one recorded; `fresh`: those that were not there before. */
  | ({ outcome: 'recorded'; version: number; fresh: RunEvent[] } & MayBegin)
  /** A newer Temporal run writes this run's events. */
  | { outcome: 'fenced' }
  /** The run is closed: no event comes after its end. */
  | { outcome: 'closed' };

/** The archived history of one Temporal run. */
export interface ArchivedHistory {
  temporalRunId: string;
  historySha256: Sha256;
}

export interface ClosedRun extends Outbox {
  status: RunEndStatus;
  resultSha256: Sha256;
  historySha256?: Sha256;
}

/** By version: what was not there, was otherwise, or is told by no history. */
export interface Rebuilt {
  versions: number;
  equal: boolean;
  complete: boolean;
  missing: number[];
  different: number[];
  surplus: number[];
}

/** A run as the ledger has it. */
export interface KnownRun {
  run: RunId;
  plan: RunPlan;
  state: RunState;
  teamSha256: Sha256;
  inputSha256: Sha256;
  closed: boolean;
  /** The newest Temporal run that did anything for it. */
  temporalRunId?: string;
}

export interface RunLedger {
  /** Idempotent. */
  openRun(run: OpenedRun): Promise<RunOpened>;
  /** A queued run asks whether it may begin. */
  askAdmission(run: RunId): Promise<{ outcome: 'admitted' | 'queued' } & MayBegin>;
  refuseRun(
    run: Omit<OpenedRun, 'plan'> & { team: string; version: string; budgetMicroUsd: number },
    explanation: string,
  ): Promise<void>;
  /**
   * Writes events by version, idempotently, and projects them. Events of an older Temporal run that
   * this one does not know (it was reset) are taken back. A run that parks lets others begin.
   * @throws RangeError when there would be a gap.
   */
  recordEvents(outbox: Outbox): Promise<EventsRecorded>;
  /** Records the last events and closes the run, both at once or not at all. Idempotent. */
  closeRun(run: ClosedRun): Promise<EventsRecorded>;
  keepHistory(run: RunId, history: ArchivedHistory): Promise<void>;
  /** In the order of their generations. */
  historiesOf(run: RunId): Promise<ArchivedHistory[]>;
  /**
   * Replaces a run's events and states by those told, which are asked for while no event can be
   * recorded. What is not `complete` leaves the versions after it as they are.
   */
  rebuild(
    run: RunId,
    tell: () => Promise<{ events: RunEvent[]; complete: boolean }>,
  ): Promise<Rebuilt>;
  /** Runs that are open and have not changed for so long, the longest first. */
  quietRuns(quietMs: number, max: number): Promise<RunId[]>;
  /** One run, or none: a run that was refused has no plan to speak of. */
  knownRun(run: RunId): Promise<KnownRun | undefined>;
}

export interface Ledger extends StepLedger, EffectLedger, RunLedger, HoldLedger {
  content: ContentStore;
}
