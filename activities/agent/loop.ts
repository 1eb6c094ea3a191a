/** The agent loop: turns of a model and its tools until there is an answer that may be handed on. */
import { type ContentStore, putText } from '../../contracts/content';
import type { Expectation } from '../../contracts/team/expectations';
import type { CheckSubject } from '../checks/check';
import type { Exchange, ModelAnswer, Prompt } from '../model/port';
import type { Attempt } from './attempt';
import { RoundRejected, RoundSuspended } from './interruptions';
import { type ModelStepDeps, takeModelStep } from './model-step';
import { judgeOutput, type Verdict } from './output';
import { jsonPart, TOOL_DATA_TAG, withoutTags } from './prompt-text';
import type { StoredExchange } from './stored-request';
import { type ToolStepDeps, type ToolTurn, takeToolStep } from './tool-step';

export interface LoopDeps extends ModelStepDeps, ToolStepDeps {
  content: ContentStore;
}

export interface Task {
  prompt: Prompt;
  promptSha256: string;
  expectations: Expectation[];
  subject: Omit<CheckSubject, 'output'>;
}

/** How much more room a cut-off answer gets, once per round. */
const MORE_ROOM = 2;

/** @throws RoundSuspended, RoundRejected, StepToRetry, AttemptFenced */
export async function runLoop(
  deps: LoopDeps,
  attempt: Attempt,
  task: Task,
): Promise<Record<string, unknown>> {
  const { limits } = attempt.phase;
  const exchanges: Exchange[] = [];
  const stored: StoredExchange[] = [];
  let maxOutputTokens = limits.maxOutputTokens;
  let badCalls = 0;
  let repaired = false;

  for (let turn = 1; turn <= limits.turnsMax; turn++) {
    // The last turn must be an answer: no tool may be called any more.
    const mayUseTools = turn < limits.turnsMax;
    const { answer, answerSha256 } = await takeModelStep(
      deps,
      attempt,
      turn,
      { prompt: task.prompt, exchanges, maxOutputTokens, mayUseTools },
      { promptSha256: task.promptSha256, maxOutputTokens, mayUseTools, exchanges: stored },
    );
    switch (answer.ending) {
      case 'answer': {
        const verdict = await judge(answer.text);
        if (verdict.accepted) return verdict.output;
        if (repaired || !verdict.canStand) throw new RoundRejected(verdict.failure, verdict.report);
        repaired = true;
        await sayAfter(answer, answerSha256, verdict.report);
        break;
      }
      case 'tool_calls': {
        if (!mayUseTools)
          throw new RoundRejected('loop', 'The agent called tools where it was to answer.');
        const turns = await Promise.all(
          answer.toolCalls.map((call, index) => takeToolStep(deps, attempt, turn, index, call)),
        );
        const taken = settled(turns);
        badCalls += taken.filter(({ taken: { failure } }) => isBadCall(failure)).length;
        if (badCalls > limits.badToolCallsMax)
          throw new RoundRejected(
            'loop',
            'The agent kept calling tools that do not exist or do not fit.',
          );
        resultsAfter(answer, answerSha256, taken);
        break;
      }
      case 'truncated':
        if (maxOutputTokens > limits.maxOutputTokens)
          throw new RoundRejected('truncated', 'The answer was cut off at its longest.');
        maxOutputTokens *= MORE_ROOM;
        break;
      case 'refusal':
        throw new RoundRejected('refused_by_model', 'The model refused to answer.');
      case 'context_exceeded':
      case 'unknown':
        throw new RoundRejected('empty_output', 'The model stopped without a usable answer.');
    }
  }
  throw new RoundRejected('loop', 'The agent used up its turns without an answer.');

  async function judge(text: string): Promise<Verdict> {
    return judgeOutput(text, attempt.phase, task.expectations, task.subject, deps.content);
  }

  /** One repair in the same conversation, with the validator's report. */
  async function sayAfter(answer: ModelAnswer, answerSha256: string, report: string) {
    const said = `Your answer cannot be handed on:\n${withoutTags(report)}\nAnswer again, with the whole JSON corrected.`;
    exchanges.push({ assistant: answer.assistant, toolResults: [], said });
    stored.push({ answerSha256, results: [], saidSha256: await putText(deps.content, said) });
  }

  function resultsAfter(answer: ModelAnswer, answerSha256: string, taken: Taken[]): void {
    const pairs = taken.map((result, index) => ({
      id: answer.toolCalls[index]?.id ?? '',
      tool: answer.toolCalls[index]?.name ?? '',
      result,
    }));
    exchanges.push({
      assistant: answer.assistant,
      toolResults: pairs.map(({ id, tool, result }) => ({
        id,
        content: jsonPart(TOOL_DATA_TAG, { from: tool }, result.taken.content),
        isError: result.taken.isError,
      })),
    });
    stored.push({
      answerSha256,
      results: pairs.map(({ id, result }) => ({ toolCallId: id, resultSha256: result.sha256 })),
    });
  }
}

type Taken = Extract<ToolTurn, { taken: unknown }>;

const isBadCall = (failure: string | undefined): boolean =>
  failure === 'tool_unknown' || failure === 'tool_bad_input';

/** All calls have settled; now whatever went wrong or waits is said, failures first. */
function settled(turns: ToolTurn[]): Taken[] {
  for (const turn of turns) if ('failed' in turn) throw turn.failed;
  const pending = turns.flatMap((turn) => ('pending' in turn ? [turn.pending] : []));
  if (pending.length > 0) throw new RoundSuspended(pending);
  return turns.filter((turn): turn is Taken => 'taken' in turn);
}
