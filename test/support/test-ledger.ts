/** A ledger on a database of its own, and the calls that activities make, with as little said as possible. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { benchAudit } from '../../bench/support/bench-secret';
import { canonicalJson, sha256Of } from '../../contracts/content';
import type { EffectClaimInput } from '../../contracts/effect-ledger';
import { modelStepKey, type RoundId, type RunId, runKey, toolStepKey } from '../../contracts/ids';
import type {
  ArtifactBytes,
  BeginAttempt,
  ClaimStep,
  ClosedRun,
  FailCall,
  Fence,
  OpenedRun,
  Outbox,
  RecordOutcome,
  RunLedger,
} from '../../contracts/ledger';
import type { RunEvent, RunEventBody } from '../../contracts/run-state';
import type { RunEndStatus } from '../../contracts/run-status';
import { type OpenLedger, openLedger } from '../../ledger';
import { eventually } from './eventually';
import { loadLimits } from './load-limits';
import { phasePlan, runPlan, SOME_SHA256 } from './plans';
import { freshDatabase } from './servers';

export interface TestLedger extends OpenLedger {
  url: string;
  /** Asks the database itself. */
  rows<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
  /**
   * Holds up all calls for a run until `count` of them wait, then lets them go at the same moment.
   * Every claim and the closing of a run lock its row first.
   */
  together<T>(runKey: string, count: number, calls: () => Promise<T>): Promise<T>;
  /** Closes everything and drops the database. */
  drop(): Promise<void>;
}

/** Tests begin many attempts and end few. */
const MUCH = loadLimits({ phasesAtWork: { installation: 100_000, user: 100_000 } });

