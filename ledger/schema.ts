/** The ledger's tables as Drizzle sees them. The tables themselves are made by `migrations/`. */
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  customType,
  integer,
  jsonb,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import type { Categories } from '../contracts/categories';
import type { FailureKind } from '../contracts/failures';
import type { LoadScope } from '../contracts/load';
import type { DeliveryEnd, NotifiedEvent } from '../contracts/notifications';
import type { RunPlan } from '../contracts/plan';
import type { RecoveryAction } from '../contracts/recoveries';
import type { Review, ReviewKind } from '../contracts/reviews';
import type { RunEvent, RunState } from '../contracts/run-state';
import type { RunStatus } from '../contracts/run-status';
import type { SwitchMode, SwitchScope } from '../contracts/switches';

export { endedSessions, tokens } from './access-schema';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const time = (name: string) => timestamp(name, { withTimezone: true });
/** Micro-dollars fit into a double exactly up to nine billion dollars. */
const money = (name: string) => bigint(name, { mode: 'number' });
export type EffectStatus = 'executing' | 'unknown' | 'failed' | 'refused' | 'done';

const fence = {
  fenceGeneration: integer('fence_generation').notNull(),
  fenceEntry: integer('fence_entry').notNull(),
  fenceAttempt: integer('fence_attempt').notNull(),
};

export const artifacts = pgTable('artifacts', {
  sha256: text('sha256').primaryKey(),
  mediaType: text('media_type').notNull(),
  size: integer('size').notNull(),
  bytes: bytea('bytes').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
});

export const runs = pgTable('runs', {
  runKey: text('run_key').primaryKey(),
  namespace: text('namespace').notNull(),
  workflowId: text('workflow_id').notNull(),
  firstRunId: text('first_run_id').notNull(),
  team: text('team').notNull(),
  teamVersion: text('team_version').notNull(),
  userId: text('user_id').notNull(),
  provider: text('provider').notNull(),
  status: text('status').$type<RunStatus>().notNull(),
  plan: jsonb('plan').$type<RunPlan>().notNull(),
  state: jsonb('state').$type<RunState>().notNull(),
  stateVersion: integer('state_version').notNull().default(0),
  teamSha256: text('team_sha256').notNull(),
  inputSha256: text('input_sha256').notNull(),
  documentsSha256: text('documents_sha256'),
  budgetMicroUsd: money('budget_micro_usd').notNull(),
  explanation: text('explanation'),
  resultSha256: text('result_sha256'),
  startedAt: timestamp('started_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  changedAt: time('changed_at').notNull().defaultNow(),
  endedAt: time('ended_at'),
  closedAt: time('closed_at'),
  eventsGeneration: integer('events_generation').notNull().default(0),
  forkedFrom: text('forked_from'),
  heldBy: text('held_by'),
});

/** What runs ask people at present. */
export const openReviews = pgTable(
  'open_reviews',
  {
    runKey: text('run_key').notNull(),
    reviewId: text('review_id').notNull(),
    workflowId: text('workflow_id').notNull(),
    firstRunId: text('first_run_id').notNull(),
    kind: text('kind').$type<ReviewKind>().notNull(),
    team: text('team').notNull(),
    userId: text('user_id').notNull(),
    openedAt: timestamp('opened_at', { withTimezone: true, precision: 3 }).notNull(),
    escalated: boolean('escalated').notNull(),
    /** Whose members may decide; empty: everybody. */
    groups: text('groups').array().notNull(),
    /** Who may not, whatever their groups. */
    barred: text('barred').array().notNull(),
    /** Who may, whatever their groups. */
    standIns: text('stand_ins').array().notNull(),
    review: jsonb('review').$type<Review>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.reviewId] })],
);

/** `queued` → `admitted` (its workflow has not been heard of yet) → `at_work` ⇄ `parked`; a row for each open run. */
export type Standing = 'queued' | 'admitted' | 'at_work' | 'parked';

export const admissions = pgTable('admissions', {
  runKey: text('run_key').primaryKey(),
  userId: text('user_id').notNull(),
  priority: integer('priority').notNull(),
  standing: text('standing').$type<Standing>().notNull(),
  askedAt: time('asked_at').notNull().default(sql`clock_timestamp()`),
  admittedAt: time('admitted_at'),
});

