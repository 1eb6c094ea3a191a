/**
 * The state of a run and the events that make it. Both are JSON without content: references, small
 * enums and numbers. `domain/run-state.ts` takes a state and an event to the next state.
 */
import type { Categories } from './categories';
import type { Confidence } from './confidence';
import type { Sha256 } from './content';
import type { FailureKind } from './failures';
import type { RunId } from './ids';
import type { LateStart, ReachedLimit } from './load';
import type { RecoveryTaken, RoundAction } from './recoveries';
import type { DecisionRefusal, Question, RecordedDecision, Review, TakenDecision } from './reviews';
import type { Limitation, RunEndStatus, RunStatus, Spend } from './run-status';
import type { HeldBy } from './switches';

/** Raised with every change of shape; states of older versions are migrated. */
export const STATE_SCHEMA_VERSION = 4;

/** `unfinished`: it had begun when the run ended. */
export type PhaseStatus = 'pending' | 'running' | 'waiting' | 'done' | 'degraded' | 'unfinished';

/** What the next round of a phase is told, beside its task. */
export interface Instruction {
  kind: RoundAction | 'revision';
  /** Which of several rounds of the same kind; absent: the first. */
  nth?: number;
  /** The report or the comments. */
  reportSha256?: Sha256;
  /** Comments that were to be worked in when the round before was rejected: they still are. */
  commentsSha256?: Sha256;
  /** What these hold. */
  categories?: Categories;
}

/** What is known of an output beside its content, and travels with it. */
export interface OutputFacts {
  /** Absent where its agent states none. */
  confidence?: Confidence;
  /** Absent where it holds none. */
  categories?: Categories;
}

export interface PhaseState extends OutputFacts {
  status: PhaseStatus;
  /** The current or last round; 0 before the first. Never reused, so keys of steps stay unique. */
  round: number;
  /** Entries into the current round. */
  entry: number;
  /** Rounds since the phase was last given fresh work; `roundsMax` bounds it. */
  roundsUsed: number;
  /** How often this phase has sent work back. */
  revisions: number;
  /** What the phase may have booked over the whole run; it cannot exceed it. */
  allowanceMicroUsd: number;
  spend: Spend;
  /** What an entry that has not reported yet may have booked beyond `spend`; 0 once it has. */
  unreportedMicroUsd: number;
  /** Which of the phase's models: 0 is its own, 1 the first to fall back on. */
  model: number;
  /** Rejections since the phase was last given fresh work, by kind. */
  rejections: Partial<Record<FailureKind, number>>;
  /** Over the whole run. */
  recoveries: RecoveryTaken[];
  output?: Sha256;
  instruction?: Instruction;
  /** Set in a round that hands back: what the call for which there was no room may cost. */
  handBack?: HandBack;
  /** What cannot be handed on: what a last turn gave, or the last output that failed its checks; a text. */
  partial?: Sha256;
  /** In the current round, by step key: what people have answered. */
  answers?: Record<string, Sha256>;
  /** The output is a person's. */
  edited?: Edited;
  /** How often people have sent its output back; absent: never. */
  revisedByPeople?: number;
}

/** An output that a person wrote, and who. */
export interface Edited {
  output: Sha256;
  by: string;
  /** They were asked to approve the output, and so have approved this one. */
  approves?: true;
}

export interface HandBack {
  needMicroUsd: number;
}

/** Where a fork took the work of its earlier phases from. */
export interface Origin {
  run: RunId;
  /** State version of that run at the fork. */
  version: number;
  /** The first phase that the fork does itself. */
  phase: string;
}

/** What a fork takes over of one phase. */
export interface TakenOver extends OutputFacts {
  status: 'done' | 'degraded';
  output?: Sha256;
}

/** An effect that was not carried out because the run's effects are off: its input can be looked at. */
export interface WithheldEffect {
  phase: string;
  tool: string;
  inputSha256: Sha256;
}

export interface RunState {
  schemaVersion: typeof STATE_SCHEMA_VERSION;
  /** Number of events applied. */
  version: number;
  status: RunStatus;
  budgetMicroUsd: number;
  phases: Record<string, PhaseState>;
  /** Open reviews by id. */
  reviews: Record<string, Review>;
  /** Decisions taken, by decision id. */
  decisions: Record<string, RecordedDecision>;
  limitations: Limitation[];
  withheld: WithheldEffect[];
  /** Of the run as a whole; absent: none. Those of phases are theirs. */
  recoveries?: RecoveryTaken[];
  forkedFrom?: Origin;
  documentsSha256?: Sha256;
  /** What holds it up; absent: nothing. */
  heldBy?: HeldBy;
  /** Since when the run waits for its turn; absent once it may begin. */
  queuedAt?: number;
  startedAt: number;
  changedAt: number;
  /** Set at the end. */
  failure?: FailureKind;
  shortage?: Shortage;
}

