/** The story of a phase: rounds until its output is accepted, a person where one is needed, effects, hand-over. */
import { ActivityFailure, isCancellation, sleep, TimeoutFailure } from '@temporalio/workflow';
import type {
  Handover,
  PendingEffect,
  PhaseReport,
  RunPhaseInput,
  RunPhaseResult,
  SuspendedItem,
} from '../contracts/activities';
import type { Sha256 } from '../contracts/content';
import type { FailureKind } from '../contracts/failures';
import { ENTRIES_MAX } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import type { TakenDecision } from '../contracts/reviews';
import type { Edited, Instruction, OutputFacts } from '../contracts/run-state';
import type { Limitation } from '../contracts/run-status';
import { allowanceAtStart } from '../domain/budget';
import { phasesToReset, upstreamOf } from '../domain/graph';
import { ladderOf, roundAction } from '../domain/recovery';
import { factsOf, phaseOf } from '../domain/run-state';
import { foundNoLedger, foundRunClosed, phaseActivities } from './activity-proxies';
import { askAboutEdit, askAboutEffect, askAboutOutput } from './approval-story';
import { endHandedBack, findMoney, type Terms } from './budget-story';
import { performEffect } from './effect-story';
import { RunEnding } from './ending';
import { askOperator, giveUp } from './giving-up';
import { waitWhileHeld } from './hold-story';
import { recovered } from './recovered';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

/** What a phase hands over, and what it has cost so far. */
type Accepted = Handover & Pick<PhaseReport, 'spend'>;
type Rejected = Extract<RunPhaseResult, { outcome: 'rejected' }>;
type Suspended = Extract<RunPhaseResult, { outcome: 'suspended' }>;

export async function runPhaseToItsEnd(record: RunRecord, phase: PhasePlan): Promise<void> {
  startRound(record, phase, allowanceAtStart(record.plan, record.state, phase));
  for (;;) {
    const result = await enterRound(record, phase);
    switch (result.outcome) {
      case 'finished':
        if ((await acceptOutput(record, phase, result)) === 'ended') return;
        break;
      case 'suspended':
        await settleSuspension(record, phase, result);
        break;
      case 'handed_back':
        throw endHandedBack(record, phase, result);
      case 'rejected':
        if ((await recoverFrom(record, phase, result)) === 'ended') return;
        break;
      case 'lost':
        if ((await recoverFromLoss(record, phase, result)) === 'degraded') return;
    }
  }
}

function startRound(
  record: RunRecord,
  phase: PhasePlan,
  allowanceMicroUsd: number,
  model = 0,
): void {
  const { round } = phaseOf(record.state, phase.name);
  record.record({
    type: 'phase_started',
    phase: phase.name,
    round: round + 1,
    allowanceMicroUsd,
    ...(model > 0 ? { model } : {}),
  });
}

function reenter(
  record: RunRecord,
  phase: PhasePlan,
  { allowanceMicroUsd, handBack, edited }: Terms & { edited?: Edited } = {},
): void {
  const state = phaseOf(record.state, phase.name);
  if (state.entry >= ENTRIES_MAX) throw RunEnding.failed('loop');
  record.record({
    type: 'phase_reentered',
    phase: phase.name,
    entry: state.entry + 1,
    allowanceMicroUsd: allowanceMicroUsd ?? state.allowanceMicroUsd,
    ...(handBack ? { handBack } : {}),
    ...(edited ? { edited } : {}),
  });
}

/** The activity is gone for good: its retries are used up, it met a defect, or its time is over. */
interface Lost {
  outcome: 'lost';
  failure: FailureKind;
}

async function enterRound(record: RunRecord, phase: PhasePlan): Promise<RunPhaseResult | Lost> {
  try {
    const result = await phaseActivities(record.plan, phase).runPhase(roundInput(record, phase));
    record.acknowledge(result, phase.name);
    if (result.startedLate)
      record.record({ type: 'phase_started_late', phase: phase.name, ...result.startedLate });
    tellOfRecoveries(record, phase, result);
    return result;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    if (foundRunClosed(error) || foundNoLedger(error)) throw error;
    return { outcome: 'lost', failure: lossOf(error.cause) };
  }
}

function lossOf(cause: Error | undefined): FailureKind {
  if (!(cause instanceof TimeoutFailure)) return 'internal_error';
  return cause.timeoutType === 'HEARTBEAT' ? 'worker_lost' : 'phase_timed_out';
}

/** What was recovered inside the activity since it last reported. */
function tellOfRecoveries(
  record: RunRecord,
  { name }: PhasePlan,
  { recoveries }: PhaseReport,
): void {
  const known = phaseOf(record.state, name).recoveries;
  for (const { failure, action, count } of recoveries) {
    const before = known.find((taken) => taken.failure === failure && taken.action === action);
    const since = count - (before?.count ?? 0);
    if (since > 0)
      record.record({
        type: 'recovery_taken',
        phase: name,
        noted: true,
        ...{ failure, action, count: since },
      });
  }
}

