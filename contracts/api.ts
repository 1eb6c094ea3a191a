/** What the HTTP API takes and answers beside the views of runs: one source for server, client and OpenAPI. */
import { z } from 'zod';
import { ACCESS_MODES } from './access';
import { AUDIT_ACTIONS } from './audit';
import { Sha256 } from './content';
import { CallerId, DecisionInput } from './decision';
import type { UserErrorKind } from './errors';
import { Instant } from './instant';
import { BUDGET_MICRO_USD, STATE_VERSION_MAX } from './limits';
import { WORKFLOW_STATUSES } from './messages';
import { plainText } from './plain-text';
import { DECISION_KINDS, REVIEW_KINDS } from './reviews';
import { BudgetMicroUsd, BusinessKey, ReviewOption, RunPriority, UserId } from './run';
import { RUN_STATUSES } from './run-status';
import { SourceFacts } from './sources';
import {
  BreakerView,
  ChannelTrouble,
  InstallationView,
  RecoveryCount,
  RunSummary,
  TraceStep,
} from './views';

export const API_DEFAULT_PORT = 7333;
export const API_DEFAULT_URL = `http://127.0.0.1:${API_DEFAULT_PORT}`;

/** Limits of the HTTP API; those of bodies are in `limits.ts`. */
export const API_LIMITS = {
  pageMax: 200,
  pageDefault: 50,
  /** A long poll answers after this at the latest. */
  waitMsMax: 60_000,
  waitMsDefault: 25_000,
} as const;

/** An error as RFC 9457 has it. */
export const Problem = z.object({
  type: z.string().describe('`urn:tuesday:` and the kind of error; `about:blank` for plain HTTP.'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong and how to put it right, in a sentence.'),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .describe('Each field at fault, e.g. `phases/2/needs/0`.'),
});
export type Problem = z.infer<typeof Problem>;

const PROBLEM_TYPE_PREFIX = 'urn:tuesday:';
export const problemType = (kind: UserErrorKind): string => PROBLEM_TYPE_PREFIX + kind;

export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  ledger: z.enum(['up', 'down']),
  temporal: z.enum(['up', 'down']),
  away: z
    .array(
      z.object({
        part: z.enum(['ledger', 'temporal']),
        since: z.iso.datetime().describe('When this API was first asked and found it away.'),
        waits: z.string().describe('What waits for it, in a person’s words.'),
      }),
    )
    .describe('Parts that do not answer.'),
  breakers: z
    .array(BreakerView)
    .describe(
      'Models and tools that fail and are asked only now and then. Runs wait or fall back.',
    ),
  channels: z
    .array(ChannelTrouble)
    .describe('Channels that do not take their notifications. No run waits for them.'),
});
export type Health = z.infer<typeof Health>;

/** The installation, and what its teams may use. */
export const InstallationAnswer = InstallationView.extend({
  access: z
    .enum(ACCESS_MODES)
    .describe('`local`: a development mode without access control; `required`: people sign in.'),
  temporal: InstallationView.shape.temporal.optional().describe('For operators alone.'),
  tools: z.array(z.string()).describe('Tools that phases may name.'),
  effects: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .describe('Tools that change the outside world, with the JSON Schema of their input.'),
  pricedModels: z.array(z.string()).optional().describe('Models that phases may name.'),
  sources: z
    .record(z.string(), SourceFacts)
    .describe('What tools may read outside, by the names that teams use.'),
});
export type InstallationAnswer = z.infer<typeof InstallationAnswer>;

export const ArtifactReceipt = z.object({ sha256: Sha256, bytes: z.int() });
export type ArtifactReceipt = z.infer<typeof ArtifactReceipt>;

/** Any JSON object; the definition's own schema is checked by `checkTeam`, which names every problem. */
const Definition = z.record(z.string(), z.unknown());

export const TeamSummary = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  documents: z.enum(['required', 'optional', 'none']),
  budgetMicroUsd: z.int(),
  phases: z.array(z.string()),
});
export type TeamSummary = z.infer<typeof TeamSummary>;
export const TeamList = z.object({ teams: z.array(TeamSummary) });
export const TeamAnswer = TeamSummary.extend({ definition: Definition });
export type TeamAnswer = z.infer<typeof TeamAnswer>;