export const generations = pgTable(
  'generations',
  {
    runKey: text('run_key').notNull(),
    temporalRunId: text('temporal_run_id').notNull(),
    generation: integer('generation').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.temporalRunId] })],
);

export const runEvents = pgTable(
  'run_events',
  {
    runKey: text('run_key').notNull(),
    version: integer('version').notNull(),
    at: time('at').notNull(),
    type: text('type').notNull(),
    event: jsonb('event').$type<RunEvent>().notNull(),
    /** With `number`, its place among the events of all runs. */
    xid: xid8('xid').notNull().default(sql`pg_current_xact_id()`),
    number: bigserial('number', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.version] })],
);

export const supersededEvents = pgTable(
  'superseded_events',
  {
    runKey: text('run_key').notNull(),
    generation: integer('generation').notNull(),
    version: integer('version').notNull(),
    at: time('at').notNull(),
    type: text('type').notNull(),
    event: jsonb('event').$type<RunEvent>().notNull(),
    supersededAt: time('superseded_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.generation, table.version] })],
);

export const runHistories = pgTable(
  'run_histories',
  {
    runKey: text('run_key').notNull(),
    temporalRunId: text('temporal_run_id').notNull(),
    historySha256: text('history_sha256').notNull(),
    archivedAt: time('archived_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.temporalRunId] })],
);

export const runStates = pgTable(
  'run_states',
  {
    runKey: text('run_key').notNull(),
    version: integer('version').notNull(),
    state: jsonb('state').$type<RunState>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.version] })],
);

export const rounds = pgTable('rounds', {
  roundKey: text('round_key').primaryKey(),
  runKey: text('run_key').notNull(),
  phase: text('phase').notNull(),
  item: text('item').notNull(),
  round: integer('round').notNull(),
  ...fence,
  attemptOpen: boolean('attempt_open').notNull().default(false),
  crashes: integer('crashes').notNull().default(0),
  promptSha256: text('prompt_sha256'),
  worker: text('worker'),
  /** When it first asked to begin. */
  startedAt: time('started_at').notNull().defaultNow(),
  userId: text('user_id').notNull(),
  askedAt: time('asked_at'),
  heldBy: text('held_by').$type<LoadScope>(),
  waitedMs: integer('waited_ms'),
});

export const steps = pgTable('steps', {
  stepKey: text('step_key').primaryKey(),
  roundKey: text('round_key').notNull(),
  runKey: text('run_key').notNull(),
  phase: text('phase').notNull(),
  round: integer('round').notNull(),
  turn: integer('turn').notNull(),
  kind: text('kind').$type<'model' | 'tool'>().notNull(),
  name: text('name').notNull(),
  requestDigest: text('request_digest').notNull(),
  ...fence,
  tries: integer('tries').notNull().default(0),
  outcomeSha256: text('outcome_sha256'),
  ending: text('ending'),
  servedBy: text('served_by'),
  inputTokens: integer('input_tokens'),
  outputTokens: integer('output_tokens'),
  cacheWriteTokens: integer('cache_write_tokens'),
  cacheReadTokens: integer('cache_read_tokens'),
  startedAt: time('started_at').notNull().defaultNow(),
  endedAt: time('ended_at'),
});

export const calls = pgTable('calls', {
  callId: text('call_id').primaryKey(),
  stepKey: text('step_key').notNull(),
  runKey: text('run_key').notNull(),
  phase: text('phase').notNull(),
  ...fence,
  status: text('status').$type<'open' | 'settled' | 'released' | 'unsettled'>().notNull(),
  reservedMicroUsd: money('reserved_micro_usd').notNull(),
  costMicroUsd: money('cost_micro_usd').notNull().default(0),
  failure: text('failure'),
  requestId: text('request_id'),
  latencyMs: integer('latency_ms'),
  errorSha256: text('error_sha256'),
  startedAt: time('started_at').notNull().defaultNow(),
  endedAt: time('ended_at'),
});

export const phaseAccounts = pgTable(
  'phase_accounts',
  {
    runKey: text('run_key').notNull(),
    phase: text('phase').notNull(),
    openMicroUsd: money('open_micro_usd').notNull().default(0),
    settledMicroUsd: money('settled_micro_usd').notNull().default(0),
    unsettledMicroUsd: money('unsettled_micro_usd').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.runKey, table.phase] })],
);

