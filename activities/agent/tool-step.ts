/** Tool calls as steps: checked, claimed, run, recorded. Effects are only prepared here. */
import { randomUUID } from 'node:crypto';
import type { SuspendedItem } from '../../contracts/activities';
import type { Categories } from '../../contracts/categories';
import { canonicalJson, getJson, getText, putText } from '../../contracts/content';
import type { ToolFailureKind } from '../../contracts/failures';
import { breakerScope, toolStepKey } from '../../contracts/ids';
import type { EffectEnd, EffectLedger } from '../../contracts/ledger';
import { BREAKER, TOOL_RESULT_CHARACTERS_MAX } from '../../contracts/limits';
import type { InstalledTools } from '../../contracts/tools';
import { ofToolResult } from '../categories/of-tool-result';
import { holdFor } from '../ledger-wait';
import type { ToolCall } from '../model/port';
import { hasEffect, type Tool, type ToolContext, ToolError } from '../tools/tool';
import {
  type Attempt,
  backoffMs,
  notClaimed,
  outcomeFor,
  recordedOutcome,
  retryLater,
} from './attempt';
import { jsonArtifact } from './stored-request';

/** What the agent is told of a call; the outcome of its step. */
export interface ToolOutcome {
  /** JSON text. */
  content: string;
  isError: boolean;
  failure?: ToolFailureKind;
  /** What the whole result holds; absent where it holds none. */
  categories?: Categories;
  /** The whole result, where `content` is only its beginning. */
  fullSha256?: string;
}

export interface TakenToolStep {
  taken: ToolOutcome;
  sha256: string;
}

/** How one of a turn's calls ended; all of them settle before the attempt throws anything. */
export type ToolTurn = TakenToolStep | { pending: SuspendedItem } | { failed: Error };

export interface ToolStepDeps {
  tools: Map<string, Tool>;
  effects: EffectLedger;
  /** Tools with effects answer that they are off. */
  effectsOff: boolean;
  documents: string | undefined;
  /** What tools read outside, by name. */
  sources: InstalledTools['sources'];
}

export async function takeToolStep(
  deps: ToolStepDeps,
  attempt: Attempt,
  turn: number,
  index: number,
  call: ToolCall,
): Promise<ToolTurn> {
  try {
    const turnTaken = await takeOne(deps, attempt, turn, index, call);
    if ('taken' in turnTaken) attempt.seen.add(turnTaken.taken.categories);
    return turnTaken;
  } catch (error) {
    return { failed: error as Error };
  }
}

