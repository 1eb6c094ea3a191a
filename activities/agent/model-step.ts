/** A model call as a step: claimed and booked at its worst case, made, settled and recorded. */
import { randomUUID } from 'node:crypto';
import { canonicalJson, getJson } from '../../contracts/content';
import type { ModelFailureKind } from '../../contracts/failures';
import { breakerScope, modelStepKey } from '../../contracts/ids';
import type { BreakerOpen, StepClaim } from '../../contracts/ledger';
import { BREAKER, RETRY_AFTER_MS_MAX } from '../../contracts/limits';
import { costOf, type ModelPrice, worstCase } from '../../domain/prices';
import { holdFor } from '../ledger-wait';
import { type ModelAnswer, ModelError, type ModelPort, type ModelRequest } from '../model/port';
import { noteRecovery } from '../recoveries';
import {
  type Attempt,
  backoffMs,
  heldUp,
  notClaimed,
  outcomeFor,
  recordedOutcome,
  retryLater,
} from './attempt';
import { breakerWaitMs, countsForBreaker } from './failing-calls';
import { HAND_BACK_BYTES, keepsHandBack } from './hand-back-reserve';
import { NoRoom, RoundRejected, RoundSuspended } from './interruptions';
import { jsonArtifact, type StoredRequest } from './stored-request';

export interface ModelStepDeps {
  model: ModelPort;
  priceOf(model: string): ModelPrice;
}

export interface TakenModelStep {
  answer: ModelAnswer;
  answerSha256: string;
}

