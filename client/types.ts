/** What callers of the client library see. */
import type { z } from 'zod';
import type { SwitchFilter } from '../contracts/api';
import type { AuditFilter, AuditHead } from '../contracts/audit';
import type { AuditPage, AuditReport, Erasure } from '../contracts/audit-views';
import type { ContentStore, Sha256 } from '../contracts/content';
import type { HistoryPage, StateAtVersion } from '../contracts/history';
import type { FollowRequest, LiveItem } from '../contracts/live-events';
import type { DecisionReceipt, WorkflowStatus } from '../contracts/messages';
import type {
  HistoryPageRequest,
  InvocationFilter,
  RecoveryFilter,
  ReviewFilter,
  RunFilter,
} from '../contracts/reader';
import type { RebuildReport } from '../contracts/rebuild';
import type { OpenReview, ReviewDetail } from '../contracts/review-views';
import type { DecisionKind } from '../contracts/reviews';
import type {
  HoldInput,
  ResumeReceipt,
  SwitchOffInput,
  SwitchOnInput,
  SwitchReceipt,
  SwitchView,
} from '../contracts/switch-views';
import type { DefinedTeam } from '../contracts/team/define';
import type { TeamInput } from '../contracts/team/schema';
import type {
  RecoveryCount,
  RunOutput,
  RunResult,
  RunSummary,
  RunView,
  TraceStep,
} from '../contracts/views';

/** A team written in TypeScript, a plain definition, or the name of a team that the installation has ready. */
export type TeamChoice<Outputs> = DefinedTeam<Outputs> | TeamInput | string;

export interface StartRequest {
  /** What the team is to find out or do. */
  question: string;
  /**
   * Business key: the same key with the same request is the same run.
   * Default: a generated one, e.g. `report-20261121-ab12cd`.
   */
  key?: string;
  /** A folder whose files are stored first, or the sha256 of a manifest that is stored already. */
  documents?: string;
  /** In micro-dollars. Default: the team's own budget. */
  budgetMicroUsd?: number;
  /** Opaque id of whom the run works for. Default: whoever is signed in. */
  user?: string;
  /** `always` asks a person before any effect. Default `declared`: as the team says. */
  review?: 'declared' | 'always';
  /** From 1, which comes first where runs have to wait, to 5. Default 3. */
  priority?: number;
  /** Leave out files that cannot be read instead of refusing the folder. Default false. */
  skipUnreadable?: boolean;
  /** Called after each document that is stored. */
  onDocument?: (done: number, total: number) => void;
}

export interface ForkRequest {
  /** The first phase that the fork does itself; those before it are taken over. */
  from: string;
  /** Another question, for the phases that are done again. Default: the same. */
  question?: string;
  /** Other instructions for the phase `from`. */
  instructions?: string;
  /** Another model for the phase `from`. */
  model?: string;
  /** Outputs that replace those of earlier phases, each checked against its contract. */
  outputs?: Readonly<Record<string, unknown>>;
  /** Whether effects are carried out. Default `off`: they are prepared and can be looked at. */
  effects?: 'on' | 'off';
  /** As for a start. */
  key?: string;
  budgetMicroUsd?: number;
  user?: string;
  review?: 'declared' | 'always';
  priority?: number;
}

export interface RunHandle<Outputs = Record<string, unknown>> {
  /** The business key. */
  id: string;
  firstRunId: string;
  /** Whether this very run had been started before. */
  reused: boolean;
  /** Never present at run time; carries the types of the outputs by phase. */
  readonly outputs?: Outputs;
}

/** A handle tells the run from an older one of the same key; an id means the newest. */
export type RunRef<Outputs = Record<string, unknown>> = string | RunHandle<Outputs>;

export interface WatchOptions {
  /** Also end when the run waits for a person or is paused. Default false. */
  untilParked?: boolean;
  signal?: AbortSignal;
}

/** A result whose outputs are typed by the team. A phase that never finished has none. */
export type TypedRunResult<Outputs> = Omit<RunResult, 'outputs'> & {
  outputs: {
    [Phase in keyof Outputs]?: Omit<RunOutput, 'output'> & { output: Outputs[Phase] };
  };
};

export interface DecideRequest {
  decision: DecisionKind;
  /** May be left out where exactly one review is open. */
  reviewId?: string;
  /** The same id changes nothing when it comes again. Default: a fresh UUID. */
  decisionId?: string;
  /** Opaque id of the person who decides. Default: whoever is signed in, who cannot be another. */
  actor?: string;
  /** What the person saw; a decision on something that has changed is refused. */
  digest?: Sha256;
  /** `revise`: what is to be changed; `respond`: the answer; else why. */
  comment?: string;
  /** `edit`: the output in its place. */
  output?: Readonly<Record<string, unknown>>;
  /** `delegate`: opaque id of the person. */
  to?: string;
  /** `top_up`: how much, in micro-dollars. */
  addMicroUsd?: number;
}