export async function openTestLedger(): Promise<TestLedger> {
  const database = await freshDatabase();
  const opened = await openLedger(database.url, MUCH, benchAudit());
  const pool = new Pool({ connectionString: database.url, max: 2 });
  // Tests cut connections off.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const rows = async <T extends object>(text: string, values?: unknown[]): Promise<T[]> =>
    (await pool.query(text, values)).rows;
  return {
    ...opened,
    url: database.url,
    rows,
    async together(key, count, calls) {
      const holder = await pool.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('SELECT 1 FROM runs WHERE run_key = $1 FOR UPDATE', [key]);
        const answers = calls();
        await eventually(async () => {
          const [waiting] = await rows<{ n: number }>(
            `SELECT count(*)::int AS n FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          expect(waiting?.n).toBe(count);
        });
        await holder.query('COMMIT');
        return await answers;
      } finally {
        holder.release();
      }
    },
    async drop() {
      await opened.close();
      await pool.end();
      await database.drop();
    },
  };
}

export const newCallId = (): string => randomUUID();

export function artifact(value: unknown): ArtifactBytes {
  const bytes = Buffer.from(canonicalJson(value));
  return { sha256: sha256Of(bytes), bytes, mediaType: 'application/json' };
}

export function runId(workflowId = `run-${randomUUID()}`): RunId {
  return { namespace: 'default', workflowId, firstRunId: `first-${workflowId}` };
}

export function openedRun(run: RunId, changes: Partial<OpenedRun> = {}): OpenedRun {
  return {
    run,
    temporalRunId: TEMPORAL_RUN,
    plan: runPlan([phasePlan('research'), phasePlan('writing', { needs: ['research'] })]),
    user: 'someone',
    teamSha256: SOME_SHA256,
    inputSha256: SOME_SHA256,
    provider: 'nobody',
    ...changes,
  };
}

/** A run of phases `research` and `writing`, opened, without events. */
export async function openRun(
  { ledger }: OpenLedger,
  changes: Partial<OpenedRun> & { workflowId?: string } = {},
): Promise<RunId> {
  const run = changes.run ?? runId(changes.workflowId);
  await ledger.openRun(openedRun(run, changes));
  return run;
}

export function eventsOf(first: number, ...bodies: RunEventBody[]): RunEvent[] {
  return bodies.map((body, index) => ({
    ...body,
    version: first + index,
    at: 1_700_000_000_000 + first + index,
  }));
}

export const TEMPORAL_RUN = 'temporal-1';

/** What an activity of the run's first Temporal run hands over. */
export function outboxOf(run: RunId, events: RunEvent[], changes: Partial<Outbox> = {}): Outbox {
  const version = events.at(-1)?.version ?? 0;
  return { run, temporalRunId: TEMPORAL_RUN, version, events, ...changes };
}

/** The end of a run that has recorded its events already, its last one among them. */
export function closingOf(
  run: RunId,
  status: RunEndStatus,
  changes: Partial<ClosedRun> = {},
): ClosedRun {
  return { ...outboxOf(run, []), status, resultSha256: SOME_SHA256, ...changes };
}

/** Records events as the run's first Temporal run; the version that the ledger has then. */
export async function recordEvents(
  ledger: RunLedger,
  run: RunId,
  events: RunEvent[],
): Promise<number> {
  const recorded = await ledger.recordEvents(outboxOf(run, events));
  if (recorded.outcome !== 'recorded') throw new Error(`the events are ${recorded.outcome}`);
  return recorded.version;
}

export function roundOf(run: RunId, changes: Partial<RoundId> = {}): RoundId {
  return { runKey: runKey(run), phase: 'research', item: '-', round: 1, ...changes };
}

export function attemptAt(round: RoundId, changes: Partial<BeginAttempt> = {}): BeginAttempt {
  return {
    round,
    temporalRunId: TEMPORAL_RUN,
    entry: 1,
    attempt: 1,
    worker: 'test',
    waitedMs: 0,
    ...changes,
  };
}

/** The fence of an attempt that may begin. */
export async function begin(
  { ledger }: OpenLedger,
  round: RoundId,
  changes: Partial<BeginAttempt> = {},
): Promise<Fence> {
  const begun = await ledger.beginAttempt(attemptAt(round, changes));
  if (begun.outcome !== 'begun') throw new Error(`the attempt is ${begun.outcome}`);
  return begun.fence;
}

/** A claim of a model step at the first turn: 100 micro-dollars of 1,000. */
export function claimOf(
  round: RoundId,
  fence: Fence,
  { turn = 1, ...changes }: Partial<ClaimStep> = {},
): ClaimStep {
  const asked = artifact({ asked: turn });
  return {
    stepKey: modelStepKey(round, turn),
    round,
    fence,
    kind: 'model',
    turn,
    name: 'some-model',
    requestDigest: asked.sha256,
    callId: newCallId(),
    reserveMicroUsd: 100,
    allowanceMicroUsd: 1_000,
    artifacts: [asked],
    ...changes,
  };
}

export function toolClaimOf(round: RoundId, fence: Fence, turn: number, tool: string): ClaimStep {
  return claimOf(round, fence, {
    turn,
    kind: 'tool',
    name: tool,
    stepKey: toolStepKey(round, turn, 0),
    reserveMicroUsd: 0,
  });
}

type Call = Pick<ClaimStep, 'stepKey' | 'callId'>;

export function outcomeOf(
  { stepKey, callId }: Call,
  answer: unknown,
  changes: Partial<RecordOutcome> = {},
): RecordOutcome {
  const outcome = artifact({ answer });
  return {
    stepKey,
    callId,
    outcomeSha256: outcome.sha256,
    ending: 'end_turn',
    costMicroUsd: 60,
    latencyMs: 5,
    artifacts: [outcome],
    ...changes,
  };
}

export function failureOf({ stepKey, callId }: Call, changes: Partial<FailCall> = {}): FailCall {
  return {
    stepKey,
    callId,
    disposition: 'released',
    failure: 'overloaded',
    latencyMs: 5,
    artifacts: [],
    ...changes,
  };
}

export function effectOf(run: RunId, changes: Partial<EffectClaimInput> = {}): EffectClaimInput {
  return {
    stepKey: `${runKey(run)}/research/-/1/effect.0`,
    runKey: runKey(run),
    phase: 'research',
    tool: 'publish_file',
    inputSha256: SOME_SHA256,
    temporalRunId: TEMPORAL_RUN,
    entry: 1,
    attempt: 1,
    repeat: 'never',
    claimedBefore: false,
    ...changes,
  };
}
