/**
 * Every failure has one declared recovery. The table is exhaustive by kind: a new kind does not
 * compile until it has a row. `openRun` resolves it once with what the team declares otherwise;
 * whoever meets a failure asks the ladder that the run was opened with, never this constant.
 */
import { FAILURE_KINDS, type FailureKind } from '../contracts/failures';
import type { PhasePlan, RunPlan } from '../contracts/plan';
import {
  isRoundAction,
  type Ladder,
  type LadderChanges,
  type Ladders,
  ownerOf,
  type RoundAction,
} from '../contracts/recoveries';
import type { RecoveryRow } from './recovery-rows';

export interface Recovery {
  /** The row of the failure table that the kind belongs to. */
  row: RecoveryRow;
  /** What is tried, in this order. Empty: nothing, and the failure ends the run. */
  ladder: Ladder;
  /** Where it goes on when nothing in the ladder is left. */
  next?: FailureKind;
  /** What a person who has to act is told: what is wrong, and how to put it right. */
  explanation: string;
}
export type RecoveryTable = Readonly<Record<FailureKind, Recovery>>;

export const RECOVERY: RecoveryTable = {
  rate_limited: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation:
      'The model provider limits the rate of calls; resume when its limit has room again.',
  },
  overloaded: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation: 'The model provider is overloaded; resume when it answers again.',
  },
  server_error: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation: 'The model provider fails with a server error; resume when it answers again.',
  },
  connection_lost: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation:
      'The connection to the model provider is lost each time; check the network and ANTHROPIC_BASE_URL, then resume.',
  },
  stalled: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation:
      'The model stops in the middle of its answers; resume when the provider is well, or raise stallMs in the team.',
  },
  bad_response: {
    row: 'model.away',
    ladder: ['retry', 'fallback_model', 'degrade', 'ask_operator'],
    explanation:
      'The model provider answers with something that is not a message; check ANTHROPIC_BASE_URL, then resume.',
  },
  too_slow: {
    row: 'model.too_slow',
    ladder: ['fallback_model', 'retry', 'degrade', 'ask_operator'],
    explanation:
      'The model does not finish within callMs; raise it in the team, or resume when the provider is faster.',
  },
  breaker_open: {
    row: 'model.away',
    ladder: ['fallback_model', 'wait', 'degrade', 'ask_operator'],
    explanation:
      'Calls of this model failed again and again, so none is made for a while; the run goes on by itself when one succeeds, and after an outage of days it asks for an operator.',
  },
  authentication: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The model provider refuses the API key; set a valid ANTHROPIC_API_KEY, restart the worker, then resume.',
  },
  permission: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The API key may not use this model; give it access or use another key, then resume.',
  },
  billing: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The model provider reports a billing problem; put the account in order, then resume.',
  },
  spend_cap: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The spend limit of the account at the model provider is reached; raise it, then resume.',
  },
  invalid_request: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The model provider refuses the request as invalid; see the stored error with `tuesday trace`, mend the cause, then resume.',
  },
  unknown_model: {
    row: 'model.operator',
    ladder: ['ask_operator'],
    explanation:
      'The model provider does not know this model; correct the team or the account, then resume.',
  },
  context_exceeded: {
    row: 'model.context_exceeded',
    ladder: ['compact', 'degrade', 'ask_person'],
    explanation:
      'The context is larger than the model takes; give the phase fewer or smaller inputs, or another model.',
  },
  malformed_answer: {
    row: 'model.malformed',
    ladder: ['repair_turn'],
    explanation: 'The model answered with something that does not fit its contract.',
  },
  answer_cut: {
    row: 'model.cut',
    ladder: ['more_room_turn'],
    explanation: 'The answer of the model was cut off at its longest.',
  },
  refused_by_model: {
    row: 'model.refusal',
    ladder: ['fallback_model', 'degrade', 'ask_person'],
    explanation: 'The model refused to answer; look at the question and the documents.',
  },
  loop: {
    row: 'model.loop',
    ladder: ['answer_now', 'different_approach'],
    next: 'rounds_used_up',
    explanation: 'The agent used up its turns without an answer in every round.',
  },
  missing_fields: {
    row: 'handoff.missing_fields',
    ladder: ['repair'],
    next: 'rounds_used_up',
    explanation: 'The output lacked required fields in every round.',
  },
  format_violation: {
    row: 'handoff.format',
    ladder: ['reformat'],
    next: 'rounds_used_up',
    explanation: 'The output broke the contract’s format in every round.',
  },
  empty_output: {
    row: 'handoff.empty',
    ladder: ['different_approach'],
    next: 'rounds_used_up',
    explanation: 'The output was empty in every round.',
  },
  truncated: {
    row: 'handoff.truncated',
    ladder: ['more_room', 'in_parts'],
    next: 'rounds_used_up',
    explanation: 'The output was cut off in every round; raise maxOutputTokens in the team.',
  },
  check_failed: {
    row: 'handoff.check_failed',
    ladder: ['check_report'],
    next: 'rounds_used_up',
    explanation: 'The output failed its semantic checks in every round.',
  },
  rounds_used_up: {
    row: 'handoff.rounds_used_up',
    ladder: ['degrade', 'ask_person'],
    explanation:
      'No round gave an output that can be handed on; look at the reports of its rounds.',
  },
  tool_timeout: {
    row: 'tool.transient',
    ladder: ['retry'],
    next: 'tool_unavailable',
    explanation: 'A tool does not answer in time.',
  },
  tool_failed: {
    row: 'tool.transient',
    ladder: ['retry'],
    next: 'tool_unavailable',
    explanation: 'A tool failed.',
  },
  tool_rate_limited: {
    row: 'tool.transient',
    ladder: ['retry'],
    next: 'tool_unavailable',
    explanation: 'A tool limits the rate of its calls.',
  },
  tool_bad_output: {
    row: 'tool.bad_output',
    ladder: ['retry'],
    next: 'tool_unavailable',
    explanation: 'A tool gave something that is not what it says it gives.',
  },
  tool_unavailable: {
    row: 'tool.unavailable',
    ladder: ['fallback_tool', 'last_good_result', 'skip', 'degrade', 'ask_operator'],
    explanation:
      'A tool that the phase cannot do without is unavailable; resume when it answers again.',
  },
  tool_refused: {
    row: 'tool.permanent',
    ladder: ['tell_agent'],
    explanation: 'A tool refused the call.',
  },
  tool_unknown: {
    row: 'tool.hallucinated',
    ladder: ['tell_agent'],
    explanation: 'The agent called a tool that does not exist.',
  },
  tool_bad_input: {
    row: 'tool.hallucinated',
    ladder: ['tell_agent'],
    explanation: 'The agent called a tool with parameters that do not fit.',
  },
  effect_unknown: {
    row: 'effect.unknown',
    ladder: ['ask_target', 'ask_operator'],
    explanation:
      'It is unknown whether an effect was carried out, and its target cannot tell; check there. Approve counts it as done, resume carries it out once more.',
  },
  effect_not_seen: {
    row: 'effect.unknown',
    ladder: ['ask_operator'],
    explanation:
      'An effect was begun and its target has not seen it, but it may still arrive; check there. Approve counts it as done, resume carries it out once more.',
  },
  effect_failed: {
    row: 'effect.failed',
    ladder: ['ask_operator'],
    explanation:
      'An effect could not be carried out; the report is stored with the run. Resume tries again.',
  },
  phase_timed_out: {
    row: 'run.phase_failed',
    ladder: ['degrade', 'ask_operator'],
    explanation: 'The phase did not end within its time; look at its trace, then resume.',
  },
  internal_error: {
    row: 'run.phase_failed',
    ladder: ['degrade', 'ask_operator'],
    explanation:
      'Tuesday met an error that it does not know; the details are stored with the run and in the worker’s log. Resume tries again.',
  },
  no_documents: {
    row: 'run.no_documents',
    ladder: ['end_run'],
    explanation:
      'There was no document to work on; the limitations say which could not be read, and why.',
  },
  budget_exhausted: {
    row: 'run.budget',
    ladder: ['hand_back', 'end_run'],
    explanation: 'The budget is used up.',
  },
  worker_lost: {
    row: 'run.worker_lost',
    ladder: ['retry_behind_fence', 'degrade', 'ask_operator'],
    explanation: 'A worker was lost while it worked on this phase.',
  },
  crash_loop: {
    row: 'run.worker_lost',
    ladder: ['degrade', 'ask_operator'],
    explanation:
      'Workers were lost in this phase again and again; look at their logs, then resume.',
  },
  request_changed: {
    row: 'run.worker_lost',
    ladder: ['start_over', 'degrade', 'ask_operator'],
    explanation:
      'The requests of recorded steps kept changing; look at what was deployed meanwhile, then resume.',
  },
  overload: {
    row: 'run.overload',
    ladder: ['queue'],
    explanation: 'More work is asked for than may go on at once; the run waits for its turn.',
  },
  queue_full: {
    row: 'run.overload',
    ladder: ['refuse'],
    explanation: 'More runs wait than may wait; start it again later.',
  },
  ended_outside: {
    row: 'run.ended_outside',
    ladder: ['end_run'],
    explanation:
      'Its workflow was ended in Temporal from outside (terminated, timed out or forgotten), without its own closing steps; start it again, or fork it to go on from a phase.',
  },
  ledger_unavailable: {
    row: 'ledger.away',
    ladder: ['wait'],
    explanation: 'The ledger does not answer; work goes on when it does.',
  },
  no_answer: {
    row: 'person.no_answer',
    ladder: ['remind', 'escalate', 'default_decision'],
    explanation: 'Nobody has answered in time.',
  },
};

