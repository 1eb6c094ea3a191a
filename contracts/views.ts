/** What the HTTP API shows of runs: schemas, so that OpenAPI and the typed client come from one place. */
import { z } from 'zod';
import { DATA_CATEGORIES } from './categories';
import { Sha256 } from './content';
import { DECISION_KINDS, REVIEW_KINDS } from './reviews';
import { RUN_STATUSES } from './run-status';
import { SwitchView } from './switch-views';

const Spend = z.object({
  settledMicroUsd: z.int().describe('Calls whose usage the provider reported, in micro-dollars.'),
  unsettledMicroUsd: z
    .int()
    .describe('Worst case of calls that may or may not have been billed, in micro-dollars.'),
});

export const LimitationView = z.object({
  kind: z.string(),
  phase: z.string().optional(),
  failure: z.string().optional(),
  source: z
    .string()
    .optional()
    .describe('What was not to be had: a source of the installation, or a tool that reads none.'),
  tool: z.string().optional(),
  ageMs: z.int().optional().describe('Of the earlier result that stands in, in milliseconds.'),
  count: z.int().optional(),
  categories: z
    .array(z.enum(DATA_CATEGORIES))
    .optional()
    .describe('What kinds of data are missing with it.'),
  detail: z.string().optional().describe('In a person’s words.'),
});

const StepUnderWay = z.object({
  kind: z.enum(['model', 'tool']),
  name: z.string().describe('The model or tool.'),
  failedTries: z.int().describe('Calls of this step that failed since its phase was last entered.'),
});

export const RecoveryView = z.object({
  failure: z.string().describe('What went wrong, e.g. `overloaded`.'),
  action: z.string().describe('What was done about it, e.g. `retry`.'),
  count: z.int().describe('How often.'),
});
export type RecoveryView = z.infer<typeof RecoveryView>;

/** A recovery across runs. */
export const RecoveryCount = RecoveryView.extend({
  point: z.string().describe('Where it went wrong: `model`, `tool`, `handoff`, …'),
  runs: z.int().describe('How many runs took it.'),
  lastAt: z.iso.datetime().describe('When it was taken last.'),
});
export type RecoveryCount = z.infer<typeof RecoveryCount>;
export const ConfidenceView = z.object({
  stated: z.number().describe('What the agent says, from 0 to 1.'),
  corrected: z.number().describe('What is left of it after what code has seen of the work.'),
  because: z.array(z.string()).describe('What speaks against it, in a person’s words.'),
});
export type ConfidenceView = z.infer<typeof ConfidenceView>;

export const CategoriesView = z
  .partialRecord(z.enum(DATA_CATEGORIES), z.array(z.string()))
  .describe('The data categories that it holds, each with its grounds, such as "source filings".');

/** A model or tool that failed so often in a row that it is asked only now and then, by all workers. */
export const BreakerView = z.object({
  kind: z.enum(['model', 'tool']),
  name: z.string().describe('The model or tool.'),
  failure: z.string().describe('Of the last call that failed.'),
  failures: z.int().describe('Calls that failed since the last one that succeeded.'),
  openSince: z.iso.datetime(),
  nextTry: z.iso.datetime().describe('When the next call is made, which tries whether it is back.'),
});
export type BreakerView = z.infer<typeof BreakerView>;

/** A channel of notifications that does not take what it is sent. */
export const ChannelTrouble = z.object({
  channel: z.string(),
  waiting: z.int().describe('Notifications that failed and are tried again by themselves.'),
  givenUp: z.int().describe('Notifications that were given up in the last seven days.'),
  problem: z.string().describe('What went wrong last.'),
  at: z.iso.datetime().describe('When.'),
});
export type ChannelTrouble = z.infer<typeof ChannelTrouble>;

export const PhaseView = z.object({
  name: z.string(),
  status: z.enum(['pending', 'running', 'waiting', 'done', 'degraded', 'unfinished']),
  since: z.iso
    .datetime()
    .optional()
    .describe('Since when it has this status; absent while it is pending.'),
  round: z.int(),
  spend: Spend,
  allowanceMicroUsd: z.int(),
  outputSha256: Sha256.optional(),
  partialSha256: Sha256.optional().describe(
    'What cannot be handed on: what a last turn gave when the budget was used up, or the last output that failed its checks. A text.',
  ),
  confidence: ConfidenceView.optional(),
  categories: CategoriesView.optional(),
  steps: z.object({
    model: z.int().describe('Model calls recorded.'),
    tool: z.int().describe('Tool calls recorded.'),
  }),
  current: z.array(StepUnderWay.extend({ since: z.iso.datetime() })).describe('Steps in flight.'),
  retrying: z
    .array(
      StepUnderWay.extend({ failure: z.string().optional(), since: z.iso.datetime().optional() }),
    )
    .describe('Steps whose last call failed and which are tried again by themselves.'),
  recoveries: z.array(RecoveryView).describe('Recoveries taken, over all its rounds.'),
  model: z.string().optional().describe('The model that it has fallen back on.'),
  waitsFor: z.string().optional().describe('What it waits for, in a person’s words.'),
  next: z.string().optional().describe('What happens once it has ended, in a person’s words.'),
});

