/** `runPhase`: one entry into one round of one phase. */
import Mustache from 'mustache';
import type {
  Handover,
  PendingEffect,
  PhaseReport,
  RunPhaseInput,
  RunPhaseResult,
  Start,
} from '../contracts/activities';
import { type ContentStore, getJson, getText, putJson, putText } from '../contracts/content';
import type { DocumentManifest } from '../contracts/documents';
import { effectStepKey, type RoundId, runKey } from '../contracts/ids';
import type { Ledger } from '../contracts/ledger';
import { CRASHES_IN_A_ROW_MAX } from '../contracts/limits';
import type { RunInput } from '../contracts/run';
import type { Limitation } from '../contracts/run-status';
import { type Expectation, expectationsOf } from '../contracts/team/expectations';
import type { Phase, Team } from '../contracts/team/schema';
import type { InstalledTools } from '../contracts/tools';
import { limitationInWords } from '../domain/limitation-words';
import { mergeLimitations } from '../domain/limitations';
import type { ModelPrice } from '../domain/prices';
import { setOffByOutput } from '../domain/review-triggers';
import { recordFirst } from './activity-frame';
import type { Attempt } from './agent/attempt';
import {
  type Answered,
  RoundHandedBack,
  RoundRejected,
  RoundSuspended,
} from './agent/interruptions';
import { goWithout } from './agent/left-out-tools';
import { runLoop } from './agent/loop';
import { offeredTools, sourceLimitations, toolsOf } from './agent/offered-tools';
import { type PromptSources, renderPrompt } from './agent/prompt';
import { statedConfidence } from './agent/stated-confidence';
import { beginAttempt, waitForPlace } from './begin-attempt';
import { detectIn } from './categories';
import { givenTo } from './categories/given';
import { hold } from './ledger-wait';
import type { ModelPort, Prompt } from './model/port';
import { CutResults } from './tools/executor/cut-results';
import { ToolError } from './tools/tool';
import type { ToldTool, Toolbox } from './tools/toolbox';

export interface RunPhaseDeps {
  ledger: Ledger;
  model: ModelPort;
  priceOf(model: string): ModelPrice;
  toolbox: Toolbox;
  /** What tools read outside, by name. */
  sources: InstalledTools['sources'];
  /** Who answers the model calls, in words, for reports. */
  provider: string;
  worker: string;
}

export function createRunPhase(deps: RunPhaseDeps) {
  return async (input: RunPhaseInput): Promise<RunPhaseResult> => {
    const { ledger } = deps;
    const recordedVersion = await recordFirst(ledger, input);
    const key = runKey(input.run);
    const round: RoundId = {
      runKey: key,
      phase: input.phase,
      item: input.item,
      round: input.round,
    };
    const begun = await beginAttempt(deps, input, round);
    if (begun.outcome === 'waits') {
      const ending = waitForPlace(round, input, begun.place);
      return { recordedVersion, ...(await ledger.reportOf(key, input.phase)), ...ending };
    }
    const { attempt, promptSha256, crashes, team, start } = begun;
    const late = start.waitedMs > attempt.phase.limits.scheduleToStartMs;
    try {
      const ending = await endingOf(attempt, () => {
        if (crashes >= CRASHES_IN_A_ROW_MAX)
          throw new RoundRejected('crash_loop', `${crashes} workers in a row were lost here.`);
        return runRound(deps, attempt, promptSha256, input, team);
      });
      return {
        recordedVersion,
        ...(await ledger.reportOf(key, input.phase)),
        ...(late ? { startedLate: start } : {}),
        ...ending,
      };
    } finally {
      // Else the next attempt takes this one for lost.
      await hold(() => ledger.endAttempt(round, attempt.fence));
    }
  };
}

type Ending<R = RunPhaseResult> = R extends RunPhaseResult
  ? Omit<R, 'recordedVersion' | keyof PhaseReport | keyof Start>
  : never;

