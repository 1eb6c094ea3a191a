/** Kinds of failure, by the point where they happen. `domain/recovery.ts` gives each its recovery. */

/** A model call that gave no answer. */
export const MODEL_FAILURES = [
  'rate_limited',
  'overloaded',
  'server_error',
  'connection_lost',
  'stalled',
  'too_slow',
  'bad_response',
  'authentication',
  'permission',
  'billing',
  'spend_cap',
  'invalid_request',
  'unknown_model',
  'context_exceeded',
  /** No call was made: too many of this model failed in a row, and it is not yet time to try. */
  'breaker_open',
] as const;
export type ModelFailureKind = (typeof MODEL_FAILURES)[number];

/** An answer that cannot be used as it is. */
export const ANSWER_FAILURES = [
  /** Its conversation can still mend it. */
  'malformed_answer',
  'answer_cut',
  'refused_by_model',
  /** The same call again and again, or turns used up. */
  'loop',
] as const;
export type AnswerFailureKind = (typeof ANSWER_FAILURES)[number];

/** What is wrong with a round's output; each leads to another round, or to a person. */
export const HANDOFF_FAILURES = [
  'missing_fields',
  'format_violation',
  'empty_output',
  'truncated',
  'check_failed',
  'rounds_used_up',
] as const;
export type HandoffFailureKind = (typeof HANDOFF_FAILURES)[number];

export const TOOL_FAILURES = [
  'tool_timeout',
  'tool_failed',
  'tool_rate_limited',
  /** What it gave is not what it says it gives. */
  'tool_bad_output',
  /** Its tries are used up, or its breaker is open. */
  'tool_unavailable',
  'tool_refused',
  'tool_unknown',
  'tool_bad_input',
] as const;
export type ToolFailureKind = (typeof TOOL_FAILURES)[number];

export const EFFECT_FAILURES = ['effect_unknown', 'effect_not_seen', 'effect_failed'] as const;
export type EffectFailureKind = (typeof EFFECT_FAILURES)[number];

export const RUN_FAILURES = [
  'phase_timed_out',
  'internal_error',
  'no_documents',
  'budget_exhausted',
  'worker_lost',
  'crash_loop',
  'request_changed',
  'overload',
  'queue_full',
  'ended_outside',
] as const;
export type RunFailureKind = (typeof RUN_FAILURES)[number];

export const LEDGER_FAILURES = ['ledger_unavailable'] as const;
export const PERSON_FAILURES = ['no_answer'] as const;

export const FAILURES = {
  model: [...MODEL_FAILURES, ...ANSWER_FAILURES],
  handoff: HANDOFF_FAILURES,
  tool: TOOL_FAILURES,
  effect: EFFECT_FAILURES,
  run: RUN_FAILURES,
  ledger: LEDGER_FAILURES,
  person: PERSON_FAILURES,
} as const;
/** Where a failure happens. */
export type FailurePoint = keyof typeof FAILURES;
export type FailureKind = (typeof FAILURES)[FailurePoint][number];

export function pointOf(failure: FailureKind): FailurePoint {
  const points = Object.keys(FAILURES) as FailurePoint[];
  const point = points.find((name) => (FAILURES[name] as readonly string[]).includes(failure));
  if (!point) throw new RangeError(`${failure} is no failure`);
  return point;
}

export const FAILURE_KINDS: readonly FailureKind[] = Object.values(FAILURES).flat();

/** Failures that end a round without an output that can be handed on. */
export type RoundFailureKind =
  | ModelFailureKind
  | AnswerFailureKind
  | Exclude<HandoffFailureKind, 'rounds_used_up'>
  | ToolFailureKind
  | 'crash_loop'
  | 'request_changed';

/** Types of `ApplicationFailure` that cross the Temporal boundary. Their messages are fixed: text would be content in history. */
export const FAILURE_TYPE = {
  /** A step failed and is to be tried again after the delay that comes with it. */
  stepRetry: 'TuesdayStepRetry',
  /** A newer attempt holds the round, or the run is closed: this one must end. */
  fenced: 'TuesdayFenced',
  /** The run never started; details: [{reason}]. */
  refused: 'TuesdayRunRefused',
  /** The run ended as failed. */
  failed: 'TuesdayRunFailed',
  /** The run is closed in the ledger: its workflow must end too. */
  closed: 'TuesdayRunClosed',
  /** The ledger did not answer; tried again. */
  ledgerUnavailable: 'TuesdayLedgerUnavailable',
  /** Temporal did not answer the activity; tried again. */
  temporalUnavailable: 'TuesdayTemporalUnavailable',
  /** A channel did not take a notification; tried again, unless it never will. */
  notDelivered: 'TuesdayNotDelivered',
  /** A defect of ours or a value that cannot be; details: [{errorSha256}]. */
  internal: 'TuesdayInternal',
  /** A decision that cannot be taken; the message is one of a fixed set. */
  decisionRefused: 'TuesdayDecisionRefused',
} as const;
