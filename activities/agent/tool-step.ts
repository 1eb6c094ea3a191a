/**
 * Tool calls as steps: checked, claimed, run, recorded, and recovered by the ladder of their tool.
 * Effects are only prepared here.
 */
import { randomUUID } from 'node:crypto';
import type { SuspendedItem } from '../../contracts/activities';
import type { Categories } from '../../contracts/categories';
import { canonicalJson, getJson, getText, type Sha256 } from '../../contracts/content';
import type { EffectEnd, EffectLedger } from '../../contracts/effect-ledger';
import { breakerScope, fallbackStepKey, toolStepKey } from '../../contracts/ids';
import { BREAKER, RETRY_AFTER_MS_MAX } from '../../contracts/limits';
import { type ToolPolicy, toolPolicy } from '../../contracts/team/resolved';
import type { InstalledTools } from '../../contracts/tools';
import { detectIn } from '../categories';
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
import { type Attempt, heldUp, notClaimed, outcomeFor, recordedOutcome } from './attempt';
import { countsForBreaker } from './failing-calls';
import { jsonArtifact } from './stored-request';
import { buyWith, dispositionOf, type PaidCall, purchaseOf } from './tool-purchase';
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
  /** By step key: what people have answered. */
  answers: Readonly<Record<string, Sha256>>;
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
interface OpenCall extends PaidCall {
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
  const noRoom = { reason: 'budget', stepKey, digest: asked.sha256 } as const;
  const known = recordedOutcome(attempt, stepKey, asked.sha256);
  if (known) return readBack(known);

  const checked = checkCall(tools, policyOf, call);
  if ('failed' in checked) return recover(checked.failed);
  const { tool, input } = checked;
  const answer = Object.hasOwn(deps.answers, stepKey) ? deps.answers[stepKey] : undefined;
  if (answer) return conclude(await resultOf({ answer: await getText(content, answer) }));
  if (tool.asksPerson) {
    await content.put(asked.bytes, asked.mediaType);
    return { pending: { reason: 'question', stepKey, digest: asked.sha256 } };
  }
  if (!hasEffect(tool)) return execute();
  if (effectsOff) return recover({ kind: 'tool_refused', error: EFFECTS_OFF });
  const end = await effects.effectEnd(stepKey);
  const prepared = jsonArtifact(input);
  await content.put(prepared.bytes, prepared.mediaType);
  if (!end) {
    attempt.seen.add(await detectIn(input));
    return { pending: { reason: 'effect', stepKey, digest: prepared.sha256, tool: call.name } };
  }
  // Carried out or refused meanwhile by its own activity: what remains is to tell the agent.
  return tell(end);

  async function tell(ended: EffectEnd): Promise<TakenToolStep> {
    if ('reportSha256' in ended) {
      const error = new ToolError('invalid_input', await getText(content, ended.reportSha256));
      return recover({ kind: 'tool_refused', error });
    }
    return conclude(await resultOf(await getJson(content, ended.resultSha256)));
  }

  async function execute(): Promise<TakenToolStep | { pending: SuspendedItem }> {
    const policy = policyOf(tool.name);
    const breaker = breakerOf(tool, input);
    const reserveMicroUsd = tool.reserveMicroUsd?.(input) ?? 0;
    const claim = await claimCall(breaker, reserveMicroUsd);
    if (claim === 'no_room') {
      await content.put(asked.bytes, asked.mediaType);
      return { pending: { ...noRoom, needMicroUsd: reserveMicroUsd } };
    }
    if (claim === 'held_back') return recover({ kind: 'tool_unavailable', error: HELD_BACK });
    if ('taken' in claim || 'pending' in claim) return claim;
    const earlier = claim.tries > 0 ? await lastFailure() : undefined;
    // An earlier attempt was through with the tool itself, and at what follows.
    if (earlier && !mayRetry(policy, earlier, claim.tries)) {
      const { callId, began, isBooked, tries } = claim;
      return recover(earlier, { tries, open: { callId, began, isBooked } });
    }
    const bookNext = async () => {
      const next = await claimCall(breaker, reserveMicroUsd, { goesOn: true });
      if (typeof next === 'string' || !('callId' in next)) throw CANNOT_GO_ON;
      return next;
    };
    const buy = reserveMicroUsd > 0 ? { buy: buyWith(claim, { settle, bookNext }) } : {};
    const context = { content, documents, signal, stepKey, ...buy };
    let result: unknown;
    try {
      result = await runTool(tool, input, context, policy.timeoutMs);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const failure = { kind: failureOf(error), error };
      // What is wrong with the call alone is no failure of the tool, and takes one round trip.
      if (isOfTheCall(failure.kind) && claim.request !== 'sent')
        return recover(failure, { tries: 0, open: claim });
      return recover(failure, { tries: await failCall(claim, failure) });
    }
    return record(claim, await resultOf(result));
  }