export const stepRecoveries = pgTable('step_recoveries', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  runKey: text('run_key').notNull(),
  /** Null: of the run as a whole. */
  phase: text('phase'),
  round: integer('round'),
  /** Null: of the round as a whole. */
  stepKey: text('step_key'),
  failure: text('failure').$type<FailureKind>().notNull(),
  action: text('action').$type<RecoveryAction>().notNull(),
  at: time('at').notNull().defaultNow(),
});

/** What activities have noted and what workflows have told. */
export const recoveriesTaken = pgView('recoveries_taken', {
  runKey: text('run_key').notNull(),
  phase: text('phase'),
  stepKey: text('step_key'),
  failure: text('failure').$type<FailureKind>().notNull(),
  action: text('action').$type<RecoveryAction>().notNull(),
  count: integer('count').notNull(),
  at: time('at').notNull(),
}).existing();

export const breakers = pgTable('breakers', {
  scope: text('scope').primaryKey(),
  failures: integer('failures').notNull(),
  lastFailure: text('last_failure').$type<FailureKind>().notNull(),
  failingSince: time('failing_since').notNull(),
  /** Null: closed. */
  openedAt: time('opened_at'),
  openings: integer('openings').notNull().default(0),
  probeAt: time('probe_at'),
  probeCallId: text('probe_call_id'),
  probeUntil: time('probe_until'),
});

export const switches = pgTable('switches', {
  switchId: text('switch_id').primaryKey(),
  scope: text('scope').$type<SwitchScope>().notNull(),
  /** Empty for the installation, the run's key for one run. */
  name: text('name').notNull(),
  mode: text('mode').$type<SwitchMode>().notNull(),
  setBy: text('set_by').notNull(),
  setAt: time('set_at').notNull().default(sql`clock_timestamp()`),
  offBy: text('off_by'),
  offAt: time('off_at'),
  reason: text('reason'),
  offReason: text('off_reason'),
});

export const effects = pgTable('effects', {
  stepKey: text('step_key').primaryKey(),
  runKey: text('run_key').notNull(),
  phase: text('phase').notNull(),
  tool: text('tool').notNull(),
  inputSha256: text('input_sha256').notNull(),
  status: text('status').$type<EffectStatus>().notNull(),
  ...fence,
  /** Times it was begun since the workflow last asked for it. */
  tries: integer('tries').notNull().default(1),
  /** What it writes outside, where two effects must not write the same. */
  place: text('place'),
  resultSha256: text('result_sha256'),
  reportSha256: text('report_sha256'),
  startedAt: time('started_at').notNull().defaultNow(),
  endedAt: time('ended_at'),
});

export const deliveries = pgTable(
  'deliveries',
  {
    /** `notificationKey(…)`. */
    key: text('key').notNull(),
    channel: text('channel').notNull(),
    runKey: text('run_key').notNull(),
    event: text('event').$type<NotifiedEvent>().notNull(),
    /** Null: still to be delivered. */
    ended: text('ended').$type<DeliveryEnd>(),
    /** That failed. */
    tries: integer('tries').notNull().default(0),
    problem: text('problem'),
    begunAt: time('begun_at').notNull().default(sql`clock_timestamp()`),
    changedAt: time('changed_at').notNull().default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.key, table.channel] })],
);

export const extractions = pgTable(
  'extractions',
  {
    sha256: text('sha256').notNull(),
    version: text('version').notNull(),
    textSha256: text('text_sha256'),
    characters: integer('characters'),
    lines: integer('lines'),
    problem: text('problem'),
    categories: jsonb('categories').$type<Categories>(),
  },
  (table) => [primaryKey({ columns: [table.sha256, table.version] })],
);

export const auditLog = pgTable('audit_log', {
  sequence: bigint('sequence', { mode: 'number' }).primaryKey(),
  entry: text('entry').notNull(),
  hash: text('hash').notNull(),
  mac: text('mac').notNull(),
});

export const auditHead = pgTable('audit_head', {
  one: boolean('one').primaryKey().default(true),
  sequence: bigint('sequence', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
  mac: text('mac').notNull(),
  /** Fingerprint of the installation's secret; null until its first process. */
  secret: text('secret'),
});

/** Who is behind a digest of the log. */
export const auditPeople = pgTable('audit_people', {
  digest: text('digest').primaryKey(),
  person: text('person').notNull(),
  /** The person, or an address of theirs. */
  value: text('value').notNull(),
  salt: text('salt').notNull(),
});
