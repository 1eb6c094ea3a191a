/** The public surface of the client library. */
export { UserError, type UserErrorKind } from '../contracts/errors';
export type { HistoryEntry, HistoryPage, StateAtVersion } from '../contracts/history';
export type { DecisionReceipt } from '../contracts/messages';
export type {
  HistoryPageRequest,
  InvocationFilter,
  ReviewFilter,
  RunFilter,
} from '../contracts/reader';
export type { OpenReview, ReviewDetail } from '../contracts/review-views';
export { isEnd, RUN_ENDS, RUN_STATUSES, type RunStatus } from '../contracts/run-status';
export { type DefinedTeam, definePhase, defineTeam } from '../contracts/team/define';
export type { TeamInput } from '../contracts/team/schema';
export type {
  PhaseView,
  ReviewView,
  RunResult,
  RunSummary,
  RunView,
  TraceStep,
} from '../contracts/views';
export { collectDocuments } from './documents';
export { createTuesday, type LocalOptions, type RemoteOptions } from './tuesday';
export type {
  DecideRequest,
  ForkRequest,
  RunHandle,
  RunRef,
  StartRequest,
  TeamChoice,
  Tuesday,
  TypedRunResult,
  WatchOptions,
} from './types';
