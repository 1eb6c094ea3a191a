/** The beginning of an attempt at a round: its fence, its place among the phases at work. */
import { Context } from '@temporalio/activity';
import type { RunPhaseInput, SuspendedItem } from '../contracts/activities';
import { getJson } from '../contracts/content';
import { type RoundId, roundKey } from '../contracts/ids';
import { PHASE_PLACES } from '../contracts/limits';
import type { LateStart, QueuePlace } from '../contracts/load';
import { laddersOf, phaseOfTeam, type ResolvedTeam } from '../contracts/team/resolved';
import type { Team } from '../contracts/team/schema';
import { temporalRunId } from './activity-frame';
import type { Attempt } from './agent/attempt';
import { AttemptFenced, StepToRetry } from './agent/interruptions';
import { Seen } from './categories/seen';
import { noteRecovery } from './recoveries';
import type { RunPhaseDeps } from './run-phase';

export interface Begun {
  outcome: 'begun';
  attempt: Attempt;
  promptSha256: string | undefined;
  crashes: number;
  team: Team;
  start: LateStart;
}

export async function beginAttempt(
  deps: RunPhaseDeps,
  input: RunPhaseInput,
  round: RoundId,
): Promise<Begun | { outcome: 'waits'; place: QueuePlace }> {
  const { ledger, worker } = deps;
  const { info, cancellationSignal } = Context.current();
  const begun = await ledger.beginAttempt({
    round,
    temporalRunId: temporalRunId(),
    entry: input.entry,
    attempt: info.attempt,
    worker,
    // The clocks of server and worker may differ.
    waitedMs: Math.max(0, Date.now() - info.scheduledTimestampMs),
  });
  if (begun.outcome === 'waits') return begun;
  if (begun.outcome !== 'begun') throw new AttemptFenced(begun.outcome);
  const team = await getJson<ResolvedTeam>(ledger.content, input.resolvedTeamSha256);
  if (begun.takesOver)
    await noteRecovery(ledger, { round, failure: 'worker_lost', action: 'retry_behind_fence' });
  return {
    outcome: 'begun',
    promptSha256: begun.promptSha256,
    crashes: begun.crashes,
    team,
    start: begun.start,
    attempt: {
      ledger,
      content: ledger.content,
      round,
      fence: begun.fence,
      recorded: begun.recorded,
      phase: phaseOfTeam(team, input.phase),
      ladders: laddersOf(team, input.phase),
      seen: new Seen(),
      model: input.model,
      allowanceMicroUsd: input.allowanceMicroUsd,
      handsBack: input.handBack === true,
      signal: cancellationSignal,
      deadline: info.scheduledTimestampMs + info.scheduleToCloseTimeoutMs,
    },
  };
}

/**
 * Asks again a while later, without holding a worker meanwhile. What is left of the entry's time is
 * for its work: one that has waited for half of it begins another.
 * @throws StepToRetry
 */
export function waitForPlace(
  round: RoundId,
  input: RunPhaseInput,
  { before }: QueuePlace,
): { outcome: 'suspended'; items: SuspendedItem[] } {
  const { askEveryMs, askMaxMs } = PHASE_PLACES;
  const waitMs = jittered(Math.min(askEveryMs * (before + 1), askMaxMs));
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = Context.current().info;
  const waitedMs = Date.now() + waitMs - scheduledTimestampMs;
  if (waitedMs < scheduleToCloseTimeoutMs / 2) throw new StepToRetry(waitMs);
  const item = { stepKey: roundKey(round), digest: input.resolvedTeamSha256, waitMs };
  return { outcome: 'suspended', items: [{ reason: 'no_place', ...item }] };
}

const jittered = (ms: number): number => Math.round(ms * (0.75 + Math.random() / 2));
