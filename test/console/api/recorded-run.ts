/** Writes runs into a ledger as activities would, without a workflow. */
import { putJson, sha256Of } from '../../../contracts/content';
import type { RunId } from '../../../contracts/ids';
import { runKey } from '../../../contracts/ids';
import type { Ledger } from '../../../contracts/ledger';
import type { RunEvent, RunEventBody } from '../../../contracts/run-state';
import { recordEvents } from '../../support/test-ledger';

export const SOME_DIGEST = sha256Of('something');

const PHASE = {
  needs: [],
  required: true,
  review: 'never' as const,
  budgetShare: 10,
  roundsMax: 3,
  startToCloseMs: 1_000,
  scheduleToCloseMs: 2_000,
  heartbeatMs: 500,
  fallbackModels: 0,
  ladders: {},
};

export interface RecordedRun {
  run: RunId;
  /** Records the next events. */
  happen(...bodies: RunEventBody[]): Promise<void>;
  /** Takes one model step, as an attempt of the first phase. */
  takeModelStep(turn: number, outcome: unknown): Promise<void>;
}

/** A run of phases `research` and `writing`, opened. */
export async function recordRun(
  ledger: Ledger,
  workflowId: string,
  { namespace = 'default', user = 'u1', team = 'test-team' } = {},
): Promise<RecordedRun> {
  const run = { namespace, workflowId, firstRunId: `first-${workflowId}` };
  const temporalRunId = `run-${workflowId}`;
  const inputSha256 = await putJson(ledger.content, { question: `What of ${workflowId}?` });
  const teamSha256 = await putJson(ledger.content, {});
  await ledger.openRun({
    run,
    temporalRunId,
    plan: {
      team,
      version: '1.0.0',
      resolvedTeamSha256: teamSha256,
      budgetMicroUsd: 500_000,
      phases: [
        { ...PHASE, name: 'research' },
        { ...PHASE, name: 'writing', needs: ['research'] },
      ],
      ladders: {},
    },
    user,
    teamSha256,
    inputSha256,
    provider: 'nobody',
  });
  let version = 0;
  const happen = async (...bodies: RunEventBody[]) => {
    const events = bodies.map(
      (body): RunEvent => ({ ...body, version: ++version, at: Date.now() }),
    );
    await recordEvents(ledger, run, events);
  };
  await happen({ type: 'run_opened', budgetMicroUsd: 500_000, phases: ['research', 'writing'] });

  const round = { runKey: runKey(run), phase: 'research', item: '-', round: 1 };
  const takeModelStep = async (turn: number, outcome: unknown) => {
    const begun = await ledger.beginAttempt({
      round,
      temporalRunId,
      entry: 1,
      attempt: turn,
      worker: 'test',
      waitedMs: 0,
    });
    if (begun.outcome !== 'begun') throw new Error(begun.outcome);
    const stepKey = `${round.runKey}/research/-/1/${turn}.model`;
    const callId = `00000000-0000-4000-8000-${String(turn).padStart(12, '0')}`;
    await ledger.claimStep({
      stepKey,
      round,
      fence: begun.fence,
      kind: 'model',
      turn,
      name: 'some-model',
      requestDigest: await putJson(ledger.content, { asked: turn }),
      callId,
      reserveMicroUsd: 1_000,
      allowanceMicroUsd: 500_000,
      artifacts: [],
    });
    await ledger.recordOutcome({
      stepKey,
      callId,
      outcomeSha256: await putJson(ledger.content, outcome),
      ending: 'ok',
      costMicroUsd: 600,
      latencyMs: 5,
      artifacts: [],
    });
  };
  return { run, happen, takeModelStep };
}
