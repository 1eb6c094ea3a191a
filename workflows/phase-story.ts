/** The story of a phase: rounds until its output is accepted, a person where one is needed, effects, hand-over. */
import { ActivityFailure, isCancellation, sleep, TimeoutFailure } from '@temporalio/workflow';
import type {
  PendingEffect,
  RunPhaseInput,
  RunPhaseResult,
  SuspendedItem,
} from '../contracts/activities';
import type { FailureKind } from '../contracts/failures';
import { ENTRIES_MAX } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import { allowanceAtStart, leftFor, raisedAllowance } from '../domain/budget';
import { phasesToReset } from '../domain/graph';
import { phaseOf } from '../domain/run-state';
import { foundRunClosed, phaseActivities } from './activity-proxies';
import { performEffect } from './effect-story';
import { RunEnding } from './ending';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

type Finished = Extract<RunPhaseResult, { outcome: 'finished' }>;
type Rejected = Extract<RunPhaseResult, { outcome: 'rejected' }>;
type Suspended = Extract<RunPhaseResult, { outcome: 'suspended' }>;

export async function runPhaseToItsEnd(record: RunRecord, phase: PhasePlan): Promise<void> {
  startRound(record, phase, allowanceAtStart(record.plan, record.state, phase));
  for (;;) {
    const result = await enterRound(record, phase);
    switch (result.outcome) {
      case 'finished':
        return acceptOutput(record, phase, result);
      case 'suspended':
        await settleSuspension(record, phase, result);
        break;
      case 'rejected': {
        const recovered = await recoverFrom(record, phase, result);
        if (recovered === 'degraded') return;
        break;
      }
      case 'lost':
        if ((await recoverFromLoss(record, phase, result)) === 'degraded') return;
    }
  }
}

function startRound(record: RunRecord, phase: PhasePlan, allowanceMicroUsd: number): void {
  const { round } = phaseOf(record.state, phase.name);
  record.record({
    type: 'phase_started',
    phase: phase.name,
    round: round + 1,
    allowanceMicroUsd,
  });
}

function reenter(record: RunRecord, phase: PhasePlan, allowanceMicroUsd?: number): void {
  const state = phaseOf(record.state, phase.name);
  if (state.entry >= ENTRIES_MAX) throw RunEnding.failed('loop');
  record.record({
    type: 'phase_reentered',
    phase: phase.name,
    entry: state.entry + 1,
    allowanceMicroUsd: allowanceMicroUsd ?? state.allowanceMicroUsd,
  });
}

/** The activity is gone for good: its retries are used up, it met a defect, or its time is over. */
interface Lost {
  outcome: 'lost';
  failure: FailureKind;
}

async function enterRound(record: RunRecord, phase: PhasePlan): Promise<RunPhaseResult | Lost> {
  try {
    const result = await phaseActivities(phase).runPhase(roundInput(record, phase));
    record.acknowledge(result.recordedVersion);
    return result;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    if (foundRunClosed(error)) throw error;
    const timedOut = error.cause instanceof TimeoutFailure;
    return { outcome: 'lost', failure: timedOut ? 'phase_timed_out' : 'internal_error' };
  }
}

function roundInput(record: RunRecord, phase: PhasePlan): RunPhaseInput {
  const { state, plan } = record;
  const own = phaseOf(state, phase.name);
  const inputs: Record<string, string> = {};
  const missing: string[] = [];
  for (const need of phase.needs) {
    const output = phaseOf(state, need).output;
    if (output) inputs[need] = output;
    else missing.push(need);
  }
  return {
    ...record.outbox(),
    resolvedTeamSha256: plan.resolvedTeamSha256,
    inputSha256: record.inputSha256,
    ...(state.documentsSha256 ? { documentsSha256: state.documentsSha256 } : {}),
    phase: phase.name,
    item: '-',
    round: own.round,
    entry: own.entry,
    inputs,
    missing,
    ...(own.instruction ? { instruction: own.instruction } : {}),
    allowanceMicroUsd: own.allowanceMicroUsd,
    revisionsLeft: phase.revises ? phase.revises.revisionsMax - own.revisions : 0,
    ...(plan.effects ? { effects: plan.effects } : {}),
  };
}

async function acceptOutput(record: RunRecord, phase: PhasePlan, result: Finished): Promise<void> {
  const { output, confidence, limitations, spend } = result;
  const sentBack = sendsBack(record, phase, result);
  record.record({
    type: 'output_accepted',
    phase: phase.name,
    output,
    ...(confidence === undefined ? {} : { confidence }),
    limitations:
      result.sentBack && !sentBack
        ? [...limitations, { kind: 'review_unresolved', phase: phase.name }]
        : limitations,
    spend,
  });
  if (sentBack) return sendBack(record, phase, output);
  if (phase.review === 'always') await askApproval(record, phase, output, result.effects);
  for (const effect of result.effects) await carryOut(record, phase, effect, 'definition');
  record.record({ type: 'phase_finished', phase: phase.name });
}

