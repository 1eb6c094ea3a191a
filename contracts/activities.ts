/**
 * The activities as the workflow sees them. Arguments and results carry references, small enums
 * and numbers only. Every scheduled activity also carries the events that the ledger has not
 * acknowledged yet (the outbox) and says up to which version it has written.
 */
import type { Categories } from './categories';
import type { Sha256 } from './content';
import type { FailureKind, RoundFailureKind } from './failures';
import type { RunId } from './ids';
import type { LateStart, ReachedLimit } from './load';
import type { Delivery, DeliveryEnd } from './notifications';
import type { RunPlan } from './plan';
import type { RecoveryTaken } from './recoveries';
import type { Decision, DecisionAdmission, TriggerKind } from './reviews';
import type { TeamRunStart } from './run';
import type {
  Instruction,
  OutputFacts,
  RunEvent,
  RunEventBody,
  SuspensionReason,
} from './run-state';
import type { Limitation, RunEnd, RunEndStatus, Spend } from './run-status';
import type { HeldBy } from './switches';

/** What every activity is given: whose run it is, and the events to record first. */
export interface WithOutbox {
  run: RunId;
  /** Version of the workflow's state. */
  version: number;
  events: RunEvent[];
}
/** How often the ledger was waited for; absent: never. */
export interface Waited {
  ledgerWaits?: number;
}
/** The highest event version the ledger has recorded. */
export interface Acknowledged extends Waited {
  recordedVersion: number;
}

export type RefusalReason =
  | 'bad_input'
  | 'unknown_price'
  | 'documents_missing'
  | 'key_already_ended'
  /** Too much is at work, or waits, already. */
  | 'overload'
  | 'queue_full'
  /** A switch stops all runs of its kind. */
  | 'switched_off';

export interface OpenRunInput {
  run: RunId;
  start: TeamRunStart;
}
export type OpenRunResult = Waited & OpenedOrRefused;
export type OpenedOrRefused =
  /** `heldBy`: it goes no further than that for now. */
  | { outcome: 'opened'; plan: RunPlan; fork?: ForkOrigin; heldBy?: HeldBy }
  /** As `opened`, but for the time being there is no room: it begins when it is admitted. */
  | {
      outcome: 'queued';
      plan: RunPlan;
      fork?: ForkOrigin;
      held: ReachedLimit;
      heldBy?: HeldBy;
    }
  /** There is no room and no recovery is declared: it ends with this failure. */
  | {
      outcome: 'overloaded';
      plan: RunPlan;
      fork?: ForkOrigin;
      failure: 'overload' | 'queue_full';
    }
  | { outcome: 'refused'; reason: RefusalReason };

/** What a fork begins with; the body of its event `run_forked`. */
export type ForkOrigin = Omit<Extract<RunEventBody, { type: 'run_forked' }>, 'type'>;

export type AdmitRunResult = Acknowledged & { outcome: 'admitted' | 'queued' };

export interface IngestDocumentsInput extends WithOutbox {
  documentsSha256: Sha256;
}
export type IngestDocumentsResult = Acknowledged &
  (
    | {
        outcome: 'ingested';
        documentsSha256: Sha256;
        documents: number;
        unavailable: number;
        /** A text: which could not be read, and why. */
        detailSha256?: Sha256;
      }
    /** What was given is no list of documents; the detail is a text. */
    | { outcome: 'refused'; reason: RefusalReason; detailSha256?: Sha256 }
  );

export interface RunPhaseInput extends WithOutbox {
  resolvedTeamSha256: Sha256;
  inputSha256: Sha256;
  documentsSha256?: Sha256;
  phase: string;
  /** Member of a fan-out; `-` where there is none. */
  item: string;
  round: number;
  entry: number;
  /** Which of the phase's models: 0 is its own. */
  model: number;
  /** Outputs of the phases that this one needs, by phase. */
  inputs: Record<string, Sha256>;
  /** What is known of them. */
  facts?: Record<string, OutputFacts>;
  /** Phases before it, at any distance, that degraded and gave nothing. */
  missing: string[];
  /** What the phases before it, at any distance, leave open. */
  limitations?: Limitation[];
  /** Rejected rounds of this phase since it was last given fresh work. */
  rejections?: Partial<Record<FailureKind, number>>;
  instruction?: Instruction;
  /** Ceiling of what the phase may have booked over the whole run. */
  allowanceMicroUsd: number;
  /** Nothing more can be paid for but one last turn that gives what there is. */
  handBack?: boolean;
  /** A person's output: no step is taken any more. */
  edited?: Sha256;
  /** By step key: what people have answered. */
  answers?: Record<string, Sha256>;
  /** Whether this phase may still send work back. */
  revisionsLeft: number;
  /** The agent is told that tools with effects are off. */
  effects?: 'off';
}

/** Something that must happen before the round can go on. */
export interface SuspendedItem {
  reason: SuspensionReason;
  stepKey: string;
  /** Of the effect's input, or of the request that failed. */
  digest: Sha256;
  failure?: FailureKind;
  /** For `effect`: the tool. */
  tool?: string;
  /** For `budget`: what the next call may cost at worst, with the hand-back turn that is kept free. */
  needMicroUsd?: number;
  /** For `budget`: what a hand-back turn may cost at worst. Absent: there is nothing to hand back yet. */
  handBackMicroUsd?: number;
  /** For `long_wait` and `no_place`: how long to wait. */
  waitMs?: number;
  /** For `held_up`: by what. */
  heldBy?: HeldBy;
}