function roundInput(record: RunRecord, phase: PhasePlan): RunPhaseInput {
  const { state, plan } = record;
  const own = phaseOf(state, phase.name);
  const inputs: Record<string, string> = {};
  const facts: Record<string, OutputFacts> = {};
  for (const need of phase.needs) {
    const needed = phaseOf(state, need);
    if (!needed.output) continue;
    inputs[need] = needed.output;
    facts[need] = factsOf(needed);
  }
  const before = upstreamOf(plan, phase.name);
  return {
    ...record.outbox(),
    resolvedTeamSha256: plan.resolvedTeamSha256,
    inputSha256: record.inputSha256,
    ...(state.documentsSha256 ? { documentsSha256: state.documentsSha256 } : {}),
    phase: phase.name,
    item: '-',
    round: own.round,
    entry: own.entry,
    model: own.model,
    inputs,
    facts,
    missing: before.filter((name) => phaseOf(state, name).output === undefined),
    limitations: state.limitations.filter((one) => one.phase && before.includes(one.phase)),
    rejections: own.rejections,
    ...(own.instruction ? { instruction: own.instruction } : {}),
    allowanceMicroUsd: own.allowanceMicroUsd,
    ...(own.handBack ? { handBack: true } : {}),
    ...(own.edited ? { edited: own.edited.output } : {}),
    ...(own.answers ? { answers: own.answers } : {}),
    revisionsLeft: phase.revises ? phase.revises.revisionsMax - own.revisions : 0,
    ...(plan.effects ? { effects: plan.effects } : {}),
  };
}

async function acceptOutput(
  record: RunRecord,
  phase: PhasePlan,
  result: Accepted,
): Promise<'ended' | 'again'> {
  const { output, limitations, spend } = result;
  const sentBack = sendsBack(record, phase, result);
  record.record({
    type: 'output_accepted',
    phase: phase.name,
    output,
    ...factsOf(result),
    limitations:
      result.sentBack && !sentBack
        ? [...limitations, { kind: 'review_unresolved', phase: phase.name }]
        : limitations,
    spend,
  });
  if (sentBack) {
    sendBack(record, phase, phase.revises?.phase ?? phase.name, output);
    return 'ended';
  }
  const decided = await askAboutOutput(record, phase, result);
  const then = decided && followEdit(record, phase, decided);
  if (then) return then;
  for (const effect of result.effects) await carryOut(record, phase, effect, 'definition');
  record.record({ type: 'phase_finished', phase: phase.name });
  return 'ended';
}

/** What a person wants done otherwise; undefined: nothing. */
function followEdit(
  record: RunRecord,
  phase: PhasePlan,
  { decision, decisionId, actor, outputSha256, commentSha256 }: TakenDecision,
): 'ended' | 'again' | undefined {
  if (decision === 'edit' && outputSha256) {
    reenter(record, phase, { edited: { output: outputSha256, by: actor } });
    return 'again';
  }
  if (decision !== 'revise' || !commentSha256) return undefined;
  sendBack(record, phase, phase.name, commentSha256, decisionId);
  return 'ended';
}

const sendsBack = (record: RunRecord, phase: PhasePlan, result: Handover): boolean =>
  result.sentBack &&
  // Nothing is left that the work could be done again for.
  !phaseOf(record.state, phase.name).handBack &&
  phase.revises !== undefined &&
  phaseOf(record.state, phase.name).revisions < phase.revises.revisionsMax;

function sendBack(
  record: RunRecord,
  phase: PhasePlan,
  to: string,
  commentsSha256: Sha256,
  decisionId?: string,
): void {
  record.record({
    type: 'work_sent_back',
    by: phase.name,
    to,
    reset: phasesToReset(record.plan, record.state, to),
    commentsSha256,
    ...(decisionId === undefined ? {} : { decisionId }),
  });
}

async function carryOut(
  record: RunRecord,
  phase: PhasePlan,
  effect: PendingEffect,
  askedBy: 'agent' | 'definition',
): Promise<void> {
  if (record.plan.effects === 'off') {
    const { tool, inputSha256 } = effect;
    return record.record({ type: 'effect_withheld', phase: phase.name, tool, inputSha256 });
  }
  const resultSha256 = await performEffect(record, phase, effect, askedBy);
  if (resultSha256 === undefined) return;
  record.record({
    type: 'effect_performed',
    phase: phase.name,
    stepKey: effect.stepKey,
    tool: effect.tool,
    resultSha256,
  });
}

