/** A round of a phase: begun, entered, entered again with other terms. */
import {
  ActivityFailure,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { PhaseReport, RunPhaseInput, RunPhaseResult } from '../contracts/activities';
import type { FailureKind } from '../contracts/failures';
import { ENTRIES_MAX } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import type { Edited, HandBack, OutputFacts } from '../contracts/run-state';
import { upstreamOf } from '../domain/graph';
import { factsOf, phaseOf } from '../domain/run-state';
import { foundNoLedger, foundRunClosed, phaseActivities } from './activity-proxies';
import { RunEnding } from './ending';
import type { RunRecord } from './run-record';

/** What changes when a round is entered again. */
export interface Terms {
  allowanceMicroUsd?: number;
  handBack?: HandBack;
  /** A person has done its work. */
  edited?: Edited;
}

/** The activity is gone for good: its retries are used up, it met a defect, or its time is over. */
export interface Lost {
  outcome: 'lost';
  failure: FailureKind;
}

export function startRound(
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

export function reenter(
  record: RunRecord,
  phase: PhasePlan,
  { allowanceMicroUsd, handBack, edited }: Terms = {},
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

export async function enterRound(
  record: RunRecord,
  phase: PhasePlan,
): Promise<RunPhaseResult | Lost> {
  try {
    const result = await phaseActivities(record.plan, phase).runPhase(roundInput(record, phase));
    record.acknowledge(result, phase.name);
    assertStillItsTurn(record, phase);
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

/**
 * What a phase waited for may come in the very moment in which its work is sent back: what it has then is
 * made of what is to be done again.
 * @throws CancelledFailure as the phase's scope is about to be
 */
export function assertStillItsTurn(record: RunRecord, { name }: PhasePlan): void {
  if (phaseOf(record.state, name).status === 'pending')
    throw new CancelledFailure('the work was sent back');
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
