/** A round of the agent loop on a real ledger, with a model that answers from a script and throws when it is out. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { z } from 'zod';
import type { Attempt } from '../../activities/agent/attempt';
import { type Answered, StepToRetry } from '../../activities/agent/interruptions';
import { runLoop, type Task } from '../../activities/agent/loop';
import { type PromptSources, renderPrompt } from '../../activities/agent/prompt';
import { Seen } from '../../activities/categories/seen';
import type {
  ModelAnswer,
  ModelEnding,
  ModelPort,
  ModelRequest,
} from '../../activities/model/port';
import { resolveTeam } from '../../activities/resolve-team';
import { CutResults, READ_RESULT } from '../../activities/tools/executor/cut-results';
import type { Tool } from '../../activities/tools/tool';
import { zodValue } from '../../activities/tools/tool-value';
import { toldOf } from '../../activities/tools/toolbox';
import { putJson } from '../../contracts/content';
import type { RoundId } from '../../contracts/ids';
import type { RecoveryTaken } from '../../contracts/recoveries';
import type { Instruction } from '../../contracts/run-state';
import { type Phase, Team, type TeamInput } from '../../contracts/team/schema';
import { type ModelPrice, PRICES } from '../../domain/prices';
import { RECOVERY, type RecoveryTable, resolveLadders } from '../../domain/recovery';
import { phase as testPhase } from './teams';
import { attemptAt, openRun, roundOf, type TestLedger } from './test-ledger';

export interface ScriptedAnswer {
  text?: string;
  calls?: { name: string; input: unknown }[];
  /** Default: by what the answer has. */
  ending?: ModelEnding;
}

export const says = (value: unknown): ScriptedAnswer => ({
  text: typeof value === 'string' ? value : JSON.stringify(value),
});
export const calls = (...inputs: unknown[]): ScriptedAnswer => ({
  calls: inputs.map((input) => ({ name: 'look_up', input })),
});

export interface AttemptTerms {
  /** Default: plenty. */
  allowanceMicroUsd?: number;
  handsBack?: boolean;
}

export interface ScriptedRound {
  /** One attempt; later ones read back what the earlier ones have recorded. */
  run(script: ScriptedAnswer[], terms?: AttemptTerms): Promise<Answered>;
  /** As many attempts as it takes, with no wait before a retry. */
  runToItsEnd(script: ScriptedAnswer[]): Promise<Answered>;
  /** What the agent was told of its last calls, parsed. */
  toldLast(): { result: unknown; isError: boolean }[];
  /** What the model was asked, over all attempts. */
  requests: ModelRequest[];
  /** Inputs that the tool was executed with. */
  lookedUp: unknown[];
  recoveries(): Promise<RecoveryTaken[]>;
}

export interface RoundOptions {
  phase?: Partial<TeamInput['phases'][number]>;
  table?: RecoveryTable;
  sources?: Partial<PromptSources>;
  task?: Partial<Task>;
  instruction?: Instruction;
  /** Default: 1,000. */
  promptTokensMax?: ModelPort['promptTokensMax'];
  /** Default: one that looks something up. */
  tools?: Tool[];
  effectsOff?: boolean;
  /** Default: one that has no other run. */
  user?: string;
}

