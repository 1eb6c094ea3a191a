/**
 * What a run asks people, and what they decide: references and small enums only. Free of libraries:
 * workflows import it.
 */
import type { DataCategory } from './categories';
import type { Sha256 } from './content';
import type { ReviewDeadline } from './deadline';
import type { FailureKind } from './failures';

/**
 * `approval`: of an output, before it is handed on and before its effects; `question`: of an agent;
 * `top_up`: for more money; `operator`: something has to be put right; `take_over`: a person does
 * the phase's work.
 */
export const REVIEW_KINDS = ['approval', 'question', 'top_up', 'operator', 'take_over'] as const;
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/**
 * `accept`: the output that failed its checks is taken as it is, with a limitation; `respond`: an
 * answer for the agent; `resume`: the cause is mended, or: go on without.
 */
export const DECISION_KINDS = [
  'approve',
  'accept',
  'reject',
  'revise',
  'edit',
  'respond',
  'delegate',
  'top_up',
  'resume',
  'stop',
] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** What makes a phase ask for approval. */
export type ReviewTrigger =
  | { kind: 'always' }
  /** What is left of the stated confidence; an output that states none counts as below. */
  | { kind: 'low_confidence'; below: number }
  | { kind: 'data_category'; categories: DataCategory[] }
  /** A field of the output that has one of these values, e.g. `{"field": "verdict", "equals": ["deny"]}`. */
  | { kind: 'decision_type'; field: string; equals: (string | boolean)[] }
  /** What the run has spent so far, settled and unsettled. */
  | { kind: 'cost_above'; microUsd: number }
  /** A number in the output, e.g. a score; one that is missing counts as below. */
  | { kind: 'low_quality'; field: string; below: number };
export type TriggerKind = ReviewTrigger['kind'];
export const TRIGGER_KINDS = [
  'always',
  'low_confidence',
  'data_category',
  'decision_type',
  'cost_above',
  'low_quality',
] as const satisfies readonly TriggerKind[];

export type ReviewReason = FailureKind | TriggerKind | 'question' | 'taken_over';

/** Who may decide. What is left out asks for nothing. */
export interface ReviewTerms {
  /** Approvals by as many different people; 1 unless told. Any other decision is one person's. */
  quorum?: number;
  /** Whose members may decide. */
  groups?: string[];
  /** Who started the run, or whom it works for, may not. */
  notStarter?: true;
}

/** A question that the run asks a person. */
export interface Review extends ReviewTerms {
  id: string;
  kind: ReviewKind;
  phase: string;
  /** What went wrong, or the first trigger. */
  reason: ReviewReason;
  /** Further triggers. */
  also?: ReviewReason[];
  /** What a decision is about: the artifact to approve, or the request that failed. */
  digest: Sha256;
  /** What is to change the outside world, or may have: the very bytes, each an artifact. */
  effects?: ReviewedEffect[];
  /** What is known of what went wrong. */
  reportSha256?: Sha256;
  /** Of the step that waits for an answer. */
  stepKey?: string;
  /** By how much the budget is short of the next call, at worst. */
  needMicroUsd?: number;
  options: DecisionKind[];
  /** What becomes of it when nobody answers. */
  deadline?: ReviewDeadline;
  openedAt: number;
  remindedAt?: number;
  escalatedAt?: number;
  /** People who have approved so far; absent: nobody. */
  approvedBy?: string[];
  /** Who has handed their say to whom, in order; absent: nobody. */
  delegations?: Delegation[];
}

export interface Delegation {
  from: string;
  to: string;
}

/** A review as it is opened. */
export type Question = Omit<Review, 'openedAt' | 'remindedAt' | 'escalatedAt' | 'delegations'>;

export interface ReviewedEffect {
  tool: string;
  inputSha256: Sha256;
}

interface DecisionFacts {
  /** Chosen by the caller; the same id changes nothing when it comes again. */
  decisionId: string;
  reviewId: string;
  decision: DecisionKind;
  /** The digest the person saw; a decision on something that has changed is refused. */
  digest?: Sha256;
  /** Opaque id of the person. */
  actor: string;
  /** `revise`: what is to be changed; `respond`: the answer; else why. A text. */
  commentSha256?: Sha256;
  /** `edit`: the output in its place. */
  outputSha256?: Sha256;
  /** `delegate`: to whom. */
  to?: string;
  /** `top_up`: how much, in micro-dollars. */
  addMicroUsd?: number;
}

/** That the API has signed a person in and that this is what they decided. */
export interface DecisionProof {
  /** Groups of the person when the decision was made. */
  groups: string[];
  /** HMAC-SHA256 over the run, the decision and the groups, in hexadecimal. */
  mac: string;
}

/** As it is sent. */
export interface Decision extends DecisionFacts {
  proof?: DecisionProof;
}

/** What the outside has found out about a decision. */
export interface DecisionAdmission {
  /** Groups of a person who was signed in; absent: nobody knows who it was. */
  groups?: string[];
  refused?: Extract<DecisionRefusal, 'no_artifact' | 'bad_edit'>;
}

/** As it is taken. */
export interface TakenDecision extends DecisionFacts {
  /** The person was signed in. Absent: nobody knows who it was. */
  verified?: true;
}

/** As a run's state keeps it. */
export interface RecordedDecision extends TakenDecision {
  /** Of the state that it has made. Absent in states of older runs. */
  version?: number;
  /** One of several approvals, or a delegation: it has not settled its review. */
  counted?: true;
}

/** Why a decision cannot be taken; fixed words, since they land in history. */
export const DECISION_REFUSALS = {
  malformed:
    'a decision has a decisionId, a reviewId, a decision, an actor, and what that decision asks for',
  unknown_review: 'there is no open review of this id',
  decided: 'the review has been decided already',
  not_an_option: 'this review does not offer that decision',
  stale_digest: 'what the decision is about has changed meanwhile; look at the review again',
  run_ended: 'the run has ended',
  incomplete:
    'revise and respond need a comment, edit an output, delegate a person, top_up an amount',
  too_much: 'a top-up may not raise the budget beyond the largest that a run may have',
  unverified:
    'this team takes decisions only from people who are signed in: send it through the API',
  not_in_group: 'this review is for another group of reviewers',
  own_run: 'who started a run, or has it work for them, may not decide on it here',
  decided_before: 'this person has approved already: somebody else has to',
  handed_over: 'this person has handed the review over to somebody else',
  cannot_delegate: 'the review cannot be handed over to that person',
  unchecked: 'it could not be found out whether it may be taken; send it again',
  no_artifact: 'what the decision refers to was never stored',
  bad_edit: 'the edited output does not fit the contract of its phase',
} as const;
export type DecisionRefusal = keyof typeof DECISION_REFUSALS;