export async function takeModelStep(
  { model, priceOf }: ModelStepDeps,
  attempt: Attempt,
  turn: number,
  request: ModelRequest,
  stored: StoredRequest,
): Promise<TakenModelStep> {
  const { ledger, content, phase, round, signal } = attempt;
  const stepKey = modelStepKey(round, turn);
  const hold = holdFor(stepKey);
  const asked = jsonArtifact(stored);
  const known = recordedOutcome(attempt, stepKey, asked.sha256);
  if (known) return { answer: await getJson(content, known), answerSha256: known };

  const price = priceOf(request.prompt.model);
  const callId = randomUUID();
  const breaker = breakerScope('model', request.prompt.model);
  const claim = await claimWithin(model.promptTokensMax(request));
  if (claim.outcome === 'breaker_open') throw await heldBack(claim);
  if (claim.outcome === 'recorded') {
    const outcomeSha256 = outcomeFor(claim.step, asked.sha256);
    return { answer: await getJson(content, outcomeSha256), answerSha256: outcomeSha256 };
  }

  const began = Date.now();
  try {
    const answer = await model.call(request, {
      stepKey,
      signal,
      stallMs: phase.limits.stallMs,
      callMs: phase.limits.callMs,
    });
    return await record(answer, Date.now() - began);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw await failed(error, Date.now() - began);
  }

  /** Books the call by its size in bytes; where that does not fit, by the provider's count of it. */
  async function claimWithin(promptTokensMax: number, counted = false): Promise<Taken> {
    const reserveMicroUsd = worstCase(price, promptTokensMax, request.maxOutputTokens);
    const handBackMicroUsd = worstCase(
      price,
      promptTokensMax + HAND_BACK_BYTES,
      phase.limits.maxOutputTokens,
    );
    const keptMicroUsd = keepsHandBack(attempt, request) ? handBackMicroUsd : 0;
    const answer = await ledger.claimStep({
      stepKey,
      round,
      fence: attempt.fence,
      kind: 'model',
      turn,
      name: request.prompt.model,
      requestDigest: asked.sha256,
      callId,
      reserveMicroUsd,
      allowanceMicroUsd: attempt.allowanceMicroUsd - keptMicroUsd,
      breaker: { scope: breaker, leaseMs: phase.limits.callMs + BREAKER.leaseMarginMs },
      artifacts: [asked],
    });
    if (answer.outcome === 'fenced' || answer.outcome === 'closed')
      throw notClaimed(answer.outcome);
    if (answer.outcome === 'held_up')
      throw new RoundSuspended([heldUp({ stepKey, digest: asked.sha256 }, answer)]);
    if (answer.outcome !== 'no_room') return answer;
    const closer = counted ? undefined : await model.countedTokensMax(request, signal);
    if (closer !== undefined && closer < promptTokensMax) return claimWithin(closer, true);
    // A person who is asked for money is shown what for, and only a claim stores it.
    await hold(() => content.put(asked.bytes, asked.mediaType));
    throw new NoRoom({
      stepKey,
      digest: asked.sha256,
      needMicroUsd: reserveMicroUsd + keptMicroUsd,
      ...(request.exchanges.length > 0 ? { handBackMicroUsd } : {}),
    });
  }

  async function record(answer: ModelAnswer, latencyMs: number): Promise<TakenModelStep> {
    const outcome = jsonArtifact(answer);
    const { outcomeSha256, won } = await hold(() =>
      ledger.recordOutcome({
        stepKey,
        callId,
        outcomeSha256: outcome.sha256,
        ending: answer.ending,
        costMicroUsd: costOf(price, answer.usage),
        usage: answer.usage,
        ...(answer.requestId ? { requestId: answer.requestId } : {}),
        servedBy: answer.servedBy,
        latencyMs,
        breaker,
        artifacts: [outcome],
      }),
    );
    return {
      answer: won ? answer : await getJson(content, outcomeSha256),
      answerSha256: outcomeSha256,
    };
  }

  /** Books the failed call and says what follows, by the declared recovery of its kind. */
  async function failed(error: ModelError, latencyMs: number): Promise<Error> {
    const report = jsonArtifact(error.details.answer ?? null);
    const { tries } = await hold(() =>
      ledger.failCall({
        stepKey,
        callId,
        disposition: error.disposition,
        failure: error.kind,
        latencyMs,
        errorSha256: report.sha256,
        // What we broke off ourselves says nothing.
        ...(countsForBreaker(error.kind) && !signal.aborted
          ? { breaker: { scope: breaker, ...waitOf(error) } }
          : {}),
        artifacts: [report],
        ...(error.details.requestId ? { requestId: error.details.requestId } : {}),
      }),
    );
    // Cancelled from outside: there is no next attempt to tell anything.
    if (signal.aborted) return signal.reason as Error;
    const { retryAfterMs, answer = null } = error.details;
    const delayMs = tries < phase.limits.modelTriesMax ? backoffMs(tries, retryAfterMs) : undefined;
    return byLadder(error.kind, { failure: error.kind, answer }, delayMs);
  }

  /** Nothing was booked. */
  async function heldBack(open: BreakerOpen): Promise<Error> {
    const { outcome: failure, failure: last, failingForMs } = open;
    return byLadder(failure, { failure, last, failingForMs }, breakerWaitMs(open));
  }

  /** @param delayMs until the call is tried again; undefined where it is not to be */
  async function byLadder(failure: ModelFailureKind, report: object, delayMs?: number) {
    const step = { stepKey, digest: asked.sha256 };
    // What follows is a matter of rounds, and so of the workflow.
    const rejected = new RoundRejected(failure, canonicalJson(report));
    for (const action of attempt.ladders[failure]) {
      switch (action) {
        case 'retry':
        case 'wait':
          if (delayMs === undefined) break;
          await hold(() => noteRecovery(ledger, { round, stepKey, failure, action }));
          return retryLater(attempt, step, delayMs);
        case 'fallback_model':
          if (attempt.model >= phase.fallbackModels.length) break;
          return rejected;
        case 'degrade':
          if (phase.required) break;
          return rejected;
        case 'ask_operator':
          // It names the request, which only a claim stores.
          await hold(() => content.put(asked.bytes, asked.mediaType));
          return new RoundSuspended([{ reason: 'operator', ...step, failure }]);
        default:
          return rejected;
      }
    }
    return rejected;
  }
}

/** The next probe comes no sooner than the provider asks. */
const waitOf = ({ details: { retryAfterMs } }: ModelError): { retryAfterMs?: number } =>
  retryAfterMs === undefined
    ? {}
    : { retryAfterMs: Math.round(Math.min(retryAfterMs, RETRY_AFTER_MS_MAX)) };

type Taken = Extract<StepClaim, { outcome: 'claimed' | 'recorded' | 'breaker_open' }>;
