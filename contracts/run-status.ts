/** Where a run stands, what it lacks, what it cost, how it ends. Free of libraries: workflows import it. */
import type { DataCategory } from './categories';
import type { Sha256 } from './content';
import type { FailureKind } from './failures';

export const RUN_STATUSES = [
  'queued',
  'running',
  'waiting_for_review',
  'paused',
  'completed',
  'completed_with_limitations',
  'budget_exhausted',
  'rejected',
  'refused',
  'stopped',
  'failed',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Statuses that a run never leaves. */
export const RUN_ENDS = [
  'completed',
  'completed_with_limitations',
  'budget_exhausted',
  'rejected',
  'refused',
  'stopped',
  'failed',
] as const satisfies readonly RunStatus[];
export type RunEndStatus = (typeof RUN_ENDS)[number];

export const isEnd = (status: RunStatus): status is RunEndStatus =>
  (RUN_ENDS as readonly RunStatus[]).includes(status);

/** Nothing is under way until a person has done something. */
export const isParked = (status: RunStatus): boolean =>
  status === 'waiting_for_review' || status === 'paused';

export type LimitationKind =
  /** A phase gave nothing, or less than it should have. */
  | `incomplete_${string}`
  /** Documents that could not be read, or what a tool reads that was not to be had. */
  | 'source_unavailable'
  /** A source gave nothing now: what it gave some time ago stands in for it. */
  | 'stale_result'
  /** Hand-offs and results of tools were shortened until they fitted into the model's context. */
  | 'context_compacted'
  /** An output failed its checks, and a person took it all the same. */
  | 'unverified_output'
  /** An earlier result stands in for what a tool could not give. */
  | 'stale_result'
  /** A reviewing phase still wanted changes when its revisions were used up. */
  | 'review_unresolved'
  /** The run ended before a phase had given its result. */
  | 'phase_not_done';

/** What a result lacks, and why. The words for people are in `detailSha256`, a text artifact. */
export interface Limitation {
  kind: LimitationKind;
  phase?: string;
  failure?: FailureKind;
  /** The source of the installation; the tool itself where it reads none. */
  source?: string;
  tool?: string;
  /** Of a result that stands in, the oldest of several. */
  ageMs?: number;
  /** What kinds of data are missing with it. */
  categories?: DataCategory[];
  /** How many times this limitation applies, e.g. documents that could not be read, calls that failed. */
  count?: number;
  detailSha256?: Sha256;
}

/** Money of a run or phase, in micro-dollars. */
export interface Spend {
  /** Calls whose usage the provider reported. */
  settledMicroUsd: number;
  /** Worst case of calls that may or may not have been billed. */
  unsettledMicroUsd: number;
}
export const NO_SPEND: Spend = { settledMicroUsd: 0, unsettledMicroUsd: 0 };

/** How a `teamRun` returns. The result itself is an artifact. */
export interface RunEnd {
  status: RunEndStatus;
  resultSha256: Sha256;
}