/** What stops a round before its answer is a result too, not an error. */
async function endingOf(attempt: Attempt, run: () => Promise<Ending>): Promise<Ending> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RoundSuspended)
      return { outcome: 'suspended', items: error.items, ...attempt.seen.field };
    if (error instanceof RoundHandedBack)
      return {
        outcome: 'handed_back',
        ...(error.partial ? { partialSha256: await putText(attempt.content, error.partial) } : {}),
        ...attempt.seen.field,
      };
    if (error instanceof RoundRejected) return rejection(attempt, error);
    throw error;
  }
}

type Rejection = Extract<Ending, { outcome: 'rejected' }>;

async function rejection({ content, seen }: Attempt, error: RoundRejected): Promise<Rejection> {
  const reportSha256 = await putText(content, error.report);
  return { outcome: 'rejected', failure: error.failure, reportSha256, ...seen.field };
}

async function runRound(
  deps: RunPhaseDeps,
  attempt: Attempt,
  keptPrompt: string | undefined,
  input: RunPhaseInput,
  team: Team,
): Promise<Ending> {
  const { ledger } = deps;
  const { content } = ledger;
  const { phase, round } = attempt;
  const sources = await loadSources(content, phase, input, expectationsOf(team, phase.name));
  attempt.seen.add(await givenTo(sources, team));
  const render = async () => {
    const offer = await offeredTools(deps.toolbox, team, phase);
    await goWithout(attempt, offer);
    return renderPrompt(sources, offer);
  };
  const promptSha256 =
    keptPrompt ?? (await ledger.keepPrompt(round, await putJson(content, await render())));
  const prompt = await getJson<Prompt>(content, promptSha256);
  const { leftOut = [] } = prompt;
  const cutResults = new CutResults();
  const handOver = async (answered: Answered, failedChecks = 0): Promise<Handover> => {
    const { output, recoveries } = answered;
    const limitations = mergeLimitations([
      ...(await sourceLimitations(content, phase.name, leftOut)),
      ...answered.limitations,
    ]).map((limitation) => withCategories(limitation, deps.sources));
    attempt.seen.add(await detectIn(output));
    const work = { output, phase, round: input, limitations, recoveries, failedChecks };
    return {
      output: await putJson(content, output),
      ...statedConfidence({ ...work, documents: sources.documents }),
      ...attempt.seen.field,
      sentBack: phase.revises ? output[phase.revises.field] === phase.revises.equals : false,
      effects: await prepareEffects(deps, attempt, team, {
        question: sources.question,
        output,
        inputs: sources.inputs,
        limitations: [...sources.limitations, ...limitations.map(limitationInWords)],
        run: { id: input.run.workflowId, provider: deps.provider },
      }),
      limitations,
      ...setOffBy(phase, output),
    };
  };
  try {
    if (input.edited) {
      const output = await getJson<Answered['output']>(content, input.edited);
      const answered = { output, limitations: [], recoveries: [] };
      return { outcome: 'finished', ...(await handOver(answered)) };
    }
    const answered = await runLoop(
      {
        content,
        model: deps.model,
        priceOf: deps.priceOf,
        tools: toolsOf(prompt, deps.toolbox, team, cutResults),
        cutResults,
        effects: ledger,
        effectsOff: input.effects === 'off',
        answers: input.answers ?? {},
        documents: input.documentsSha256,
        sources: deps.sources,
      },
      attempt,
      {
        prompt,
        promptSha256,
        ...(input.instruction ? { instruction: input.instruction } : {}),
        expectations: sources.expectations,
        subject: {
          inputs: sources.inputs,
          documents: sources.documents,
          question: sources.question,
          ...(phase.language ? { language: phase.language } : {}),
          text: (sha256) => getText(content, sha256),
        },
      },
    );
    return { outcome: 'finished', ...(await handOver(answered)) };
  } catch (error) {
    if (!(error instanceof RoundRejected) || !error.unverified) throw error;
    const { unverified } = error;
    return offered(await rejection(attempt, error), () => handOver(unverified, 1));
  }
}