/**
 * Every ladder whole: what follows by `next` is appended, and what a team declares replaces the
 * kind's own part, the later of several.
 */
export function resolveLadders(table: RecoveryTable, ...changes: LadderChanges[]): Ladders {
  const own = (kind: FailureKind): Ladder =>
    changes.reduce((ladder, change) => change[kind] ?? ladder, table[kind].ladder);
  const whole = (kind: FailureKind): Ladder => {
    const { next } = table[kind];
    return own(kind).length === 0 || !next ? own(kind) : [...own(kind), ...whole(next)];
  };
  return Object.fromEntries(FAILURE_KINDS.map((kind) => [kind, whole(kind)])) as unknown as Ladders;
}

/** Kinds that the workflow may have to do something about, for the plan of a run. */
export function workflowLadders(ladders: Ladders): LadderChanges {
  return Object.fromEntries(
    Object.entries(ladders).filter(
      ([, ladder]) => ladder.length === 0 || ladder.some((action) => ownerOf(action) !== 'step'),
    ),
  );
}

/** The kinds whose ladders differ. */
export function differences(common: LadderChanges, own: LadderChanges): LadderChanges {
  return Object.fromEntries(
    Object.entries(own).filter(
      ([kind, ladder]) => ladder?.join() !== common[kind as FailureKind]?.join(),
    ),
  );
}

/**
 * The round that follows the nth rejection of one kind in a phase, counted from 0: the nth action of
 * the ladder that asks for a round, the last one again and again.
 */
export function roundAction(
  ladder: Ladder,
  rejections: number,
  isPossible: (action: RoundAction) => boolean,
): RoundAction | undefined {
  const rounds = ladder.filter(isRoundAction).filter(isPossible);
  return rounds[Math.min(rejections, rounds.length - 1)];
}

/** What the run was opened with: the phase's own ladder, else the team's. */
export function ladderOf(plan: RunPlan, phase: PhasePlan, failure: FailureKind): Ladder {
  return phase.ladders[failure] ?? plan.ladders[failure] ?? [];
}