export const ReviewView = z.object({
  id: z.string(),
  kind: z.enum(REVIEW_KINDS),
  phase: z.string(),
  reason: z.string(),
  explanation: z.string().describe('What is asked, and how to put it right, in a person’s words.'),
  digest: Sha256,
  effects: z
    .array(z.object({ tool: z.string(), inputSha256: Sha256 }))
    .optional()
    .describe('What is to change the outside world, or may have: the very input, as an artifact.'),
  reportSha256: Sha256.optional().describe('What is known of what went wrong, as an artifact.'),
  options: z.array(z.enum(DECISION_KINDS)),
  quorum: z.int().describe('How many different people have to approve.'),
  approvedBy: z.array(z.string()).describe('Who has approved so far.'),
  groups: z.array(z.string()).describe('Whose members may decide; none: everybody who may decide.'),
  notStarter: z.boolean().describe('Whether who started the run may not decide.'),
  delegations: z
    .array(z.object({ from: z.string(), to: z.string() }))
    .describe('Who has handed their say to whom, in order.'),
  needMicroUsd: z.int().optional().describe('By how much the budget is short, at worst.'),
  openedAt: z.iso.datetime(),
  remindedAt: z.iso.datetime().optional(),
  escalatedAt: z.iso.datetime().optional(),
  unanswered: z
    .object({
      remindAt: z.iso.datetime(),
      escalateAt: z.iso.datetime(),
      decideAt: z.iso.datetime(),
      decision: z.enum(DECISION_KINDS),
    })
    .optional()
    .describe('What becomes of it when nobody answers; absent: it waits for ever.'),
});

export const DecisionView = z.object({
  id: z.string().describe('The decision id; it changes nothing when it comes again.'),
  reviewId: z.string(),
  decision: z.enum(DECISION_KINDS),
  actor: z.string(),
  verified: z.boolean().describe('Whether the person was signed in.'),
  settles: z.boolean().describe('False: one of several approvals, or a delegation.'),
  commentSha256: Sha256.optional().describe('What was said to it, as an artifact: a text.'),
  outputSha256: Sha256.optional().describe('The output in its place, as an artifact.'),
  to: z.string().optional().describe('To whom the review was handed over.'),
  addMicroUsd: z.int().optional().describe('By how much the budget was raised.'),
});

/** A document without a text, and why. */
const LeftOutDocument = z.object({ name: z.string(), reason: z.string() });

export const RunSummary = z.object({
  id: z.string().describe('The business key.'),
  firstRunId: z.string(),
  team: z.string(),
  version: z.string(),
  user: z.string(),
  status: z.enum(RUN_STATUSES),
  provider: z
    .string()
    .describe('Who answers the model calls: Claude, a gateway, or the offline simulator.'),
  startedAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  budgetMicroUsd: z.int(),
  spend: Spend,
  heldBy: SwitchView.optional().describe('The switch that holds it up, or has stopped it.'),
});
export type RunSummary = z.infer<typeof RunSummary>;

export const QueueView = z.object({
  place: z.int().describe('From 1; among the runs of its user where the user’s limit holds it.'),
  before: z.int().describe('Runs before it, by priority and age.'),
  priority: z.int().describe('From 1, which comes first, to 5.'),
  since: z.iso.datetime(),
  heldBy: z
    .object({
      limit: z.enum(['runsAtWork', 'runsQueued', 'phasesAtWork']),
      scope: z.enum(['installation', 'user']),
      max: z.int(),
      used: z.int(),
    })
    .describe('The limit that is reached.'),
});

export const ForkOriginView = z.object({
  run: z.string().describe('The business key of the run whose artifacts were taken over.'),
  firstRunId: z.string(),
  version: z.int().describe('Its state version at the fork.'),
  phase: z.string().describe('The first phase that the fork did itself.'),
});