export interface PendingEffect {
  stepKey: string;
  tool: string;
  inputSha256: Sha256;
}

/** What the phase has done so far, over all its rounds. */
export interface PhaseReport {
  spend: Spend;
  /** Recoveries that were taken inside the activity. */
  recoveries: RecoveryTaken[];
}

/** An output as it is handed on. */
export interface Handover extends OutputFacts {
  output: Sha256;
  /** The verdict of a phase that may send work back. */
  sentBack: boolean;
  /** Triggers that the output itself sets off; absent: none. */
  setOff?: TriggerKind[];
  effects: PendingEffect[];
  limitations: Limitation[];
}

/** Of an entry that began late. */
export interface Start {
  startedLate?: LateStart;
}

export type RunPhaseResult = Acknowledged &
  PhaseReport &
  Start &
  (
    | ({ outcome: 'finished' } & Handover)
    | {
        outcome: 'suspended';
        items: SuspendedItem[];
        /** What the round had seen by then, and so what it asks for may hold. */
        categories?: Categories;
      }
    /** The budget is used up, and what there is cannot be handed on. */
    | {
        outcome: 'handed_back';
        /** A text: what the last turn gave. */
        partialSha256?: Sha256;
        categories?: Categories;
      }
    | {
        outcome: 'rejected';
        failure: RoundFailureKind;
        reportSha256: Sha256;
        /** What the rejected work had seen, and so its report may hold. */
        categories?: Categories;
        /** Fits everything but its checks: a person may accept it. */
        unverified?: Handover;
      }
  );

export interface PerformEffectInput extends WithOutbox {
  resolvedTeamSha256: Sha256;
  phase: string;
  stepKey: string;
  tool: string;
  inputSha256: Sha256;
  /** Counts the times the workflow asked for it: the second part of its fence. */
  entry: number;
  /** What a person said of it: `resume`: carry it out once more; `approve`: it has happened. */
  decided?: 'resume' | 'approve';
}
export type PerformEffectResult = Acknowledged &
  (
    | { outcome: 'done'; resultSha256: Sha256 }
    /** It was begun and nobody knows how that ended; a target that has not seen it may yet. */
    | { outcome: 'unknown'; seen: 'not_seen' | 'cannot_tell'; reportSha256: Sha256 }
    /** Nothing was changed, and tries are used up or would not help. */
    | { outcome: 'failed'; reportSha256: Sha256 }
    /** Nothing was changed, nor ever will be with this input. */
    | { outcome: 'refused'; reportSha256: Sha256 }
    /** Nothing was changed: a switch holds the run up. */
    | { outcome: 'held_up'; heldBy: HeldBy }
  );

export interface AskHoldResult extends Acknowledged {
  /** Absent: nothing holds it up. */
  heldBy?: HeldBy;
  /** Whether an attempt at a round or an effect is under way; absent: yes. */
  idle?: true;
}

/** What is asked of a decision outside the workflow. */
export interface AdmitDecisionInput {
  run: RunId;
  resolvedTeamSha256: Sha256;
  /** Of its review. */
  phase: string;
  decision: Decision;
}

export interface CloseRunInput extends WithOutbox {
  status: RunEndStatus;
  failure?: FailureKind;
}

export interface Reconciled {
  /** Runs that Temporal was asked about. */
  looked: number;
  closed: number;
  /** Runs that had not heard of a switch, and were told of it. */
  told: number;
}

export interface TuesdayActivities {
  /** Checks and resolves everything once, opens or queues the run in the ledger, or refuses it with the reason. */
  openRun(input: OpenRunInput): Promise<OpenRunResult>;
  /** Whether a queued run may begin by now. */
  admitRun(input: WithOutbox): Promise<AdmitRunResult>;
  /** Makes text of the run's documents. */
  ingestDocuments(input: IngestDocumentsInput): Promise<IngestDocumentsResult>;
  /** One entry into one round of one phase. */
  runPhase(input: RunPhaseInput): Promise<RunPhaseResult>;
  /** Changes the outside world once, with exactly the bytes named. */
  performEffect(input: PerformEffectInput): Promise<PerformEffectResult>;
  /** Whether a switch holds the run up. */
  askHold(input: WithOutbox): Promise<AskHoldResult>;
  /** Who made a decision, and whether what it refers to is there and fits. */
  admitDecision(input: AdmitDecisionInput): Promise<DecisionAdmission>;
  /** Writes the outbox and nothing else: before the run parks. */
  recordEvents(input: WithOutbox): Promise<Acknowledged>;
  /** Keeps the history of this Temporal run, before the next one goes on. */
  archiveHistory(input: WithOutbox): Promise<Acknowledged>;
  /** No more is tried for a delivery: notes it, and says so. */
  giveUpDelivery(delivery: Delivery): Promise<{ outcome: DeliveryEnd }>;
  /** Closes runs that were ended in Temporal without their own closing steps. */
  reconcileRuns(): Promise<Reconciled>;
  /** Raises the fence for good, archives the history, composes the result. */
  closeRun(input: CloseRunInput): Promise<RunEnd & Acknowledged>;
}