/** Parks until a person who was shown the bytes that will leave the house says that they may. */
async function askApproval(
  record: RunRecord,
  phase: PhasePlan,
  digest: string,
  effects: PendingEffect[],
): Promise<void> {
  await askPerson(record, {
    kind: 'approval',
    phase: phase.name,
    reason: 'always',
    digest,
    ...(effects.length > 0
      ? { effects: effects.map(({ tool, inputSha256 }) => ({ tool, inputSha256 })) }
      : {}),
    options: ['approve', 'stop'],
  });
}

const sendsBack = (record: RunRecord, phase: PhasePlan, result: Finished): boolean =>
  result.sentBack &&
  phase.revises !== undefined &&
  phaseOf(record.state, phase.name).revisions < phase.revises.revisionsMax;

function sendBack(record: RunRecord, phase: PhasePlan, commentsSha256: string): void {
  const to = phase.revises?.phase ?? phase.name;
  record.record({
    type: 'work_sent_back',
    by: phase.name,
    to,
    reset: phasesToReset(record.plan, record.state, to),
    commentsSha256,
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
  let allowance: number | undefined;
  for (const item of items) allowance = (await settleItem(record, phase, item)) ?? allowance;
  reenter(record, phase, allowance);
}

/** Returns a new allowance where the item was about money. */
async function settleItem(
  record: RunRecord,
  phase: PhasePlan,
  item: SuspendedItem,
): Promise<number | undefined> {
  switch (item.reason) {
    case 'budget': {
      const needMicroUsd = item.needMicroUsd ?? 0;
      const raised = raisedAllowance(record.state, phase.name, needMicroUsd);
      if (raised === undefined)
        throw RunEnding.budgetExhausted({
          phase: phase.name,
          needMicroUsd,
          leftMicroUsd: leftFor(record.state, phase.name),
        });
      return raised;
    }
    case 'long_wait':
      await sleep(item.waitMs ?? 0);
      return undefined;
    case 'operator':
      await askOperator(record, phase, item.failure ?? 'internal_error', item.digest);
      return undefined;
    case 'effect': {
      const effect = { stepKey: item.stepKey, tool: item.tool ?? '', inputSha256: item.digest };
      if (phase.review === 'always') await askApproval(record, phase, item.digest, [effect]);
      await carryOut(record, phase, effect, 'agent');
      return undefined;
    }
  }
}

/** Another round with what went wrong, while rounds are left; else a person, or a limitation. */
async function recoverFrom(
  record: RunRecord,
  phase: PhasePlan,
  { failure, reportSha256, spend }: Rejected,
): Promise<'again' | 'degraded'> {
  const recovery = record.plan.recoveries[failure] ?? 'person';
  if (recovery === 'end_run') throw RunEnding.failed(failure);
  const kind = recovery === 'person' ? 'different_approach' : recovery;
  record.record({
    type: 'output_rejected',
    phase: phase.name,
    failure,
    reportSha256,
    spend,
    instruction: { kind, reportSha256 },
  });
  const roundsLeft = phaseOf(record.state, phase.name).roundsUsed < phase.roundsMax;
  if (recovery === 'person' || !roundsLeft) {
    if (!phase.required) return degrade(record, phase, failure);
    await askOperator(record, phase, failure, reportSha256);
  }
  startRound(record, phase, phaseOf(record.state, phase.name).allowanceMicroUsd);
  return 'again';
}

async function recoverFromLoss(
  record: RunRecord,
  phase: PhasePlan,
  { failure }: Lost,
): Promise<'again' | 'degraded'> {
  if (!phase.required) return degrade(record, phase, failure);
  await askOperator(record, phase, failure, record.plan.resolvedTeamSha256);
  reenter(record, phase);
  return 'again';
}

function degrade(record: RunRecord, phase: PhasePlan, failure: FailureKind): 'degraded' {
  const { spend } = phaseOf(record.state, phase.name);
  record.record({ type: 'phase_degraded', phase: phase.name, failure, spend });
  return 'degraded';
}

/** Parks until an operator says that the cause is mended, or stops the run. */
async function askOperator(
  record: RunRecord,
  phase: PhasePlan,
  failure: FailureKind,
  digest: string,
): Promise<void> {
  await askPerson(record, {
    kind: 'operator',
    phase: phase.name,
    reason: failure,
    digest,
    options: ['resume', 'stop'],
  });
}
