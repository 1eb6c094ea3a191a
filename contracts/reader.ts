/** Reading the ledger: what the HTTP API shows. Implemented by `ledger/`. */
import type { Sha256 } from './content';
import type { HistoryPage, StateAtVersion } from './history';
import type { RunId } from './ids';
import type { LiveEventReader } from './live-events';
import type { OpenReview, ReviewDetail } from './review-views';
import type { ReviewKind } from './reviews';
import type { RunEvent, RunState } from './run-state';
import type { RunStatus } from './run-status';
import type {
  BreakerView,
  ChannelTrouble,
  RecoveryCount,
  RunSummary,
  RunView,
  TraceStep,
} from './views';

export interface RunFilter {
  status?: RunStatus;
  team?: string;
  user?: string;
  /** 1 to 200. */
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string;
}

export interface InvocationFilter {
  kind?: 'model' | 'tool';
  /** The model or tool. */
  name?: string;
  /** `failed`: only invocations that did not end well. */
  failed?: boolean;
  since?: Date;
  /** Only of runs for this user. */
  user?: string;
  limit: number;
}

export interface RecoveryFilter {
  since?: Date;
  team?: string;
  /** Only of runs for this user. */
  user?: string;
}

export interface HistoryPageRequest {
  /** Only versions above it; 0 for all. */
  after: number;
  /** 1 to 200. */
  limit: number;
}

/** Open reviews; what is left out asks for nothing. */
export interface ReviewFilter {
  kind?: ReviewKind;
  team?: string;
  /** Whom the run works for. */
  user?: string;
  /** Those that ask for this group. */
  group?: string;
  /** Those that this person may decide on, as far as groups, delegations and earlier approvals tell. */
  decidableBy?: { id: string; groups: readonly string[] };
  escalated?: boolean;
  /** 1 to 200. */
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string;
}

export interface RunReader extends LiveEventReader {
  /** Open reviews across runs, oldest first. */
  reviews(filter: ReviewFilter): Promise<{ reviews: OpenReview[]; cursor?: string }>;
  /** All that a person needs to decide on a review; also of one that is over. Undefined: there is none. */
  review(id: string, reviewId: string): Promise<ReviewDetail | undefined>;
  /** The newest run of a business key. */
  getRun(id: string): Promise<RunView | undefined>;
  listRuns(filter: RunFilter): Promise<{ runs: RunSummary[]; cursor?: string }>;
  /** Invocations of one run in order. */
  trace(id: string): Promise<TraceStep[]>;
  /** The events of a run, oldest first, each with what it changed. */
  history(id: string, page: HistoryPageRequest): Promise<HistoryPage>;
  /** The state at a version, the newest unless told; undefined where there is no such version. */
  stateAt(id: string, version?: number): Promise<StateAtVersion | undefined>;
  /** Invocations across runs, newest first. */
  invocations(filter: InvocationFilter): Promise<(TraceStep & { run: string })[]>;
  /** Which recoveries were taken across runs, and how often; the most frequent first. */
  recoveries(filter: RecoveryFilter): Promise<RecoveryCount[]>;
  /** Resolves as soon as the run's revision is above `revision`, or after `timeoutMs`. */
  waitForChange(id: string, revision: number, timeoutMs: number): Promise<void>;
  /** Models and tools that are not asked for a while, by kind and name. */
  openBreakers(): Promise<BreakerView[]>;
  /** Channels of notifications that do not take what they are sent, by name. */
  troubledChannels(): Promise<ChannelTrouble[]>;
  /** The artifact that a model request or outcome names, put together for a person. */
  composedRequest(requestSha256: Sha256): Promise<unknown>;
}

/** What only those can read who have the ledger itself. */
export interface LedgerReader extends RunReader {
  /** For whom the newest run of a business key works. */
  ownerOf(id: string): Promise<string | undefined>;
  /** How a run stands once these events are recorded, too; those that are already count once. */
  afterEvents(run: RunId, events: RunEvent[]): Promise<{ view: RunView; state: RunState }>;
}
