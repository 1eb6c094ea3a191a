/** Opening a run in the ledger: its row, and its place among those at work or in the queue. */
import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { OpenedRun, RunOpened } from '../contracts/ledger';
import { emptyState } from '../domain/run-state';
import type { Admissions } from './admissions';
import type { Transaction } from './database';
import { runs } from './schema';
import { holdIn, switchesIn } from './switches';

export async function openIn(
  tx: Transaction,
  admission: Admissions,
  key: string,
  opened: OpenedRun,
): Promise<RunOpened> {
  const fresh = await insertRun(tx, key, opened);
  const held = await holdIn(tx, key);
  // What has been opened before ends by itself.
  if (fresh && held?.mode === 'stop') {
    await tx.delete(runs).where(eq(runs.runKey, key));
    const [by] = await switchesIn(tx, [held.switchId]);
    if (!by) throw new RangeError(`the switch ${held.switchId} vanished`);
    return { outcome: 'switched_off', by };
  }
  const sought = await admission.seek(tx, { key, user: opened.user, fresh }, opened.admission);
  if (sought.outcome === 'full') await tx.delete(runs).where(eq(runs.runKey, key));
  if (sought.outcome !== 'opened' && sought.outcome !== 'queued') return sought;
  return { ...sought, ...(held ? { heldBy: held } : {}) };
}

/** Whether it was not in the ledger before. */
async function insertRun(tx: Transaction, key: string, opened: OpenedRun): Promise<boolean> {
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
  if (inserted.length > 0) return true;
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
  return false;
}
