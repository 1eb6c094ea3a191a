/** A model call as a step: claimed and booked at its worst case, made, settled and recorded. */
import { randomUUID } from 'node:crypto';
import { canonicalJson, getJson } from '../../contracts/content';
import type { FailureKind } from '../../contracts/failures';
import { modelStepKey } from '../../contracts/ids';
import type { StepClaim } from '../../contracts/ledger';
import type { RecoveryAction } from '../../contracts/recoveries';
import { costOf, type ModelPrice, worstCase } from '../../domain/prices';
import { type ModelAnswer, ModelError, type ModelPort, type ModelRequest } from '../model/port';
import { noteRecovery } from '../recoveries';
import {
  type Attempt,
  backoffMs,
  hold,
  notClaimed,
  outcomeFor,
  recordedOutcome,
  retryLater,
} from './attempt';
import { RoundRejected, RoundSuspended } from './interruptions';
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
  const { ledger, content, phase, signal } = attempt;
  const stepKey = modelStepKey(attempt.round, turn);
  const asked = jsonArtifact(stored);
  const known = recordedOutcome(attempt, stepKey, asked.sha256);
  if (known) return { answer: await getJson(content, known), answerSha256: known };

  const price = priceOf(request.prompt.model);
  const callId = randomUUID();
  const claim = await claimWithin(model.promptTokensMax(request));
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
    const answer = await ledger.claimStep({
      stepKey,
      round: attempt.round,
      fence: attempt.fence,
      kind: 'model',
      turn,
      name: request.prompt.model,
      requestDigest: asked.sha256,
      callId,
      reserveMicroUsd,
      allowanceMicroUsd: attempt.allowanceMicroUsd,
      artifacts: [asked],
    });
    if (answer.outcome === 'fenced' || answer.outcome === 'closed')
      throw notClaimed(answer.outcome);
    if (answer.outcome !== 'no_room') return answer;
    const closer = counted ? undefined : await model.countedTokensMax(request, signal);
    if (closer !== undefined && closer < promptTokensMax) return claimWithin(closer, true);
    throw new RoundSuspended([
      { reason: 'budget', stepKey, digest: asked.sha256, needMicroUsd: reserveMicroUsd },
    ]);
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
        artifacts: [report],
        ...(error.details.requestId ? { requestId: error.details.requestId } : {}),
      }),
    );
    // Cancelled from outside: there is no next attempt to tell anything.
    if (signal.aborted) return signal.reason as Error;
    const step = { stepKey, digest: asked.sha256 };
    for (const action of attempt.ladders[error.kind]) {
      switch (action) {
        case 'retry':
          if (tries >= phase.limits.modelTriesMax) break;
          await recovered(error.kind, action);
          return retryLater(attempt, step, backoffMs(tries, error.details.retryAfterMs));
        case 'fallback_model':
          if (attempt.model >= phase.fallbackModels.length) break;
          return rejected(error);
        case 'degrade':
          if (phase.required) break;
          return rejected(error);
        case 'ask_operator':
          return new RoundSuspended([{ reason: 'operator', ...step, failure: error.kind }]);
        default:
          return rejected(error);
      }
    }
    return rejected(error);
  }

  async function recovered(failure: FailureKind, action: RecoveryAction): Promise<void> {
    const recovery = { round: attempt.round, stepKey, failure, action };
    await hold(() => noteRecovery(ledger, recovery));
  }
}

/** What follows is a matter of rounds, and so of the workflow. */
function rejected({ kind, details }: ModelError): RoundRejected {
  return new RoundRejected(kind, canonicalJson({ failure: kind, answer: details.answer ?? null }));
}

type Taken = Extract<StepClaim, { outcome: 'claimed' | 'recorded' }>;