export async function scriptedRound(
  test: TestLedger,
  options: RoundOptions = {},
): Promise<ScriptedRound> {
  const {
    phase: changes = {},
    table = RECOVERY,
    sources = {},
    task = {},
    instruction,
    ...given
  } = options;
  const team = { name: 'test', version: '1.0.0' };
  const written = testPhase('research', { tools: ['look_up'], ...changes });
  const [phase] = resolveTeam(Team.parse({ ...team, phases: [written] }), table).phases;
  if (!phase) throw new Error('a team has phases');
  const round = roundOf(await openRun(test, { user: given.user ?? randomUUID() }));
  const requests: ModelRequest[] = [];
  const lookedUp: unknown[] = [];
  const tools = given.tools ?? [lookUp(lookedUp)];
  const prompt = renderPrompt(
    { ...sourcesOf(phase, round, instruction), ...sources },
    { tools: tools.map(toldOf), leftOut: [] },
  );
  const promptSha256 = await putJson(test.ledger.content, prompt);
  let attempts = 0;
  const scripted: ScriptedRound = {
    requests,
    lookedUp,
    async runToItsEnd(script) {
      for (;;)
        try {
          return await scripted.run(script.slice(requests.length));
        } catch (error) {
          if (!(error instanceof StepToRetry)) throw error;
        }
    },
    toldLast: () =>
      (requests.at(-1)?.exchanges.at(-1)?.toolResults ?? []).map(({ content, isError }) => ({
        // The first and last line are the tags around it.
        result: JSON.parse(content.split('\n').slice(1, -1).join('\n')),
        isError,
      })),
    recoveries: async () => (await test.ledger.reportOf(round.runKey, round.phase)).recoveries,
    async run(script, { allowanceMicroUsd = 1_000_000_000, handsBack = false } = {}) {
      attempts++;
      const begun = await test.ledger.beginAttempt(attemptAt(round, { attempt: attempts }));
      if (begun.outcome !== 'begun') throw new Error(begun.outcome);
      const attempt: Attempt = {
        ledger: test.ledger,
        content: test.ledger.content,
        round,
        fence: begun.fence,
        recorded: begun.recorded,
        phase,
        ladders: resolveLadders(table),
        seen: new Seen(),
        model: 0,
        allowanceMicroUsd,
        handsBack,
        signal: new AbortController().signal,
        deadline: Date.now() + 60_000,
      };
      const cutResults = new CutResults();
      const deps = {
        content: test.ledger.content,
        model: scriptedModel(script, requests, options.promptTokensMax),
        priceOf: () => PRICES['claude-haiku-5-5'] as ModelPrice,
        tools: new Map(
          tools.map((tool) => [
            tool.name,
            tool.name === READ_RESULT ? (cutResults.tool as Tool) : tool,
          ]),
        ),
        effects: test.ledger,
        effectsOff: given.effectsOff ?? false,
        answers: {},
        documents: undefined,
        sources: {},
        cutResults,
      };
      const whole: Task = {
        prompt,
        promptSha256,
        ...(instruction ? { instruction } : {}),
        expectations: [],
        subject: { question: '', inputs: {}, documents: undefined, text: async () => '' },
        ...task,
      };
      // Thrown out of the activity, it would be logged.
      const ended = (await new MockActivityEnvironment().run(async () =>
        runLoop(deps, attempt, whole).catch((error: Error) => ({ error })),
      )) as Answered | { error: Error };
      if ('error' in ended) throw ended.error;
      return ended;
    },
  };
  return scripted;
}

function sourcesOf(
  phase: Phase,
  { runKey, item }: RoundId,
  instruction: Instruction | undefined,
): PromptSources {
  return {
    phase,
    round: {
      run: { namespace: 'default', workflowId: runKey, firstRunId: runKey },
      version: 1,
      events: [],
      resolvedTeamSha256: '',
      inputSha256: '',
      phase: phase.name,
      item,
      round: 1,
      entry: 1,
      model: 0,
      inputs: {},
      missing: [],
      allowanceMicroUsd: 0,
      revisionsLeft: 0,
      ...(instruction ? { instruction } : {}),
    },
    question: 'What is worth a note?',
    inputs: {},
    documents: undefined,
    report: undefined,
    expectations: [],
    limitations: [],
  };
}

function lookUp(lookedUp: unknown[]): Tool {
  return {
    name: 'look_up',
    description: 'Looks something up.',
    input: zodValue(z.strictObject({ what: z.string() })),
    effect: 'none',
    async run(input) {
      lookedUp.push(input);
      return { found: input };
    },
  } as Tool;
}

function scriptedModel(
  script: ScriptedAnswer[],
  requests: ModelRequest[],
  promptTokensMax: ModelPort['promptTokensMax'] = () => 1_000,
): ModelPort {
  const rest = [...script];
  return {
    async call(request) {
      // The conversation goes on growing after the call.
      requests.push({ ...request, exchanges: [...request.exchanges] });
      const next = rest.shift();
      if (next === undefined) throw new Error('the script is out');
      return answerOf(next);
    },
    promptTokensMax,
    countedTokensMax: async () => undefined,
  };
}

function answerOf({ text = '', calls = [], ending }: ScriptedAnswer): ModelAnswer {
  return {
    ending: ending ?? (calls.length > 0 ? 'tool_calls' : 'answer'),
    text,
    toolCalls: calls.map((call, index) => ({ id: `call-${index}`, ...call })),
    reasoning: '',
    assistant: { text, calls },
    raw: {},
    usage: { inputTokens: 10, outputTokens: 10, cacheWriteTokens: 0, cacheReadTokens: 0 },
    requestId: null,
    servedBy: 'scripted',
  };
}
