/** The table of failures in a person's words: its rows, and what each action does. */
import type { FailurePoint } from '../contracts/failures';
import type { RecoveryAction, RecoveryOwner } from '../contracts/recoveries';

interface Row {
  point: FailurePoint;
  failure: string;
  owner: RecoveryOwner;
}

const row = (point: FailurePoint, owner: RecoveryOwner, failure: string): Row => ({
  point,
  owner,
  failure,
});

export const RECOVERY_ROWS = {
  'handoff.missing_fields': row('handoff', 'round', 'required fields are missing'),
  'handoff.format': row('handoff', 'round', 'the format is violated'),
  'handoff.empty': row('handoff', 'round', 'the output is empty'),
  'handoff.truncated': row('handoff', 'round', 'the output is cut off'),
  'handoff.check_failed': row(
    'handoff',
    'round',
    'a semantic check fails: a quote that is not in its source, a citation that leads nowhere',
  ),
  'handoff.rounds_used_up': row('handoff', 'run', 'the rounds of a phase are used up'),
  'tool.transient': row('tool', 'step', 'a time-out, a transient error, a rate limit'),
  'tool.unavailable': row('tool', 'step', 'the tries are used up, or the breaker is open'),
  'tool.permanent': row('tool', 'step', 'a permanent error: not found, refused'),
  'tool.hallucinated': row(
    'tool',
    'step',
    'a tool that does not exist, or parameters that do not fit its schema',
  ),
  'tool.bad_output': row('tool', 'step', 'a result that does not fit the tool’s own output schema'),
  'effect.unknown': row('effect', 'run', 'nobody knows whether an effect was carried out'),
  'effect.failed': row('effect', 'run', 'an effect cannot be carried out'),
  'model.away': row(
    'model',
    'step',
    'rate limited, overloaded, a server error, the connection lost, the stream cut or stalled',
  ),
  'model.too_slow': row('model', 'step', 'the model is too slow'),
  'model.malformed': row('model', 'step', 'malformed JSON, or a constraint is violated'),
  'model.cut': row('model', 'step', 'the answer is cut at max_tokens'),
  'model.refusal': row('model', 'round', 'the model refuses'),
  'model.context_exceeded': row('model', 'round', 'the context window is exceeded'),
  'model.operator': row(
    'model',
    'run',
    'authentication, billing, a spend cap, an invalid request, an unknown model',
  ),
  'model.loop': row(
    'model',
    'step',
    'the same call again and again, or the turns are used up (a loop of doom)',
  ),
  'run.phase_failed': row('run', 'run', 'a phase fails for good'),
  'run.no_documents': row('run', 'run', 'there is no document to work on'),
  'run.budget': row('run', 'run', 'the budget is used up'),
  'run.worker_lost': row(
    'run',
    'run',
    'a worker is killed, frozen, deployed over, out of memory, or crashes again and again',
  ),
  'run.overload': row('run', 'run', 'too much work at once'),
  'run.ended_outside': row('run', 'run', 'the workflow was ended in Temporal from outside'),
  'ledger.away': row('ledger', 'step', 'the ledger is slow, frozen, down or full'),
  'person.no_answer': row('person', 'run', 'a person does not answer in time'),
} as const satisfies Record<string, Row>;
export type RecoveryRow = keyof typeof RECOVERY_ROWS;

export const ACTION_WORDS: Record<RecoveryAction, string> = {
  retry: 'again, after the wait that was asked for or a growing one with jitter, up to its tries',
  repair_turn: 'one more turn of the same conversation, with the validator’s report',
  more_room_turn: 'the same turn once more, with twice the room',
  answer_now: 'no tool may be called any more: an answer of what there is, with a limitation',
  wait: 'wait durably and go on',
  tell_agent: 'not carried out; the agent gets a structured error and decides',
  fallback_tool: 'the tool that the phase names as its fallback',
  last_good_result: 'the last good result of the same call, with its age',
  skip: 'the agent is told and goes on without; a limitation names what is missing',
  ask_target: 'the target is asked by key what became of it',
  repair: 'another round, naming the missing fields and the format',
  reformat: 'another round with an example made from the schema',
  different_approach: 'another round with a different approach',
  more_room: 'another round with more room for the output',
  in_parts: 'another round that gives the contract in parts',
  check_report: 'another round with the report of the checks',
  compact: 'another round on a compacted context',
  fallback_model: 'another round on the next model of `fallbackModels`',
  start_over: 'another round that begins anew',
  retry_behind_fence: 'again on another worker, behind the fence: what is recorded is read back',
  queue: 'the run waits for its turn',
  refuse: 'the run is refused with the reason',
  ask_top_up: 'the run parks until a person adds to the budget, or lets it go on without',
  hand_back: 'one reserved turn without tools gives the best partial output',
  degrade: 'an optional phase ends with a limitation, and the run goes on',
  ask_person: 'the run parks until a person decides',
  ask_operator: 'the run parks, losing nothing, until an operator has put it right',
  remind: 'the person is reminded',
  escalate: 'the question goes a level up',
  default_decision: 'the declared default decision is taken',
  end_run: 'the run ends with its partial result',
};
