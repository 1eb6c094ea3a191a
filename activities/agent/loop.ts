/**
 * The agent loop: turns of a model and its tools until there is an answer that may be handed on.
 * All that it decides rests on recorded steps, so that a re-entry decides the same.
 */
import type { SuspendedItem } from '../../contracts/activities';
import type { ContentStore } from '../../contracts/content';
import type { FailureKind, RoundFailureKind } from '../../contracts/failures';
import { modelStepKey } from '../../contracts/ids';
import { SAME_CALL_TURNS_MAX, TOOL_CALLS_PER_TURN_MAX } from '../../contracts/limits';
import type { RecoveryAction } from '../../contracts/recoveries';
import type { Instruction } from '../../contracts/run-state';
import type { Limitation } from '../../contracts/run-status';
import type { Expectation } from '../../contracts/team/expectations';
import type { CheckSubject } from '../checks/check';
import { hold } from '../ledger-wait';
import { capabilitiesOf } from '../model/capabilities';
import type { Prompt, ToolCall } from '../model/port';
import { noteRecovery } from '../recoveries';
import type { Attempt } from './attempt';
import { refuseCallBeyond } from './calls-beyond';
import { Conversation } from './conversation';
import { takeHandBackTurn } from './hand-back';
import { type Answered, RoundHandedBack, RoundRejected, RoundSuspended } from './interruptions';
import { type ModelStepDeps, takeModelStep } from './model-step';
import { judgeOutput, judgePart, judgeValue, type Verdict } from './output';
import type { PromptPart } from './parts';
import { partOf } from './parts';
import { withoutTags } from './prompt-text';
import { roundTerms } from './round-terms';
import { type TakenToolStep, type ToolStepDeps, type ToolTurn, takeToolStep } from './tool-step';

export interface LoopDeps extends ModelStepDeps, ToolStepDeps {
  content: ContentStore;
}

export interface Task {
  prompt: Prompt;
  promptSha256: string;
  /** What this round is to do otherwise than the last. */
  instruction?: Instruction;
  expectations: Expectation[];
  subject: Omit<CheckSubject, 'output' | 'toolResults'>;
}

/** How much more room a cut-off answer gets, once per round. */
const MORE_ROOM = 2;