export const TeamVerdict = z.object({
  valid: z.boolean(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type TeamVerdict = z.infer<typeof TeamVerdict>;

export const StartRunBody = z.strictObject({
  team: z
    .union([z.string().min(1).max(100), Definition], {
      error: 'must be the name of a ready team, the sha256 of a stored definition, or a definition',
    })
    .describe('Name of a ready team, sha256 of a stored definition, or a definition itself.'),
  question: z.string().describe('What the team is to find out or do.'),
  key: BusinessKey.optional().describe('Business key; the header Idempotency-Key says the same.'),
  documentsSha256: Sha256.optional().describe('A stored manifest of documents.'),
  budgetMicroUsd: BudgetMicroUsd.optional().describe(
    `In micro-dollars; the team’s own if left out. From ${BUDGET_MICRO_USD.min} to ${BUDGET_MICRO_USD.max}.`,
  ),
  user: UserId.optional().describe(
    'Opaque id of whom the run works for: whoever is signed in, if left out.',
  ),
  review: ReviewOption.default('declared'),
  priority: RunPriority.optional().describe(
    '1 comes first where runs have to wait; 3 if left out.',
  ),
});
export type StartRunBody = z.input<typeof StartRunBody>;

export const ForkBody = z.strictObject({
  from: z.string().min(1).max(100).describe('The first phase that is done again.'),
  question: z.string().optional().describe('Another question for the phases that are done again.'),
  instructions: z.string().optional().describe('Other instructions for that phase.'),
  model: z.string().min(1).max(100).optional().describe('Another model for that phase.'),
  outputs: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Outputs that replace those of earlier phases.'),
  effects: z.enum(['on', 'off']).default('off'),
  key: BusinessKey.optional(),
  budgetMicroUsd: BudgetMicroUsd.optional(),
  user: UserId.optional(),
  review: ReviewOption.default('declared'),
  priority: RunPriority.optional(),
});
export type ForkBody = z.input<typeof ForkBody>;

export const StartReceipt = z.object({
  id: z.string(),
  firstRunId: z.string(),
  reused: z.boolean().describe('Whether this very run had been started before.'),
});
export type StartReceipt = z.infer<typeof StartReceipt>;

export const WorkflowAnswer = z.object({
  status: z
    .enum(WORKFLOW_STATUSES)
    .describe('`NOT_FOUND`: Temporal has none, or has forgotten it.'),
});

export const RunPage = z.object({
  runs: z.array(RunSummary),
  cursor: z.string().optional().describe('For the next page; absent on the last.'),
});
export type RunPage = z.infer<typeof RunPage>;

export const TraceAnswer = z.object({ steps: z.array(TraceStep) });
export const InvocationList = z.object({
  invocations: z.array(TraceStep.extend({ run: z.string() })),
});

export const RecoveryList = z.object({ recoveries: z.array(RecoveryCount) });

export const DecideBody = DecisionInput.extend({
  reviewId: CallerId.optional().describe('May be left out where exactly one review is open.'),
  decisionId: CallerId.optional().describe(
    'Chosen by the caller; the same id changes nothing when it comes again.',
  ),
  actor: UserId.optional().describe('Who decides: whoever is signed in, if left out.'),
});
export type DecideBody = z.input<typeof DecideBody>;

export const DecisionAnswer = z.object({
  reviewId: z.string(),
  decision: z.enum(DECISION_KINDS),
  applied: z.boolean().describe('False when this decision id had been taken before.'),
  stateVersion: z.int(),
});

/** In a query: what is no such number is told with its bounds. */
function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce
    .number({ error })
    .int({ error, abort: true })
    .min(min, { error })
    .max(max, { error });
}

const pageLimit = wholeNumber(1, API_LIMITS.pageMax).default(API_LIMITS.pageDefault);

/** A name to look for: one that cannot be stored is nobody's. */
const NameInQuery = plainText(100);

/** As large as the ledger can count. */
const StateVersion = wholeNumber(0, STATE_VERSION_MAX);

/** Opaque. */
const PageCursor = z.string().min(1).max(1_000);

export const RunQuery = z.object({
  status: z.enum(RUN_STATUSES).optional(),
  team: NameInQuery.optional(),
  user: UserId.optional(),
  limit: pageLimit,
  cursor: PageCursor.optional(),
});

export const ReviewQuery = z.object({
  kind: z.enum(REVIEW_KINDS).optional(),
  team: NameInQuery.optional(),
  user: UserId.optional().describe('Whom the run works for.'),
  group: NameInQuery.optional().describe('Only those that ask for this group.'),
  decidableBy: UserId.optional().describe(
    'Only those that this person may decide on; the groups of others than who asks are not known.',
  ),
  escalated: z.enum(['true', 'false']).optional(),
  limit: pageLimit,
  cursor: PageCursor.optional(),
});

export const SwitchQuery = z.object({
  past: z
    .enum(['true', 'false'])
    .default('false')
    .transform((past) => past === 'true')
    .describe('Also those that are off.'),
  limit: pageLimit,
});
export type SwitchFilter = z.output<typeof SwitchQuery>;

export const AuditQuery = z.object({
  run: BusinessKey.optional().describe('Only of this run.'),
  actor: UserId.optional().describe('Only what this person did.'),
  action: z.enum(AUDIT_ACTIONS).optional(),
  since: Instant.optional().describe('Only what happened at this time or later.'),
  limit: pageLimit,
  cursor: PageCursor.optional(),
});

export const HistoryQuery = z.object({
  after: StateVersion.default(0).describe('Only versions above it.'),
  limit: pageLimit,
});

/** Where a reader of events stands. */
export const LivePlace = z.string().regex(/^\d{1,19}-\d{1,18}$/, 'must be the id of an event');
export const LivePlaceInRun = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,9})?$/, 'must be the id of an event');

export const LiveQuery = z.object({
  after: LivePlace.optional().describe('The id of the last event taken; `0-0` is before all.'),
  user: UserId.optional().describe('Only of runs that work for this user.'),
});

export const StateQuery = z.object({
  at: StateVersion.optional().describe('The version; the newest if left out.'),
});

export const InvocationQuery = z.object({
  kind: z.enum(['model', 'tool']).optional(),
  name: NameInQuery.optional(),
  failed: z.enum(['true', 'false']).optional().describe('Only what did not end well.'),
  since: Instant.optional().describe('Only what began at this time or later.'),
  limit: pageLimit,
});

export const RecoveryQuery = z.object({
  since: Instant.optional().describe('Only what was taken at this time or later.'),
  team: NameInQuery.optional().describe('Only in runs of this team.'),
});

export const WaitQuery = z.object({
  revision: wholeNumber(0, Number.MAX_SAFE_INTEGER).describe('The revision the caller has seen.'),
  timeoutMs: wholeNumber(0, API_LIMITS.waitMsMax).default(API_LIMITS.waitMsDefault),
});
