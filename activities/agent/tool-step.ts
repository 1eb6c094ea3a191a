/**
 * Tool calls as steps: checked, claimed, run, recorded, and recovered by the ladder of their tool.
 * Effects are only prepared here.
 */
import { randomUUID } from 'node:crypto';
import type { SuspendedItem } from '../../contracts/activities';
import type { Categories } from '../../contracts/categories';
import { canonicalJson, getJson, getText } from '../../contracts/content';
import { breakerScope, fallbackStepKey, toolStepKey } from '../../contracts/ids';
import type { EffectEnd, EffectLedger } from '../../contracts/ledger';
import { BREAKER, RETRY_AFTER_MS_MAX } from '../../contracts/limits';
import { type ToolPolicy, toolPolicy } from '../../contracts/team/resolved';
import type { InstalledTools } from '../../contracts/tools';
import { ofToolResult } from '../categories/of-tool-result';
import { holdFor } from '../ledger-wait';
import type { ToolCall } from '../model/port';
import { checkCall } from '../tools/executor/check-call';
import { type CutResults, fit, READ_RESULT } from '../tools/executor/cut-results';
import { runTool } from '../tools/executor/run-tool';
import { failureOf, isOfTheCall, mayRetry, type ToolFailure } from '../tools/executor/tool-failure';
import {
  type ErrorForm,
  endingOf,
  errorForm,
  type ToolOutcome,
} from '../tools/executor/tool-outcome';
import { hasEffect, type Tool, ToolError } from '../tools/tool';
import { type Attempt, notClaimed, outcomeFor, recordedOutcome } from './attempt';
import { countsForBreaker } from './failing-calls';
import { jsonArtifact } from './stored-request';
import { type RecoverableStep, recoverTool } from './tool-recovery';

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
  /** The long results of this round. */
  cutResults: CutResults;
}

export async function takeToolStep(
  deps: ToolStepDeps,
  attempt: Attempt,
  turn: number,
  index: number,
  call: ToolCall,
): Promise<ToolTurn> {
  const stepKey = toolStepKey(attempt.round, turn, index);
  try {
    const placed = { turn, index, call, stepKey, isFallback: false };
    const taken = await takeStep(deps, attempt, placed);
    if ('taken' in taken) attempt.seen.add(taken.taken.categories);
    return taken;
  } catch (error) {
    return { failed: error as Error };
  }
}

/** A call, as an agent makes it or as it stands in for one. */
interface PlacedCall {
  turn: number;
  index: number;
  call: ToolCall;
  stepKey: string;
  isFallback: boolean;
}

/** A claimed call that has been neither recorded nor failed. */
interface OpenCall {
  callId: string;
  began: number;
  /** Which breaker hears of its end; absent where nobody is asked. */
  breaker?: string;
}