/** `switchId`: sent again, it changes nothing. Default: a fresh UUID. */
export type HoldRequest = z.input<typeof HoldInput>;
export type SwitchOnRequest = z.input<typeof SwitchOnInput>;
export type SwitchOffRequest = z.input<typeof SwitchOffInput>;

/** Runs of one installation. Every method throws `UserError` for what a caller can put right. */
export interface Tuesday {
  readonly content: ContentStore;
  /** Starts a run, or finds the one that the same request started before. */
  startRun<Outputs = Record<string, unknown>>(
    team: TeamChoice<Outputs>,
    request: StartRequest,
  ): Promise<RunHandle<Outputs>>;
  getRun(id: string): Promise<RunView>;
  /** Every change of a run, the present state first, until its end. Waits without polling. */
  watchRun(run: RunRef<unknown>, options?: WatchOptions): AsyncGenerator<RunView, void, undefined>;
  /** Waits for the end. A run that was refused has no result and throws why. */
  result<Outputs = Record<string, unknown>>(run: RunRef<Outputs>): Promise<TypedRunResult<Outputs>>;
  /** Newest first, 50 unless told. */
  listRuns(filter?: Partial<RunFilter>): Promise<{ runs: RunSummary[]; cursor?: string }>;
  /** What runs ask people, oldest first, 50 unless told. */
  reviews(filter?: Partial<ReviewFilter>): Promise<{ reviews: OpenReview[]; cursor?: string }>;
  /** All that a person needs to decide on a review, also of one that is over. @throws UserError `not_found` */
  review(id: string, reviewId: string): Promise<ReviewDetail>;
  /** What happens to a run, from its first event unless told, until it has ended; goes on after a lost connection. */
  runEvents(id: string, request?: FollowRequest): AsyncGenerator<Required<LiveItem>, void>;
  /** What happens to all runs, from now on unless told; goes on after a lost connection. */
  events(request?: FollowRequest & { user?: string }): AsyncGenerator<Required<LiveItem>, void>;
  trace(id: string): Promise<TraceStep[]>;
  /** What happened to a run, oldest first, 50 events a page unless told. */
  history(id: string, page?: Partial<HistoryPageRequest>): Promise<HistoryPage>;
  /** The state of a run at a version, the newest unless told. @throws UserError `not_found` naming the range */
  state(id: string, version?: number): Promise<StateAtVersion>;
  /** Model and tool calls across runs, newest first, 50 unless told. */
  invocations(filter?: Partial<InvocationFilter>): Promise<(TraceStep & { run: string })[]>;
  /** Which recoveries were taken across runs, and how often; the most frequent first. */
  recoveries(filter?: RecoveryFilter): Promise<RecoveryCount[]>;
  /** The input context of a model call (`requestSha256` of its trace), put together. */
  composedRequest(requestSha256: Sha256): Promise<unknown>;
  decide(id: string, request: DecideRequest): Promise<DecisionReceipt>;
  /** Starts a run that takes over the earlier phases of another one, without a single model call for them. */
  fork(id: string, request: ForkRequest): Promise<RunHandle>;
  /** Nothing new begins in the run until it is resumed; what is under way finishes. */
  pause(id: string, request?: HoldRequest): Promise<SwitchReceipt>;
  /** Lets a run go on that was paused by itself. `heldBy` of the answer: what holds it up still. */
  resume(id: string, request?: HoldRequest): Promise<ResumeReceipt>;
  /** The run ends with what it has; what is under way finishes first. */
  stop(id: string, request?: HoldRequest): Promise<SwitchReceipt>;
  /** Switches that are on, those of single runs too; 50 unless told, newest first. */
  switches(filter?: Partial<SwitchFilter>): Promise<SwitchView[]>;
  /** Pauses or stops all runs of a user, team, model or tool, or all there are. */
  setSwitch(request: SwitchOnRequest): Promise<SwitchReceipt>;
  turnOffSwitch(request: SwitchOffRequest): Promise<SwitchReceipt>;
  /** Makes a run's state versions and events again from its history; for operators. */
  rebuild(id: string): Promise<RebuildReport>;
  /** What people have decided, paused, stopped or changed, newest first, 50 entries unless told. */
  audit(filter?: Partial<AuditFilter>): Promise<AuditPage>;
  /** Checks every entry of the audit log. @param known a head of it that was kept somewhere else */
  verifyAudit(known?: AuditHead): Promise<AuditReport>;
  /** Erases who is behind a person's entries; those stay, and can be verified. @throws UserError `not_found` */
  eraseFromAudit(person: string): Promise<Erasure>;
  /** How the run's workflow stands in Temporal, also before the run has been opened. */
  workflowStatus(id: string): Promise<WorkflowStatus>;
  /** Whether Temporal answers. */
  temporalAnswers(): Promise<boolean>;
  close(): Promise<void>;
}