  async function resultOf(result: unknown): Promise<ToolOutcome> {
    const categories = await ofToolResult(tool, input, result, sources);
    return outcomeOf(canonicalJson(result), categories);
  }

  async function recover(
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
    try {
      return await recoverTool(step, failed, tries);
    } catch (error) {
      // What was booked for it is booked no longer than it is under way.
      if (held?.isBooked) await failCall(held, failed);
      throw error;
    }
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

  /**
   * @param breaker of the tool that is to be called; absent: none is
   * @param standing a step that goes on is not held up
   */
  async function claimCall(
    breaker?: string,
    reserveMicroUsd = 0,
    standing: { goesOn?: true } = {},
  ): Promise<
    | (OpenCall & { tries: number })
    | TakenToolStep
    | { pending: SuspendedItem }
    | 'held_back'
    | 'no_room'
  > {
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
      reserveMicroUsd,
      allowanceMicroUsd: attempt.allowanceMicroUsd,
      ...(breaker ? { breaker: { scope: breaker, leaseMs: leaseMs() } } : {}),
      ...standing,
      artifacts: [asked],
    });
    if (claim.outcome === 'recorded') return readBack(outcomeFor(claim.step, asked.sha256));
    if (claim.outcome === 'fenced' || claim.outcome === 'closed') throw notClaimed(claim.outcome);
    if (claim.outcome === 'breaker_open') return 'held_back';
    if (claim.outcome === 'no_room') return 'no_room';
    if (claim.outcome === 'held_up')
      return { pending: heldUp({ stepKey, digest: asked.sha256 }, claim) };
    return {
      callId,
      began: Date.now(),
      isBooked: reserveMicroUsd > 0,
      tries: claim.tries,
      ...(breaker ? { breaker } : {}),
    };
  }

  function leaseMs(): number {
    return policyOf(call.name).timeoutMs + BREAKER.leaseMarginMs;
  }

  /** Returns how many calls have failed. */
  async function failCall(open: OpenCall, { kind, error }: ToolFailure): Promise<number> {
    if (typeof open.request === 'object') await settle(open);
    const report = jsonArtifact(reportOf(error));
    const { tries } = await hold(() =>
      ledger.failCall({
        stepKey,
        callId: open.callId,
        disposition: dispositionOf(open),
        failure: kind,
        ...(open.requestId ? { requestId: open.requestId } : {}),
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

  async function settle({ callId, began, ...paid }: PaidCall): Promise<void> {
    const { costMicroUsd, requestId } = purchaseOf(paid);
    const latencyMs = Date.now() - began;
    const settled = { callId, costMicroUsd, latencyMs, ...(requestId ? { requestId } : {}) };
    await hold(() => ledger.settleCall(settled));
  }

  /** Records an outcome for which nothing is executed any more. */
  async function conclude(outcome: ToolOutcome): Promise<TakenToolStep> {
    const claim = await claimCall(undefined, 0, { goesOn: true });
    if (typeof claim === 'string' || 'pending' in claim)
      throw new RangeError(`the claim of an outcome: ${JSON.stringify(claim)}`);
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
        ...purchaseOf(open),
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

const CANNOT_GO_ON = new ToolError(
  'unavailable',
  'was interrupted, and there is no room for another request',
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