/** Does what the round waits for, then lets it go on where it stopped. */
async function settleSuspension(
  record: RunRecord,
  phase: PhasePlan,
  { items, spend }: Suspended,
): Promise<void> {
  const reasons = [...new Set(items.map(({ reason }) => reason))];
  record.record({ type: 'phase_suspended', phase: phase.name, reasons, spend });
  let terms: Terms & { edited?: Edited } = {};
  for (const item of items) terms = { ...terms, ...(await settleItem(record, phase, item)) };
  reenter(record, phase, terms);
}

/** Returns new terms where the item was about money, or where a person has done the work meanwhile. */
async function settleItem(
  record: RunRecord,
  phase: PhasePlan,
  item: SuspendedItem,
): Promise<(Terms & { edited?: Edited }) | undefined> {
  switch (item.reason) {
    case 'budget':
      return findMoney(record, phase, item);
    case 'long_wait':
    case 'no_place':
      await sleep(item.waitMs ?? 0);
      return undefined;
    case 'operator':
      await askOperator(record, phase, item.failure ?? 'internal_error', { digest: item.digest });
      return undefined;
    case 'effect': {
      const effect = { stepKey: item.stepKey, tool: item.tool ?? '', inputSha256: item.digest };
      const decided = await askAboutEffect(record, phase, effect);
      // An answer of a person stands in for it.
      if (decided?.decision !== 'respond') await carryOut(record, phase, effect, 'agent');
      return undefined;
    }
    case 'question': {
      const { stepKey, digest } = item;
      const options = ['respond', 'delegate', 'stop'] as const;
      const asked = { digest, stepKey, options: [...options], ...phase.terms };
      await askPerson(record, phase, { kind: 'question', reason: 'question', ...asked });
      return undefined;
    }
    case 'held_up': {
      if (!item.heldBy) throw new RangeError('held up by nothing');
      const edited = await waitWhileHeld(record, phase, item.heldBy);
      return edited && { edited };
    }
  }
}

/** What the ladder of the failure says: another round, or what follows when there is none. */
async function recoverFrom(
  record: RunRecord,
  phase: PhasePlan,
  { failure, reportSha256, categories, spend, unverified }: Rejected,
): Promise<'again' | 'ended'> {
  const { edited } = phaseOf(record.state, phase.name);
  if (edited) {
    const decided = await askAboutEdit(record, phase, edited.output, reportSha256);
    return followEdit(record, phase, decided) ?? 'ended';
  }
  const ladder = ladderOf(record.plan, phase, failure);
  const own = phaseOf(record.state, phase.name);
  const rejected = own.rejections[failure] ?? 0;
  const action = roundAction(ladder, rejected, (possible) =>
    possible === 'fallback_model'
      ? own.model < phase.fallbackModels
      : own.roundsUsed < phase.roundsMax,
  );
  record.record({
    type: 'output_rejected',
    phase: phase.name,
    failure,
    reportSha256,
    spend,
    // Where no round follows by itself, one that a person asks for must not repeat the last.
    instruction: {
      kind: action ?? 'different_approach',
      nth: rejected + 1,
      reportSha256,
      ...commentsOf(own.instruction),
      ...(categories ? { categories } : {}),
    },
  });
  if (action) recovered(record, phase, failure, action);
  else {
    const evidence = { digest: reportSha256, ...(unverified ? { unverified } : {}) };
    const then = await giveUp(record, phase, failure, ladder, evidence);
    if (then === 'accepted' && unverified) {
      const limitations = [
        ...unverified.limitations,
        takenUnverified(phase, failure, reportSha256),
      ];
      if ((await acceptOutput(record, phase, { ...unverified, limitations, spend })) === 'again')
        return 'again';
    }
    if (then !== 'again') return 'ended';
  }
  const { model, allowanceMicroUsd } = phaseOf(record.state, phase.name);
  startRound(record, phase, allowanceMicroUsd, action === 'fallback_model' ? model + 1 : model);
  return 'again';
}

function commentsOf(instruction: Instruction | undefined): Pick<Instruction, 'commentsSha256'> {
  const { kind, reportSha256, commentsSha256 } = instruction ?? {};
  const comments = kind === 'revision' ? reportSha256 : commentsSha256;
  return comments ? { commentsSha256: comments } : {};
}

async function recoverFromLoss(
  record: RunRecord,
  phase: PhasePlan,
  { failure }: Lost,
): Promise<'again' | 'degraded'> {
  const ladder = ladderOf(record.plan, phase, failure);
  const { resolvedTeamSha256 } = record.plan;
  const evidence = { digest: resolvedTeamSha256 };
  if ((await giveUp(record, phase, failure, ladder, evidence)) === 'degraded') return 'degraded';
  reenter(record, phase);
  return 'again';
}

const takenUnverified = (
  { name }: PhasePlan,
  failure: FailureKind,
  detailSha256: Sha256,
): Limitation => ({ kind: 'unverified_output', phase: name, failure, detailSha256 });
