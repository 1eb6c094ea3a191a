/** Runs: opened, refused, closed. Their events are in `events.ts`. */
import { and, asc, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { AuditEntry } from '../contracts/audit';
import { type RunId, runKey } from '../contracts/ids';
import type { ArchivedHistory, ClosedRun, EventsRecorded, RunLedger } from '../contracts/ledger';
import type { LoadLimits } from '../contracts/load';
import type { RunPlan } from '../contracts/plan';
import { emptyState } from '../domain/run-state';
import { migrateState } from '../domain/state-migrations';
import {
  type Admissions,
  createAdmissionLedger,
  createAdmissions,
  letOthersBegin,
} from './admissions';
import type { AuditWriter } from './audit';
import { auditedEvents } from './audited-events';
import { ask, type Database, type Transaction } from './database';
import {
  announce,
  type EventsWritten,
  endAttempts,
  lockRun,
  type RunRow,
  writeEvents,
} from './events';
import { openIn } from './opening';
import { rebuildIn } from './rebuild';
import { calls, generations, phaseAccounts, runHistories, runs } from './schema';
import { endSwitchOf } from './switches';

export function createRunLedger(
  database: Database,
  limits: LoadLimits,
  audit: AuditWriter,
): RunLedger {
  const { db, transaction } = database;
  const admission = createAdmissions(limits);

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
      if (await keyHasEnded(opened.run, key)) return { outcome: 'key_ended' };
      return ask(transaction((tx) => openIn(tx, admission, key, opened)));
    },

    ...createAdmissionLedger(database, limits),

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
      audit.recording(async (tx) => {
        const row = await lockRun(tx, runKey(outbox.run));
        const written = await writeEvents(tx, row, outbox);
        const answer = await letOthersBegin(tx, admission, row, written);
        return { answer, entries: entriesOf(row, written) };
      }),

    closeRun: (closed) => audit.recording((tx) => closeIn(tx, admission, closed)),

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

/** The last events, the money that is still open, the result: all at once, so that nobody sees an end without its result. */
async function closeIn(
  tx: Transaction,
  admission: Admissions,
  closed: ClosedRun,
): Promise<{ answer: EventsRecorded; entries: AuditEntry[] }> {
  const key = runKey(closed.run);
  // Waits for claims that are under way; none comes after it (L2).
  await tx.select({ runKey: runs.runKey }).from(runs).where(eq(runs.runKey, key)).for('update');
  const row = await lockRun(tx, key);
  const written = await writeEvents(tx, row, closed);
  const entries = entriesOf(row, written);
  if (written.outcome !== 'recorded') return { answer: written, entries };
  const { status: _now, before: _before, ...recorded } = written;
  if (row.closedAt !== null) return { answer: { ...recorded, mayBegin: [] }, entries };
  await tx
    .update(calls)
    .set({ status: 'unsettled', endedAt: sql`now()` })
    .where(and(eq(calls.runKey, key), eq(calls.status, 'open')));
  await tx
    .update(phaseAccounts)
    .set({ unsettledMicroUsd: sql`unsettled_micro_usd + open_micro_usd`, openMicroUsd: 0 })
    .where(eq(phaseAccounts.runKey, key));
  await endAttempts(tx, key, []);
  await endSwitchOf(tx, key);
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
  return { answer: { ...recorded, mayBegin: await admission.settle(tx, key, 'ended') }, entries };
}

const entriesOf = (row: RunRow, written: EventsWritten): AuditEntry[] =>
  written.outcome === 'recorded' ? auditedEvents(row, written.before, written.fresh) : [];

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