/** @throws RoundSuspended, RoundRejected, RoundHandedBack, StepToRetry, AttemptFenced */
export async function runLoop(deps: LoopDeps, attempt: Attempt, task: Task): Promise<Answered> {
  const { phase, ladders } = attempt;
  const { turnsMax, badToolCallsMax } = phase.limits;
  const { prompt, promptSha256 } = task;
  const { parts = [] } = prompt;
  const terms = roundTerms(phase, prompt.model, task.instruction);
  const conversation = new Conversation(deps.content, terms.toolResultCharactersMax);
  const { exchanges, stored } = conversation;
  const limitations = [...terms.limitations];
  const recovered = new Set<RecoveryAction>();
  let { maxOutputTokens } = terms;
  let mayUseTools = turnsMax > 1;
  let badCalls = 0;
  /** Parts that have been given, and what they say together. */
  let given = 0;
  let output: Record<string, unknown> = {};

  for (let turn = 1; ; turn++) {
    const isRecorded = modelStepKey(attempt.round, turn) in attempt.recorded;
    if (attempt.handsBack && !isRecorded) return handBack();
    const isLast = turn >= turnsMax;
    const asked = { maxOutputTokens, mayUseTools, ...(parts[given] ? { part: given } : {}) };
    const step = await takeModelStep(
      deps,
      attempt,
      turn,
      { prompt, exchanges, ...asked },
      { promptSha256, exchanges: stored, ...asked },
    );
    const { answer } = step;
    switch (answer.ending) {
      case 'answer': {
        const verdict = await judge(answer.text);
        if (verdict.accepted) {
          output = { ...output, ...verdict.output };
          given++;
          if (given >= parts.length) return answered(output);
          if (isLast) throw rejected('truncated', 'The turns were used up before all parts came.');
          mayUseTools = false;
          await conversation.add(step, [], partRequest(parts[given]));
          break;
        }
        const mends = !isLast && verdict.canStand;
        if (!mends || !(await recover(turn, 'malformed_answer', 'repair_turn')))
          throw new RoundRejected(
            verdict.failure,
            verdict.report,
            verdict.output && answered(verdict.output),
          );
        await conversation.add(step, [], repairRequest(verdict.report));
        break;
      }
      case 'tool_calls': {
        if (!mayUseTools) throw rejected('loop', 'The agent called tools where it was to answer.');
        if (isLast) throw rejected('loop', 'The agent used up its turns without an answer.');
        const taken = await takeCalls(turn, answer.toolCalls);
        badCalls += taken.filter(({ taken: { failure } }) => isBadCall(failure)).length;
        const sameTurns = conversation.countTurn(answer.toolCalls);
        const doom = doomOf(sameTurns, badCalls, turn);
        const answersNow = doom !== undefined && (await recover(turn, 'loop', 'answer_now'));
        if (doom?.isHopeless && !answersNow) throw rejected('loop', doom.why);
        if (answersNow) {
          mayUseTools = false;
          limitations.push(incomplete('loop'));
        }
        await conversation.add(step, taken, answersNow ? answerNowRequest(doom.why) : undefined);
        break;
      }
      case 'truncated': {
        const { outputTokensMax } = capabilitiesOf(prompt.model);
        const more = Math.min(maxOutputTokens * MORE_ROOM, outputTokensMax);
        const helps = !isLast && more > maxOutputTokens;
        if (!helps || !(await recover(turn, 'answer_cut', 'more_room_turn')))
          throw rejected('truncated', `The answer was cut off after ${maxOutputTokens} tokens.`);
        maxOutputTokens = more;
        break;
      }
      case 'refusal':
        throw rejected('refused_by_model', 'The model refused to answer.');
      case 'context_exceeded':
        throw rejected('context_exceeded', 'The context was full before the answer was complete.');
      case 'unknown':
        throw rejected('empty_output', 'The model stopped without a usable answer.');
    }
  }

  /** @throws RoundHandedBack */
  async function handBack(): Promise<Answered> {
    const step = await takeHandBackTurn(deps, attempt, task, conversation);
    if (step?.answer.ending === 'answer') {
      const verdict = await judgeOutput(step.answer.text, judging());
      const lacks = limitations.filter(({ kind }) => kind !== incomplete('loop').kind);
      if (verdict.accepted)
        return {
          ...answered(verdict.output),
          limitations: [...lacks, incomplete('budget_exhausted')],
        };
    }
    throw new RoundHandedBack(step?.answer.text.trim() || undefined);
  }

  function incomplete(failure: FailureKind): Limitation {
    return { kind: `incomplete_${phase.name}`, phase: phase.name, failure };
  }

  /** The last part is held to all that the whole output is held to; then no turn could mend the others. */
  async function judge(text: string): Promise<Verdict> {
    const part = parts[given];
    if (!part) return judgeOutput(text, judging());
    const verdict = judgePart(text, partOf(phase.produces, part.properties), maxOutputTokens);
    if (!verdict.accepted || given + 1 < parts.length) return verdict;
    const whole = await judgeValue({ ...output, ...verdict.output }, judging());
    return whole.accepted ? whole : { ...whole, canStand: false };
  }

  function judging() {
    const { toolResults } = conversation;
    const subject = { ...task.subject, toolResults };
    return { ...task, subject, phase, content: deps.content, maxOutputTokens };
  }

  function answered(whole: Record<string, unknown>): Answered {
    return { output: whole, limitations, recoveries: [...recovered] };
  }

  async function takeCalls(turn: number, calls: ToolCall[]): Promise<TakenToolStep[]> {
    const taken = settled(
      await Promise.all(
        calls.map((call, index) =>
          index < TOOL_CALLS_PER_TURN_MAX
            ? takeToolStep(deps, attempt, turn, index, call)
            : refuseCallBeyond(attempt),
        ),
      ),
    );
    limitations.push(...taken.flatMap(({ taken: { limitation } }) => limitation ?? []));
    return taken;
  }

  /** Why the agent will not come to an end by itself, or does not in its turns. */
  function doomOf(
    sameTurns: number,
    bad: number,
    turn: number,
  ): { why: string; isHopeless: boolean } | undefined {
    if (sameTurns >= SAME_CALL_TURNS_MAX)
      return { why: `The same call was made ${sameTurns} times.`, isHopeless: true };
    if (bad > badToolCallsMax)
      return {
        why: `${bad} calls were of tools that do not exist or do not fit.`,
        isHopeless: true,
      };
    // Each part that is still to come takes a turn.
    if (turn + Math.max(1, parts.length - given) >= turnsMax)
      return { why: 'The turns are used up.', isHopeless: false };
    return undefined;
  }

  /** Takes a recovery of the ladder, each once in a round; false where the ladder has it no more. */
  async function recover(
    turn: number,
    failure: FailureKind,
    action: RecoveryAction,
  ): Promise<boolean> {
    if (recovered.has(action) || !ladders[failure].includes(action)) return false;
    recovered.add(action);
    const stepKey = modelStepKey(attempt.round, turn);
    const recovery = { round: attempt.round, stepKey, failure, action, once: true as const };
    await hold(() => noteRecovery(attempt.ledger, recovery));
    return true;
  }

  function rejected(failure: RoundFailureKind, report: string): RoundRejected {
    return new RoundRejected(failure, report + conversation.callsInWords());
  }
}

const repairRequest = (report: string): string =>
  `Your answer cannot be handed on:\n${withoutTags(report)}\nAnswer again, with the whole JSON corrected.`;

const answerNowRequest = (why: string): string =>
  `${why} No tool may be called any more. Answer now, with what you have; where something is missing, say so.`;

const partRequest = (part: PromptPart | undefined): string =>
  `That part is taken. Now give the next one: ${part?.properties.join(', ')}. The output format has changed to it.`;

const isBadCall = (failure: string | undefined): boolean =>
  failure === 'tool_unknown' || failure === 'tool_bad_input';

/** All calls have settled; now whatever went wrong or waits is said, failures first. */
function settled(turns: ToolTurn[]): TakenToolStep[] {
  for (const turn of turns) if ('failed' in turn) throw turn.failed;
  const pending = turns.flatMap((turn) => ('pending' in turn ? [turn.pending] : []));
  if (pending.length > 0) throw new RoundSuspended(dueNow(pending));
  return turns.filter((turn): turn is TakenToolStep => 'taken' in turn);
}

/** Whoever comes back for anything else finds out by itself whether the run is held up still. */
function dueNow(pending: SuspendedItem[]): SuspendedItem[] {
  const [held] = pending;
  const others = pending.filter(({ reason }) => reason !== 'held_up');
  return others.length > 0 || !held ? others : [held];
}