async function takeOne(
  { tools, effects, effectsOff, documents, sources }: ToolStepDeps,
  attempt: Attempt,
  turn: number,
  index: number,
  call: ToolCall,
): Promise<ToolTurn> {
  const { ledger, content, phase } = attempt;
  const stepKey = toolStepKey(attempt.round, turn, index);
  const hold = holdFor(stepKey);
  const asked = jsonArtifact({ tool: call.name, input: call.input });
  const known = recordedOutcome(attempt, stepKey, asked.sha256);
  if (known) return { taken: await getJson(content, known), sha256: known };

  const checked = check(tools, call);
  if ('tool' in checked && hasEffect(checked.tool)) {
    if (effectsOff) return claimAndRecord(async () => EFFECTS_OFF);
    const end = await effects.effectEnd(stepKey);
    const input = jsonArtifact(checked.input);
    await content.put(input.bytes, input.mediaType);
    if (!end)
      return {
        pending: { reason: 'effect', stepKey, digest: input.sha256, tool: call.name },
      };
    // Carried out or refused meanwhile by its own activity: what remains is to tell the agent.
    return claimAndRecord(() => told(checked.tool, checked.input, end));
  }
  if ('refusal' in checked) return claimAndRecord(async () => checked.refusal);
  return claimAndRecord(
    () => run(checked.tool, checked.input),
    breakerScope('tool', checked.tool.name),
  );

  async function told(tool: Tool, input: unknown, end: EffectEnd): Promise<ToolOutcome> {
    if ('reportSha256' in end)
      throw new ToolError('invalid_input', await getText(content, end.reportSha256));
    return fit(tool, input, await getJson(content, end.resultSha256));
  }

  /** @param breaker of a call that leaves this process */
  async function claimAndRecord(
    take: () => Promise<ToolOutcome>,
    breaker?: string,
  ): Promise<ToolTurn> {
    const callId = randomUUID();
    const claim = await ledger.claimStep({
      stepKey,
      round: attempt.round,
      fence: attempt.fence,
      kind: 'tool',
      turn,
      name: call.name,
      requestDigest: asked.sha256,
      callId,
      reserveMicroUsd: 0,
      allowanceMicroUsd: attempt.allowanceMicroUsd,
      ...(breaker
        ? { breaker: { scope: breaker, leaseMs: phase.limits.toolMs + BREAKER.leaseMarginMs } }
        : {}),
      artifacts: [asked],
    });
    if (claim.outcome === 'recorded') {
      const outcomeSha256 = outcomeFor(claim.step, asked.sha256);
      return { taken: await getJson(content, outcomeSha256), sha256: outcomeSha256 };
    }
    if (claim.outcome === 'fenced' || claim.outcome === 'closed') throw notClaimed(claim.outcome);
    if (claim.outcome === 'breaker_open') return claimAndRecord(async () => HELD_BACK);
    if (claim.outcome !== 'claimed') throw new RangeError(`the claim of a tool: ${claim.outcome}`);
    const began = Date.now();
    try {
      return await record(callId, await take(), Date.now() - began, breaker);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return await failed(callId, error, Date.now() - began, breaker);
    }
  }

  async function run(tool: Tool, input: unknown): Promise<ToolOutcome> {
    const time = AbortSignal.timeout(phase.limits.toolMs);
    const context: ToolContext = {
      content,
      documents,
      signal: AbortSignal.any([attempt.signal, time]),
      stepKey,
    };
    try {
      return await fit(tool, input, await tool.run(input, context));
    } catch (error) {
      if (attempt.signal.aborted) throw attempt.signal.reason;
      if (time.aborted) throw new ToolError('timeout', `did not end in ${phase.limits.toolMs} ms`);
      if (error instanceof ToolError) throw error;
      throw new ToolError('unavailable', 'failed for a reason of its own');
    }
  }

  /** A longer result is stored whole and handed over in part. */
  async function fit(tool: Tool, input: unknown, result: unknown): Promise<ToolOutcome> {
    const text = canonicalJson(result);
    const categories = await ofToolResult(tool, input, result, sources);
    const told = {
      isError: false,
      ...(Object.keys(categories).length > 0 ? { categories } : {}),
    };
    if (text.length <= TOOL_RESULT_CHARACTERS_MAX) return { content: text, ...told };
    const fullSha256 = await putText(content, text);
    const part = text.slice(0, TOOL_RESULT_CHARACTERS_MAX);
    const note = `\n[cut after ${TOOL_RESULT_CHARACTERS_MAX} of ${text.length} characters: ask for less at once]`;
    return { content: part + note, ...told, fullSha256 };
  }

  async function failed(
    callId: string,
    error: ToolError,
    latencyMs: number,
    breaker: string | undefined,
  ): Promise<ToolTurn> {
    const failure = failureOf(error);
    if (!error.retryable) return record(callId, errorOutcome(failure, error), latencyMs, breaker);
    const report = jsonArtifact({ kind: error.kind, message: error.message });
    const { tries } = await hold(() =>
      ledger.failCall({
        stepKey,
        callId,
        disposition: 'released',
        failure,
        latencyMs,
        errorSha256: report.sha256,
        ...(breaker ? { breaker: { scope: breaker } } : {}),
        artifacts: [report],
      }),
    );
    if (tries < phase.limits.toolTriesMax)
      throw retryLater(
        attempt,
        { stepKey, digest: asked.sha256 },
        backoffMs(tries, error.retryAfterMs),
      );
    return claimAndRecord(async () => errorOutcome(failure, error));
  }

  async function record(
    callId: string,
    taken: ToolOutcome,
    latencyMs: number,
    breaker: string | undefined,
  ): Promise<ToolTurn> {
    const outcome = jsonArtifact(taken);
    const { outcomeSha256, won } = await hold(() =>
      ledger.recordOutcome({
        stepKey,
        callId,
        outcomeSha256: outcome.sha256,
        ending: taken.failure ? `error:${taken.failure}` : 'ok',
        costMicroUsd: 0,
        latencyMs,
        ...(breaker ? { breaker } : {}),
        artifacts: [outcome],
      }),
    );
    return { taken: won ? taken : await getJson(content, outcomeSha256), sha256: outcomeSha256 };
  }
}

const EFFECTS_OFF = errorOutcome(
  'tool_refused',
  new ToolError('unavailable', 'effects are off in this run; go on without them', {
    retryable: false,
  }),
);

const HELD_BACK = errorOutcome(
  'tool_unavailable',
  new ToolError('unavailable', 'has failed again and again and is not asked for a while', {
    retryable: false,
  }),
);

/** A call that is not on offer or does not fit is never executed. */
function check(
  tools: Map<string, Tool>,
  call: ToolCall,
): { tool: Tool; input: unknown } | { refusal: ToolOutcome } {
  const tool = tools.get(call.name);
  if (!tool) {
    const names = [...tools.keys()].join(', ') || 'none';
    return {
      refusal: errorOutcome(
        'tool_unknown',
        new ToolError('not_found', `there is no tool "${call.name}"; there are ${names}`),
      ),
    };
  }
  const parsed = tool.input.parse(call.input);
  if ('value' in parsed) return { tool, input: parsed.value };
  const problems = parsed.problems.join('; ');
  return { refusal: errorOutcome('tool_bad_input', new ToolError('invalid_input', problems)) };
}

/** The one form in which an agent learns of a failure. */
function errorOutcome(failure: ToolFailureKind, error: ToolError): ToolOutcome {
  const { kind, message, retryable, retryAfterMs, details } = error;
  return {
    content: canonicalJson({
      error: {
        ...{ kind, message, retryable },
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        ...(details === undefined ? {} : { details }),
      },
    }),
    isError: true,
    failure,
  };
}

function failureOf(error: ToolError): ToolFailureKind {
  if (error.kind === 'timeout') return 'tool_timeout';
  return error.retryable ? 'tool_unavailable' : 'tool_refused';
}