export type RunEventBody =
  | { type: 'run_opened'; budgetMicroUsd: number; phases: string[] }
  | {
      type: 'run_forked';
      origin: Origin;
      phases: Record<string, TakenOver>;
      limitations: Limitation[];
      documentsSha256?: Sha256;
    }
  | { type: 'run_queued'; priority: number; held: ReachedLimit }
  | { type: 'run_admitted' }
  | {
      type: 'documents_ingested';
      documentsSha256: Sha256;
      documents: number;
      unavailable: number;
      /** Which are unavailable, and why. */
      detailSha256?: Sha256;
    }
  | {
      type: 'phase_started';
      phase: string;
      round: number;
      allowanceMicroUsd: number;
      /** Absent: the phase's own. */
      model?: number;
    }
  /** Recorded once the entry has reported. */
  | ({ type: 'phase_started_late'; phase: string } & LateStart)
  | {
      type: 'phase_reentered';
      phase: string;
      entry: number;
      allowanceMicroUsd: number;
      /** Only one turn is left, which gives what there is. */
      handBack?: HandBack;
      /** No turn is taken any more: this is the output. */
      edited?: Edited;
    }
  | {
      type: 'phase_handed_back';
      phase: string;
      partial?: Sha256;
      categories?: Categories;
      spend: Spend;
    }
  | { type: 'phase_suspended'; phase: string; reasons: SuspensionReason[]; spend: Spend }
  | {
      type: 'output_rejected';
      phase: string;
      failure: FailureKind;
      reportSha256: Sha256;
      spend: Spend;
      instruction: Instruction;
      /** The output, where it fits everything but its checks. */
      partial?: Sha256;
    }
  | ({
      type: 'output_accepted';
      phase: string;
      output: Sha256;
      limitations: Limitation[];
      spend: Spend;
    } & OutputFacts)
  | { type: 'effect_performed'; phase: string; stepKey: string; tool: string; resultSha256: Sha256 }
  | { type: 'effect_withheld'; phase: string; tool: string; inputSha256: Sha256 }
  | { type: 'phase_finished'; phase: string }
  | {
      type: 'work_sent_back';
      by: string;
      to: string;
      reset: string[];
      commentsSha256: Sha256;
      /** By a person's decision, not by the phase. */
      decisionId?: string;
    }
  | ({
      type: 'recovery_taken';
      /** Absent: of the run as a whole. */
      phase?: string;
      /** Taken inside an activity: the ledger has a row of its own for each. */
      noted?: true;
    } & RecoveryTaken)
  | { type: 'phase_degraded'; phase: string; failure: FailureKind; spend: Spend }
  | { type: 'review_opened'; review: Question }
  /** What it was about is over. */
  | { type: 'review_withdrawn'; reviewId: string }
  | { type: 'review_reminded'; reviewId: string }
  | { type: 'review_escalated'; reviewId: string }
  | { type: 'decision_taken'; decision: TakenDecision }
  /** One of several approvals, or a delegation: the review stays open. */
  | { type: 'decision_counted'; decision: TakenDecision }
  | { type: 'decision_refused'; decisionId: string; reviewId: string; reason: DecisionRefusal }
  | { type: 'run_held'; heldBy: HeldBy }
  | { type: 'run_let_go' }
  | {
      type: 'run_ended';
      status: RunEndStatus;
      failure?: FailureKind;
      /** What the end itself leaves the result without. */
      limitations?: Limitation[];
      /** The call for which the budget had no room. */
      shortage?: Shortage;
    };

/** A call that could not be made: what it may cost at worst, and what its phase could have at most. */
export interface Shortage {
  phase: string;
  needMicroUsd: number;
  leftMicroUsd: number;
}

export type RunEventType = RunEventBody['type'];

/** An event as recorded: `version` counts from 1 without gaps, `at` is workflow time in ms. */
export type RunEvent = RunEventBody & { version: number; at: number };

export type SuspensionReason =
  | 'effect'
  | 'question'
  | 'operator'
  | 'budget'
  | 'long_wait'
  | 'no_place'
  | 'held_up';
