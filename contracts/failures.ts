/** Kinds of failure, by the point where they happen. `domain/recovery.ts` gives each its recovery. */

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
] as const;
export type ModelFailureKind = (typeof MODEL_FAILURES)[number];

/** What is wrong with a round's output; each leads to another round, or to a person. */
export const HANDOFF_FAILURES = [
  'missing_fields',
  'format_violation',
  'empty_output',
  'truncated',
  'check_failed',
  'refused_by_model',
  'loop',
] as const;
export type HandoffFailureKind = (typeof HANDOFF_FAILURES)[number];

export const TOOL_FAILURES = [
  'tool_timeout',
  'tool_unavailable',
  'tool_refused',
  'tool_unknown',
  'tool_bad_input',
] as const;
export type ToolFailureKind = (typeof TOOL_FAILURES)[number];

export const RUN_FAILURES = [
  'budget_exhausted',
  'crash_loop',
  'request_changed',
  'phase_timed_out',
  'internal_error',
  'effect_unknown',
  'effect_not_seen',
  'effect_failed',
  'no_documents',
  'ended_outside',
] as const;
export type RunFailureKind = (typeof RUN_FAILURES)[number];

export type FailureKind = ModelFailureKind | HandoffFailureKind | ToolFailureKind | RunFailureKind;

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
  /** A defect of ours or a value that cannot be; details: [{errorSha256}]. */
  internal: 'TuesdayInternal',
  /** A decision that cannot be taken; the message is one of a fixed set. */
  decisionRefused: 'TuesdayDecisionRefused',
} as const;
