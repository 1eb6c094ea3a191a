/** Runs: opened, refused, closed. Their events are in `events.ts`. */
import { and, asc, desc, eq, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { type RunId, runKey } from '../contracts/ids';
import type {
  ArchivedHistory,
  ClosedRun,
  EventsRecorded,
  OpenedRun,
  RunLedger,
} from '../contracts/ledger';
import type { RunPlan } from '../contracts/plan';
import { emptyState } from '../domain/run-state';
import { migrateState } from '../domain/state-migrations';
import { ask, type Database, type Transaction } from './database';
import { announce, lockRun, writeEvents } from './events';
import { rebuildIn } from './rebuild';
import { calls, generations, phaseAccounts, runHistories, runs } from './schema';

export function createRunLedger({ db, transaction }: Database): RunLedger {
  /** Whether the newest run of this key that is not this one has ended as something other than refused or failed. */
  async function keyHasEnded({ namespace, workflowId }: RunId, key: string): Promise<boolean> {
    const [earlier] = await ask(
      db
        .select({ runKey: runs.runKey, status: runs.status })
        .from(runs)
        .where(
          and(
            eq(runs.workflowId, workflowId),
            eq(runs.namespace, namespace),
            isNotNull(runs.endedAt),
          ),
        )
        .orderBy(desc(runs.startedAt))
        .limit(1),
    );
    return (
      earlier !== undefined &&
      earlier.runKey !== key &&
      earlier.status !== 'refused' &&
      earlier.status !== 'failed'
    );
  }

  return {
    async openRun(opened) {
      const key = runKey(opened.run);
      if (await keyHasEnded(opened.run, key)) return 'key_ended';
      await ask(transaction((tx) => openIn(tx, key, opened)));
      return 'opened';
    },

    async refuseRun(refused, explanation) {
      const now = Date.now();
      const plan: RunPlan = {
        team: refused.team,
        version: refused.version,
        resolvedTeamSha256: refused.teamSha256,
        budgetMicroUsd: refused.budgetMicroUsd,
        phases: [],
        ladders: {},
      };
      await ask(
        db
          .insert(runs)
          .values({
            runKey: runKey(refused.run),
            ...refused.run,
            team: refused.team,
            teamVersion: refused.version,
            userId: refused.user,
            provider: refused.provider,
            status: 'refused',
            plan,
            state: { ...emptyState(now), status: 'refused' },
            teamSha256: refused.teamSha256,
            inputSha256: refused.inputSha256,
            documentsSha256: refused.documentsSha256 ?? null,
            budgetMicroUsd: refused.budgetMicroUsd,
            // It may quote what was sent, and PostgreSQL holds no U+0000.
            explanation: explanation.replaceAll('\0', '\ufffd'),
            endedAt: new Date(now),
            closedAt: new Date(now),
          })
          .onConflictDoNothing(),
      );
    },

    recordEvents: (outbox) =>
      ask(
        transaction(async (tx) => writeEvents(tx, await lockRun(tx, runKey(outbox.run)), outbox)),
      ),

    closeRun: (closed) => ask(transaction((tx) => closeIn(tx, closed))),

    keepHistory: (run, history) => ask(transaction((tx) => keepHistory(tx, run, history))),

    historiesOf: (run) =>
      ask(
        db
          .select({
            temporalRunId: runHistories.temporalRunId,
            historySha256: runHistories.historySha256,
          })
          .from(runHistories)
          .innerJoin(
            generations,
            and(
              eq(generations.runKey, runHistories.runKey),
              eq(generations.temporalRunId, runHistories.temporalRunId),
            ),
          )
          .where(eq(runHistories.runKey, runKey(run)))
          .orderBy(asc(generations.generation)),
      ),

    rebuild: (run, tell) =>
      ask(transaction(async (tx) => rebuildIn(tx, await lockRun(tx, runKey(run)), tell))),

    quietRuns: (quietMs, max) =>
      ask(
        db
          .select({
            namespace: runs.namespace,
            workflowId: runs.workflowId,
            firstRunId: runs.firstRunId,
          })
          .from(runs)
          .where(
            and(
              isNull(runs.closedAt),
              sql`${runs.changedAt} < now() - ${quietMs} * interval '1 millisecond'`,
            ),
          )
          .orderBy(asc(runs.changedAt))
          .limit(max),
      ),

    async knownRun(run) {
      const [row] = await ask(
        db
          .select()
          .from(runs)
          .where(eq(runs.runKey, runKey(run))),
      );
      if (!row || row.status === 'refused') return undefined;
      const { plan, teamSha256, inputSha256, closedAt } = row;
      const [newest] = await ask(
        db
          .select({ temporalRunId: generations.temporalRunId })
          .from(generations)
          .where(eq(generations.runKey, row.runKey))
          .orderBy(desc(generations.generation))
          .limit(1),
      );
      const state = migrateState(row.state);
      return { run, plan, state, teamSha256, inputSha256, closed: closedAt !== null, ...newest };
    },
  };
}

async function openIn(tx: Transaction, key: string, opened: OpenedRun): Promise<void> {
  const { plan, temporalRunId } = opened;
  const inserted = await tx
    .insert(runs)
    .values({
      runKey: key,
      ...opened.run,
      team: plan.team,
      teamVersion: plan.version,
      userId: opened.user,
      provider: opened.provider,
      status: 'queued',
      plan,
      state: emptyState(Date.now()),
      teamSha256: opened.teamSha256,
      inputSha256: opened.inputSha256,
      documentsSha256: opened.documentsSha256 ?? null,
      budgetMicroUsd: plan.budgetMicroUsd,
      forkedFrom: opened.forkedFrom ?? null,
    })
    .onConflictDoNothing()
    .returning({ runKey: runs.runKey });
  if (inserted.length > 0) return;
  // After a reset to its beginning a run is opened again, with the plan of that time.
  await tx
    .update(runs)
    .set({ plan })
    .where(
      and(
        eq(runs.runKey, key),
        isNull(runs.closedAt),
        gt(runs.eventsGeneration, 0),
        lt(runs.eventsGeneration, sql`generation_of(${key}, ${temporalRunId})`),
      ),
    );
}

/** The last events, the money that is still open, the result: all at once, so that nobody sees an end without its result. */
async function closeIn(tx: Transaction, closed: ClosedRun): Promise<EventsRecorded> {
  const key = runKey(closed.run);
  // Waits for claims that are under way; none comes after it (L2).
  await tx.select({ runKey: runs.runKey }).from(runs).where(eq(runs.runKey, key)).for('update');
  const row = await lockRun(tx, key);
  const recorded = await writeEvents(tx, row, closed);
  if (recorded.outcome !== 'recorded' || row.closedAt !== null) return recorded;
  await tx
    .update(calls)
    .set({ status: 'unsettled', endedAt: sql`now()` })
    .where(and(eq(calls.runKey, key), eq(calls.status, 'open')));
  await tx
    .update(phaseAccounts)
    .set({ unsettledMicroUsd: sql`unsettled_micro_usd + open_micro_usd`, openMicroUsd: 0 })
    .where(eq(phaseAccounts.runKey, key));
  await tx
    .update(runs)
    .set({
      status: closed.status,
      resultSha256: closed.resultSha256,
      endedAt: sql`now()`,
      closedAt: sql`now()`,
    })
    .where(eq(runs.runKey, key));
  const { temporalRunId, historySha256 } = closed;
  if (historySha256) await keepHistory(tx, closed.run, { temporalRunId, historySha256 });
  await announce(tx, closed.run.workflowId);
  return recorded;
}

async function keepHistory(
  tx: Transaction,
  run: RunId,
  { temporalRunId, historySha256 }: ArchivedHistory,
): Promise<void> {
  await tx
    .insert(runHistories)
    .values({ runKey: runKey(run), temporalRunId, historySha256 })
    .onConflictDoUpdate({
      target: [runHistories.runKey, runHistories.temporalRunId],
      set: { historySha256, archivedAt: sql`now()` },
    });
}
