/**
 * Tool calls as steps: checked, claimed, run, recorded, and recovered by the ladder of their tool.
 * Effects are only prepared here.
 */
import { randomUUID } from 'node:crypto';
import type { SuspendedItem } from '../../contracts/activities';
import { canonicalJson, getJson, getText } from '../../contracts/content';
import { fallbackStepKey, toolStepKey } from '../../contracts/ids';
import type { EffectEnd, EffectLedger } from '../../contracts/ledger';
import { type ToolPolicy, toolPolicy } from '../../contracts/team/resolved';
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
import { type Attempt, hold, notClaimed, outcomeFor, recordedOutcome } from './attempt';
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
    return await takeStep(deps, attempt, { turn, index, call, stepKey, isFallback: false });
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
}

async function takeStep(
  deps: ToolStepDeps,
  attempt: Attempt,
  placed: PlacedCall,
): Promise<TakenToolStep | { pending: SuspendedItem }> {
  const { tools, effects, effectsOff, documents, cutResults } = deps;
  const { ledger, content, phase, round, signal } = attempt;
  const { turn, call, stepKey, isFallback } = placed;
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
    return conclude(await outcomeOf(canonicalJson(await getJson(content, ended.resultSha256))));
  }

  async function execute(): Promise<TakenToolStep> {
    const claim = await claimCall();
    if ('taken' in claim) return claim;
    const earlier = claim.tries > 0 ? await lastFailure() : undefined;
    // An earlier attempt was through with the tool itself, and at what follows.
    if (earlier && !mayRetry(policyOf(tool.name), earlier, claim.tries))
      return recover(earlier, { tries: claim.tries, open: claim });
    const context = { content, documents, signal, stepKey };
    let text: string;
    try {
      text = await runTool(tool, input, context, policyOf(tool.name).timeoutMs);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const failure = { kind: failureOf(error), error };
      // What is wrong with the call alone is no failure of the tool, and takes one round trip.
      if (isOfTheCall(failure.kind)) return recover(failure, { tries: 0, open: claim });
      return recover(failure, { tries: await failCall(claim, failure) });
    }
    return record(claim, await outcomeOf(text));
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
  async function outcomeOf(text: string): Promise<ToolOutcome> {
    const id = tools.has(READ_RESULT) ? resultId() : undefined;
    return { ...(await fit(content, text, id)), isError: false };
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

  async function claimCall(): Promise<(OpenCall & { tries: number }) | TakenToolStep> {
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
      artifacts: [asked],
    });
    if (claim.outcome === 'recorded') return readBack(outcomeFor(claim.step, asked.sha256));
    if (claim.outcome !== 'claimed')
      throw notClaimed(claim.outcome === 'no_room' ? 'closed' : claim.outcome);
    return { callId, began: Date.now(), tries: claim.tries };
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
        artifacts: [report],
      }),
    );
    return tries;
  }

  /** Records an outcome for which nothing is executed any more. */
  async function conclude(outcome: ToolOutcome): Promise<TakenToolStep> {
    const claim = await claimCall();
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

/** For whoever looks after the tool, who may know what it said itself. */
const reportOf = (error: ToolError): ErrorForm & { cause?: string } => ({
  ...errorForm(error),
  ...(error.cause === undefined ? {} : { cause: String(error.cause) }),
});
