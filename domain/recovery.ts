/**
 * Every failure has one declared recovery. The table is exhaustive by kind: a new kind does not
 * compile until it has a row. Recoveries of steps are taken inside the activity, those of rounds
 * and runs by the workflow, which reads them from its plan.
 */
import type { FailureKind } from '../contracts/failures';
import type { RoundRecovery } from '../contracts/plan';

export type StepRecovery =
  /** Wait as the provider says, else back off, up to the step's tries; then an operator is asked. */
  | 'retry'
  /** The run parks, losing nothing, until an operator has put it right. */
  | 'operator'
  /** Back to the agent in a structured form; it decides what to do. */
  | 'tell_agent';

export type Recovery = {
  /** What a person who has to act is told: what is wrong, and how to put it right. */
  explanation: string;
} & ({ owner: 'step'; action: StepRecovery } | { owner: 'round' | 'run'; action: RoundRecovery });

const step = (action: StepRecovery, explanation: string): Recovery => ({
  owner: 'step',
  action,
  explanation,
});
const round = (action: RoundRecovery, explanation: string): Recovery => ({
  owner: 'round',
  action,
  explanation,
});
const run = (action: RoundRecovery, explanation: string): Recovery => ({
  owner: 'run',
  action,
  explanation,
});

export const RECOVERY: Record<FailureKind, Recovery> = {
  rate_limited: step(
    'retry',
    'The model provider limits the rate of calls; resume when its limit has room again.',
  ),
  overloaded: step('retry', 'The model provider is overloaded; resume when it answers again.'),
  server_error: step(
    'retry',
    'The model provider fails with a server error; resume when it answers again.',
  ),
  connection_lost: step(
    'retry',
    'The connection to the model provider is lost each time; check the network and ANTHROPIC_BASE_URL, then resume.',
  ),
  stalled: step(
    'retry',
    'The model stops in the middle of its answers; resume when the provider is well, or raise stallMs in the team.',
  ),
  too_slow: step(
    'retry',
    'The model does not finish within callMs; raise it in the team, or resume when the provider is faster.',
  ),
  bad_response: step(
    'retry',
    'The model provider answers with something that is not a message; check ANTHROPIC_BASE_URL, then resume.',
  ),
  authentication: step(
    'operator',
    'The model provider refuses the API key; set a valid ANTHROPIC_API_KEY, restart the worker, then resume.',
  ),
  permission: step(
    'operator',
    'The API key may not use this model; give it access or use another key, then resume.',
  ),
  billing: step(
    'operator',
    'The model provider reports a billing problem; put the account in order, then resume.',
  ),
  spend_cap: step(
    'operator',
    'The spend limit of the account at the model provider is reached; raise it, then resume.',
  ),
  invalid_request: step(
    'operator',
    'The model provider refuses the request as invalid; see the stored error with `tuesday trace`, mend the cause, then resume.',
  ),
  unknown_model: step(
    'operator',
    'The model provider does not know this model; correct the team or the account, then resume.',
  ),
  context_exceeded: step(
    'operator',
    'The context is larger than the model takes; give the phase fewer or smaller inputs, or another model.',
  ),

  missing_fields: round('repair', 'The output lacked required fields in every round.'),
  format_violation: round('reformat', 'The output broke the contract’s format in every round.'),
  empty_output: round('different_approach', 'The output was empty in every round.'),
  truncated: round(
    'more_room',
    'The output was cut off in every round; raise maxOutputTokens in the team.',
  ),
  check_failed: round('check_report', 'The output failed its semantic checks in every round.'),
  refused_by_model: round(
    'person',
    'The model refused to answer; look at the question and the documents.',
  ),
  loop: round(
    'different_approach',
    'The agent used up its turns without an answer in every round.',
  ),

  tool_timeout: step('retry', 'A tool does not answer in time.'),
  tool_unavailable: step('retry', 'A tool is unavailable.'),
  tool_refused: step('tell_agent', 'A tool refused the call.'),
  tool_unknown: step('tell_agent', 'The agent called a tool that does not exist.'),
  tool_bad_input: step('tell_agent', 'The agent called a tool with parameters that do not fit.'),

  budget_exhausted: run('end_run', 'The budget is used up.'),
  crash_loop: run(
    'person',
    'Workers were lost in this phase again and again; look at their logs, then resume.',
  ),
  request_changed: round(
    'start_over',
    'The requests of recorded steps kept changing; look at what was deployed meanwhile, then resume.',
  ),
  phase_timed_out: run(
    'person',
    'The phase did not end within its time; look at its trace, then resume.',
  ),
  internal_error: run(
    'person',
    'Tuesday met an error that it does not know; the details are stored with the run and in the worker’s log. Resume tries again.',
  ),
  effect_unknown: run(
    'person',
    'It is unknown whether an effect was carried out, and its target cannot tell; check there. Approve counts it as done, resume carries it out once more.',
  ),
  effect_not_seen: run(
    'person',
    'An effect was begun and its target has not seen it, but it may still arrive; check there. Approve counts it as done, resume carries it out once more.',
  ),
  no_documents: run(
    'end_run',
    'There was no document to work on; the limitations say which could not be read, and why.',
  ),
  ended_outside: run(
    'end_run',
    'Its workflow was ended in Temporal from outside (terminated, timed out or forgotten), without its own closing steps; start it again, or fork it to go on from a phase.',
  ),
  effect_failed: run(
    'person',
    'An effect could not be carried out; the report is stored with the run. Resume tries again.',
  ),
};

/** The rows that the workflow reads, for the plan of a run. */
export function roundRecoveries(): Partial<Record<FailureKind, RoundRecovery>> {
  const rows = Object.entries(RECOVERY) as [FailureKind, Recovery][];
  return Object.fromEntries(
    rows.flatMap(([kind, row]) => (row.owner === 'step' ? [] : [[kind, row.action]])),
  );
}