export const RunView = RunSummary.extend({
  stateVersion: z.int(),
  revision: z.int().describe('Grows with every change of state or steps; for waiting on changes.'),
  explanation: z.string().describe('Where the run stands or how it ended, in a person’s words.'),
  next: z.string().optional().describe('What happens next, in a person’s words.'),
  queue: QueueView.optional().describe('Of a queued run: where it stands.'),
  question: z.string(),
  phases: z.array(PhaseView),
  reviews: z.array(ReviewView),
  decisions: z.array(DecisionView).describe('Decisions taken, in order.'),
  recoveries: z
    .array(RecoveryView)
    .describe('Recoveries of the run as a whole; those of phases are theirs.'),
  limitations: z.array(LimitationView),
  unavailableDocuments: z.array(LeftOutDocument).describe('Documents that could not be read.'),
  skippedFiles: z.array(LeftOutDocument).describe('Files that were left out before the start.'),
  tokens: z.object({ input: z.int(), output: z.int() }),
  resultSha256: Sha256.optional(),
  teamSha256: Sha256.describe('The definition as it was sent.'),
  inputSha256: Sha256,
  documentsSha256: Sha256.optional().describe('The list of documents, read or not.'),
  forkedFrom: ForkOriginView.optional(),
});
export type RunView = z.infer<typeof RunView>;
export type PhaseView = z.infer<typeof PhaseView>;
export type ReviewView = z.infer<typeof ReviewView>;

/** One published file of a run. */
export const PublishedFile = z.object({
  path: z.string().describe('Path below the publish root.'),
  sha256: Sha256,
  bytes: z.int(),
});

const RunOutput = z.object({
  sha256: Sha256,
  output: z.unknown(),
  confidence: ConfidenceView.optional(),
  categories: CategoriesView.optional(),
});
export type RunOutput = z.infer<typeof RunOutput>;

/** The end of a run; an artifact composed by `closeRun`. */
export const RunResult = z.object({
  run: z.string(),
  team: z.string(),
  version: z.string(),
  status: z.enum(RUN_STATUSES),
  explanation: z.string(),
  provider: z.string(),
  question: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  completedPhases: z.array(z.string()),
  outputs: z.record(z.string(), RunOutput),
  partialOutputs: z
    .record(
      z.string(),
      z.object({ sha256: Sha256, text: z.string(), categories: CategoriesView.optional() }),
    )
    .default({})
    .describe(
      'By phase that the end left unfinished, what it had and did not hand on: an output that waited for a person or failed its checks, or what a last turn gave when the budget was used up.',
    ),
  limitations: z.array(LimitationView),
  recoveries: z
    .array(RecoveryView.extend({ phase: z.string().optional() }))
    .describe(
      'What went wrong on the way and was recovered from, by phase or in the run as a whole.',
    ),
  costs: z.object({
    budgetMicroUsd: z.int(),
    settledMicroUsd: z.int(),
    unsettledMicroUsd: z.int(),
    byPhase: z.record(z.string(), Spend),
  }),
  documents: z.array(
    z.object({ name: z.string(), sha256: Sha256, textSha256: Sha256, characters: z.int() }),
  ),
  unavailableDocuments: z.array(LeftOutDocument),
  skippedFiles: z.array(LeftOutDocument),
  published: z.array(PublishedFile),
  withheld: z
    .array(z.object({ phase: z.string(), tool: z.string(), inputSha256: Sha256 }))
    .describe('Effects that were not carried out because the run’s effects were off.'),
  forkedFrom: ForkOriginView.optional(),
});
export type RunResult = z.infer<typeof RunResult>;

/** One invocation in a run's trace. */
export const TraceStep = z.object({
  stepKey: z.string(),
  number: z.int().describe('Its place in the trace of its run, from 1.'),
  phase: z.string(),
  round: z.int(),
  turn: z.int(),
  toolCall: z.int().optional().describe('Which tool call of its turn, from 1.'),
  kind: z.enum(['model', 'tool']),
  name: z.string().describe('The model or tool.'),
  ending: z.string().optional().describe('Stop reason, `ok`, or an error kind; absent while open.'),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  requestSha256: Sha256.describe('The input context.'),
  outcomeSha256: Sha256.optional().describe('The raw response.'),
  servedBy: z.string().optional(),
  tokens: z
    .object({ input: z.int(), output: z.int(), cacheWrite: z.int(), cacheRead: z.int() })
    .optional(),
  costMicroUsd: z.int(),
  recoveries: z.array(RecoveryView).describe('Recoveries that this step took.'),
  calls: z.array(
    z.object({
      id: z.string(),
      status: z.enum(['open', 'settled', 'released', 'unsettled']),
      failure: z.string().optional(),
      requestId: z.string().optional(),
      latencyMs: z.int().optional(),
      reservedMicroUsd: z.int(),
      costMicroUsd: z.int(),
      errorSha256: Sha256.optional(),
      startedAt: z.iso.datetime(),
    }),
  ),
});
export type TraceStep = z.infer<typeof TraceStep>;

/** The installation that an API belongs to; enough for a client to reach Temporal itself. */
export const InstallationView = z.object({
  version: z.string(),
  provider: z.string(),
  temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: z.string().optional() }),
  taskQueue: z.string(),
});
export type InstallationView = z.infer<typeof InstallationView>;