function setOffBy({ review }: Phase, output: Answered['output']): Pick<Handover, 'setOff'> {
  const triggers = typeof review === 'object' && typeof review.when === 'object' ? review.when : [];
  const setOff = setOffByOutput(triggers, output);
  return setOff.length > 0 ? { setOff } : {};
}

/** A person may accept an output only where its effects can be made of it. */
async function offered(rejected: Rejection, handOver: () => Promise<Handover>): Promise<Rejection> {
  try {
    return { ...rejected, unverified: await handOver() };
  } catch (error) {
    if (error instanceof RoundRejected) return rejected;
    throw error;
  }
}

async function loadSources(
  content: ContentStore,
  phase: Phase,
  input: RunPhaseInput,
  expectations: Expectation[],
): Promise<PromptSources> {
  const { question } = await getJson<RunInput>(content, input.inputSha256);
  const documents = input.documentsSha256
    ? await getJson<DocumentManifest>(content, input.documentsSha256)
    : undefined;
  const inputs = Object.fromEntries(
    await Promise.all(
      Object.entries(input.inputs).map(async ([name, sha256]) => [
        name,
        await getJson(content, sha256),
      ]),
    ),
  );
  const { reportSha256: report, commentsSha256: comments } = input.instruction ?? {};
  return {
    phase,
    round: input,
    question,
    inputs,
    documents,
    expectations,
    report: report ? await getText(content, report) : undefined,
    ...(comments ? { comments: await getText(content, comments) } : {}),
    limitations: limitationsInWords(input, documents),
  };
}

/** What is missing with a source: what it holds. */
function withCategories(limitation: Limitation, sources: RunPhaseDeps['sources']): Limitation {
  const { categories = [] } = sources[limitation.source ?? ''] ?? {};
  return categories.length > 0 ? { ...limitation, categories } : limitation;
}

function limitationsInWords(
  { missing, limitations = [] }: RunPhaseInput,
  documents: DocumentManifest | undefined,
): string[] {
  const gaveNothing = (phase: string) => `The phase ${phase} gave no result.`;
  const before = limitations.map((one) =>
    one.phase && missing.includes(one.phase) ? gaveNothing(one.phase) : limitationInWords(one),
  );
  return [
    ...new Set([...missing.map(gaveNothing), ...before]),
    ...(documents?.unavailable ?? []).map(
      ({ name, reason }) => `The document ${name} could not be read: it ${reason}.`,
    ),
  ];
}

/** Renders the declared effects with the accepted output: these bytes are what is approved and executed. */
async function prepareEffects(
  { toolbox, ledger }: RunPhaseDeps,
  attempt: Attempt,
  team: Team,
  view: Record<string, unknown>,
): Promise<PendingEffect[]> {
  return Promise.all(
    attempt.phase.effects.map(async ({ tool: name, input: template }, index) => {
      const tool = toolbox.find(name, team, await toldNow(toolbox, name, team));
      const rendered = tool?.input.parse(renderTemplates(template, view)) ?? NOT_INSTALLED;
      if ('problems' in rendered)
        throw new RoundRejected(
          'format_violation',
          `The effect ${name} cannot be made of this output: ${rendered.problems.join('; ')}.`,
        );
      return {
        stepKey: effectStepKey(attempt.round, index),
        tool: name,
        inputSha256: await putJson(ledger.content, rendered.value),
      };
    }),
  );
}

const NOT_INSTALLED = { problems: ['its tool is not installed'] };

/** Where its server is away the input goes unchecked here: the server judges it when it is carried out. */
async function toldNow(toolbox: Toolbox, name: string, team: Team): Promise<ToldTool | undefined> {
  try {
    return await toolbox.tell(name, team);
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}

function renderTemplates(template: unknown, view: unknown): unknown {
  if (typeof template === 'string')
    return Mustache.render(template, view, undefined, { escape: String });
  if (Array.isArray(template)) return template.map((member) => renderTemplates(member, view));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, member]) => [key, renderTemplates(member, view)]),
  );
}