async function takeStep(
  deps: ToolStepDeps,
  attempt: Attempt,
  placed: PlacedCall,
): Promise<TakenToolStep | { pending: SuspendedItem }> {
  const { tools, effects, effectsOff, documents, sources, cutResults } = deps;
  const { ledger, content, phase, round, signal } = attempt;
  const { turn, call, stepKey, isFallback } = placed;
  const hold = holdFor(stepKey);
  const asked = jsonArtifact({ tool: call.name, input: call.input });
  const known = recordedOutcome(attempt, stepKey, asked.sha256);
  if (known) return readBack(known);

  const checked = checkCall(tools, policyOf, call);
  if ('failed' in checked) return recover(checked.failed);
  const { tool, input } = checked;
  if (!hasEffect(tool)) return execute();
  if (effectsOff) return recover({ kind: 'tool_refused', error: EFFECTS_OFF });
  const end = await effects.effectEnd(stepKey);
  const prepared = jsonArtifact(input);
  await content.put(prepared.bytes, prepared.mediaType);
  if (!end)
    return { pending: { reason: 'effect', stepKey, digest: prepared.sha256, tool: call.name } };
  // Carried out or refused meanwhile by its own activity: what remains is to tell the agent.
  return tell(end);

  async function tell(ended: EffectEnd): Promise<TakenToolStep> {
    if ('reportSha256' in ended) {
      const error = new ToolError('invalid_input', await getText(content, ended.reportSha256));
      return recover({ kind: 'tool_refused', error });
    }
    return conclude(await resultOf(await getJson(content, ended.resultSha256)));
  }

  async function execute(): Promise<TakenToolStep> {
    const policy = policyOf(tool.name);
    const claim = await claimCall(breakerOf(tool, input));
    if (claim === 'held_back') return recover({ kind: 'tool_unavailable', error: HELD_BACK });
    if ('taken' in claim) return claim;
    const earlier = claim.tries > 0 ? await lastFailure() : undefined;
    // An earlier attempt was through with the tool itself, and at what follows.
    if (earlier && !mayRetry(policy, earlier, claim.tries)) {
      const { callId, began, tries } = claim;
      return recover(earlier, { tries, open: { callId, began } });
    }
    const context = { content, documents, signal, stepKey };
    let result: unknown;
    try {
      result = await runTool(tool, input, context, policy.timeoutMs);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const failure = { kind: failureOf(error), error };
      // What is wrong with the call alone is no failure of the tool, and takes one round trip.
      if (isOfTheCall(failure.kind)) return recover(failure, { tries: 0, open: claim });
      return recover(failure, { tries: await failCall(claim, failure) });
    }
    return record(claim, await resultOf(result));
  }

  async function resultOf(result: unknown): Promise<ToolOutcome> {
    const categories = await ofToolResult(tool, input, result, sources);
    return outcomeOf(canonicalJson(result), categories);
  }

  function recover(
    failed: ToolFailure,
    { tries = 0, open }: { tries?: number; open?: OpenCall } = {},
  ): Promise<TakenToolStep> {
    let held = open;
    const step: RecoverableStep = {
      attempt,
      stepKey,
      asked,
      isFallback,
      policy: policyOf(call.name),
      tool: tools.get(call.name),
      input: 'input' in checked ? checked.input : undefined,
      callInstead: async (name, instead) => {
        // So that the next attempt knows that this tool has been asked.
        if (held) await failCall(held, failed);
        held = undefined;
        return takeStep(deps, attempt, {
          ...placed,
          stepKey: fallbackStepKey(stepKey),
          call: { id: call.id, name, input: instead },
          isFallback: true,
        });
      },
      outcomeOf,
      conclude: (outcome) => (held ? record(held, outcome) : conclude(outcome)),
    };
    return recoverTool(step, failed, tries);
  }

  /** What is on offer without being listed by the phase is used as the phase's limits say. */
  function policyOf(name: string): ToolPolicy {
    const listed = phase.tools.find((policy) => policy.tool === name);
    return listed ?? toolPolicy({ tool: name, required: false }, phase, attempt.ladders);
  }

  /** A longer result is stored whole and handed over in part. */
  async function outcomeOf(text: string, categories: Categories = {}): Promise<ToolOutcome> {
    const id = tools.has(READ_RESULT) ? resultId() : undefined;
    return {
      ...(await fit(content, text, id)),
      isError: false,
      ...(Object.keys(categories).length > 0 ? { categories } : {}),
    };
  }

  function resultId(): string {
    return `${turn}.${placed.index}`;
  }

  async function lastFailure(): Promise<ToolFailure | undefined> {
    const last = await ledger.lastFailure(stepKey);
    if (!last) return undefined;
    const { kind, message, ...more } = await getJson<ErrorForm>(content, last.errorSha256);
    const error = new ToolError(kind, message, more);
    return { kind: failureOf(error), error };
  }

  /** @param breaker of the tool that is to be called; absent: none is */
  async function claimCall(
    breaker?: string,
  ): Promise<(OpenCall & { tries: number }) | TakenToolStep | 'held_back'> {
    const callId = randomUUID();
    const claim = await ledger.claimStep({
      stepKey,
      round,
      fence: attempt.fence,
      kind: 'tool',
      turn,
      // What a model makes up may hold what no database takes.
      name: call.name.replaceAll('\0', ''),
      requestDigest: asked.sha256,
      callId,
      reserveMicroUsd: 0,
      allowanceMicroUsd: attempt.allowanceMicroUsd,
      ...(breaker ? { breaker: { scope: breaker, leaseMs: leaseMs() } } : {}),
      artifacts: [asked],
    });
    if (claim.outcome === 'recorded') return readBack(outcomeFor(claim.step, asked.sha256));
    if (claim.outcome === 'fenced' || claim.outcome === 'closed') throw notClaimed(claim.outcome);
    if (claim.outcome === 'breaker_open') return 'held_back';
    if (claim.outcome !== 'claimed') throw new RangeError(`the claim of a tool: ${claim.outcome}`);
    return { callId, began: Date.now(), tries: claim.tries, ...(breaker ? { breaker } : {}) };
  }

  function leaseMs(): number {
    return policyOf(call.name).timeoutMs + BREAKER.leaseMarginMs;
  }

  /** Returns how many calls have failed. */
  async function failCall(open: OpenCall, { kind, error }: ToolFailure): Promise<number> {
    const report = jsonArtifact(reportOf(error));
    const { tries } = await hold(() =>
      ledger.failCall({
        stepKey,
        callId: open.callId,
        disposition: 'released',
        failure: kind,
        latencyMs: Date.now() - open.began,
        errorSha256: report.sha256,
        ...(open.breaker && countsForBreaker(kind)
          ? { breaker: { scope: open.breaker, ...waitOf(error) } }
          : {}),
        artifacts: [report],
      }),
    );
    return tries;
  }

  /** Records an outcome for which nothing is executed any more. */
  async function conclude(outcome: ToolOutcome): Promise<TakenToolStep> {
    const claim = await claimCall();
    if (claim === 'held_back') throw new RangeError('no breaker was asked');
    return 'taken' in claim ? claim : record(claim, outcome);
  }

  async function record(open: OpenCall, taken: ToolOutcome): Promise<TakenToolStep> {
    const outcome = jsonArtifact(taken);
    const { outcomeSha256 } = await hold(() =>
      ledger.recordOutcome({
        stepKey,
        callId: open.callId,
        outcomeSha256: outcome.sha256,
        ending: endingOf(taken),
        costMicroUsd: 0,
        latencyMs: Date.now() - open.began,
        ...(open.breaker ? { breaker: open.breaker } : {}),
        artifacts: [outcome],
      }),
    );
    return readBack(outcomeSha256, outcomeSha256 === outcome.sha256 ? taken : undefined);
  }

  async function readBack(sha256: string, own?: ToolOutcome): Promise<TakenToolStep> {
    const taken = own ?? (await getJson<ToolOutcome>(content, sha256));
    if (taken.fullSha256) cutResults.add(resultId(), taken.fullSha256);
    return { taken, sha256 };
  }
}

const EFFECTS_OFF = new ToolError(
  'unavailable',
  'effects are off in this run; go on without them',
  { retryable: false },
);

const HELD_BACK = new ToolError(
  'unavailable',
  'has failed again and again and is not asked for a while',
  { retryable: false },
);

/** One source that is down says nothing of another, and one page nothing of the web. */
function breakerOf(tool: Tool, input: unknown): string | undefined {
  if (!tool.source) return breakerScope('tool', tool.name);
  const source = tool.source(input);
  return source === undefined ? undefined : breakerScope('tool', `${tool.name}/${source}`);
}

/** The next probe comes no sooner than the tool asks. */
const waitOf = ({ retryAfterMs }: ToolError): { retryAfterMs?: number } =>
  retryAfterMs === undefined
    ? {}
    : { retryAfterMs: Math.round(Math.min(retryAfterMs, RETRY_AFTER_MS_MAX)) };

/** For whoever looks after the tool, who may know what it said itself. */
const reportOf = (error: ToolError): ErrorForm & { cause?: string } => ({
  ...errorForm(error),
  ...(error.cause === undefined ? {} : { cause: String(error.cause) }),
});
