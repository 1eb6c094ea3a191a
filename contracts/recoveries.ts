/**
 * What can be done about a failure. A *ladder* lists actions in the order in which they are tried;
 * an empty one does nothing, and the failure ends the run. Free of libraries: workflows import it.
 */
import type { FailureKind } from './failures';

export type RecoveryOwner = 'step' | 'round' | 'run';

/** Each action, by who takes it. */
export const RECOVERY_ACTIONS = {
  step: [
    'retry',
    'repair_turn',
    'more_room_turn',
    'answer_now',
    'wait',
    'tell_agent',
    'fallback_tool',
    'last_good_result',
    'skip',
    'ask_target',
  ],
  round: [
    'repair',
    'reformat',
    'different_approach',
    'more_room',
    'in_parts',
    'check_report',
    'compact',
    'fallback_model',
    'start_over',
  ],
  run: [
    'retry_behind_fence',
    'queue',
    'refuse',
    'ask_top_up',
    'hand_back',
    'degrade',
    'ask_person',
    'ask_operator',
    'remind',
    'escalate',
    'default_decision',
    'end_run',
  ],
} as const satisfies Record<RecoveryOwner, readonly string[]>;

export type StepAction = (typeof RECOVERY_ACTIONS)['step'][number];
/** Another round of the phase, with an instruction of that kind. */
export type RoundAction = (typeof RECOVERY_ACTIONS)['round'][number];
export type RunAction = (typeof RECOVERY_ACTIONS)['run'][number];
export type RecoveryAction = StepAction | RoundAction | RunAction;

export type Ladder = readonly RecoveryAction[];
export type Ladders = Readonly<Record<FailureKind, Ladder>>;
/** What a team says otherwise. */
export type LadderChanges = { readonly [K in FailureKind]?: Ladder | undefined };

export function ownerOf(action: RecoveryAction): RecoveryOwner {
  const owners = Object.keys(RECOVERY_ACTIONS) as RecoveryOwner[];
  const owner = owners.find((name) =>
    (RECOVERY_ACTIONS[name] as readonly RecoveryAction[]).includes(action),
  );
  if (!owner) throw new RangeError(`${action} is no recovery`);
  return owner;
}

export const isRoundAction = (action: RecoveryAction): action is RoundAction =>
  ownerOf(action) === 'round';

/** Recoveries of one kind that were taken. */
export interface RecoveryTaken {
  failure: FailureKind;
  action: RecoveryAction;
  count: number;
}

const MODEL_AWAY = ['retry', 'fallback_model', 'degrade', 'ask_operator'] as const;
const OPERATOR = ['degrade', 'ask_operator'] as const;
const AGAIN = [
  'repair',
  'reformat',
  'different_approach',
  'check_report',
  'fallback_model',
] as const;
const TOOL = ['retry', 'fallback_tool', 'last_good_result', 'skip', 'tell_agent'] as const;

/** The actions that make sense for each kind: what a ladder of a team may list, in any order. */
export const POSSIBLE_ACTIONS: Ladders = {
  rate_limited: MODEL_AWAY,
  overloaded: MODEL_AWAY,
  server_error: MODEL_AWAY,
  connection_lost: MODEL_AWAY,
  stalled: MODEL_AWAY,
  too_slow: MODEL_AWAY,
  bad_response: MODEL_AWAY,
  breaker_open: ['fallback_model', 'wait', 'degrade', 'ask_operator'],
  authentication: ['fallback_model', ...OPERATOR],
  permission: ['fallback_model', ...OPERATOR],
  billing: ['fallback_model', ...OPERATOR],
  spend_cap: ['fallback_model', ...OPERATOR],
  invalid_request: ['fallback_model', ...OPERATOR],
  unknown_model: ['fallback_model', ...OPERATOR],
  context_exceeded: ['compact', 'fallback_model', 'degrade', 'ask_person'],

  malformed_answer: ['repair_turn'],
  answer_cut: ['more_room_turn'],
  refused_by_model: ['fallback_model', 'different_approach', 'degrade', 'ask_person'],
  loop: ['answer_now', 'different_approach', 'fallback_model'],

  missing_fields: AGAIN,
  format_violation: AGAIN,
  empty_output: AGAIN,
  truncated: ['more_room', 'in_parts', 'different_approach', 'fallback_model'],
  check_failed: AGAIN,
  rounds_used_up: ['degrade', 'ask_person', 'end_run'],

  tool_timeout: TOOL,
  tool_failed: TOOL,
  tool_rate_limited: TOOL,
  tool_bad_output: TOOL,
  tool_unavailable: ['fallback_tool', 'last_good_result', 'skip', 'tell_agent', ...OPERATOR],
  tool_refused: ['tell_agent', 'fallback_tool', 'skip'],
  tool_unknown: ['tell_agent'],
  tool_bad_input: ['tell_agent'],

  effect_unknown: ['ask_target', 'ask_operator'],
  effect_not_seen: ['ask_operator'],
  effect_failed: ['ask_operator'],

  phase_timed_out: [...OPERATOR, 'end_run'],
  internal_error: [...OPERATOR, 'end_run'],
  no_documents: ['end_run'],
  budget_exhausted: ['ask_top_up', 'hand_back', 'end_run'],
  worker_lost: ['retry_behind_fence', ...OPERATOR],
  crash_loop: [...OPERATOR, 'end_run'],
  request_changed: ['start_over', 'degrade', 'ask_operator'],
  overload: ['queue', 'refuse'],
  queue_full: ['refuse'],
  ended_outside: ['end_run'],

  ledger_unavailable: ['wait'],
  no_answer: ['remind', 'escalate', 'default_decision'],
};
