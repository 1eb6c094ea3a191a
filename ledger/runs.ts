/** Runs and their projection: events in order, without gaps, each once (L6). */
import { and, desc, eq, isNotNull, sql } from 'drizzle-orm';
import { type RunId, runKey } from '../contracts/ids';
import type { RunLedger } from '../contracts/ledger';
import type { RunPlan } from '../contracts/plan';
import type { RunEvent, RunState } from '../contracts/run-state';
import { explainRun } from '../domain/explanation';
import { apply, emptyState } from '../domain/run-state';
import { CHANGES_CHANNEL } from './changes';
import { ask, type Database } from './database';
import { calls, phaseAccounts, runEvents, runStates, runs } from './schema';

export function createRunLedger({ db }: Database): RunLedger {
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
      await ask(
        db
          .insert(runs)
          .values({
            runKey: key,
            ...opened.run,
            team: opened.plan.team,
            teamVersion: opened.plan.version,
            userId: opened.user,
            provider: opened.provider,
            status: 'queued',
            plan: opened.plan,
            state: emptyState(Date.now()),
            teamSha256: opened.teamSha256,
            inputSha256: opened.inputSha256,
            documentsSha256: opened.documentsSha256 ?? null,
            budgetMicroUsd: opened.plan.budgetMicroUsd,
          })
          .onConflictDoNothing(),
      );
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
        recoveries: {},
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

    async recordEvents(run, events) {
      if (events.length === 0) return 0;
      const key = runKey(run);
      return ask(
        db.transaction(async (tx) => {
          const [row] = await tx
            .select({ state: runs.state, plan: runs.plan })
            .from(runs)
            .where(eq(runs.runKey, key))
            .for('no key update');
          if (!row) throw new RangeError(`run ${key} is not in the ledger`);
          const fresh = events.filter(({ version }) => version > row.state.version);
          if (fresh.length === 0) return row.state.version;
          const states = project(row.state, fresh);
          const last = states.at(-1) as RunState;
          await tx.insert(runEvents).values(
            fresh.map((event) => ({
              runKey: key,
              version: event.version,
              at: new Date(event.at),
              type: event.type,
              event,
            })),
          );
          await tx
            .insert(runStates)
            .values(states.map((state) => ({ runKey: key, version: state.version, state })));
          await tx
            .update(runs)
            .set({
              state: last,
              stateVersion: last.version,
              status: last.status,
              explanation: explainRun(row.plan, last),
              changedAt: new Date(last.changedAt),
            })
            .where(eq(runs.runKey, key));
          await tx.execute(sql`SELECT pg_notify(${CHANGES_CHANNEL}, ${run.workflowId})`);
          return last.version;
        }),
      );
    },

    async documentsOf(run) {
      const [row] = await ask(
        db
          .select({ state: runs.state })
          .from(runs)
          .where(eq(runs.runKey, runKey(run))),
      );
      return row?.state.documentsSha256;
    },

    async closeRun(closed) {
      const key = runKey(closed.run);
      await ask(
        db.transaction(async (tx) => {
          // Waits for claims that are under way; none comes after it (L2).
          await tx
            .select({ runKey: runs.runKey })
            .from(runs)
            .where(eq(runs.runKey, key))
            .for('update');
          await tx
            .update(calls)
            .set({ status: 'unsettled', endedAt: sql`now()` })
            .where(and(eq(calls.runKey, key), eq(calls.status, 'open')));
          await tx
            .update(phaseAccounts)
            .set({
              unsettledMicroUsd: sql`unsettled_micro_usd + open_micro_usd`,
              openMicroUsd: 0,
            })
            .where(eq(phaseAccounts.runKey, key));
          await tx
            .update(runs)
            .set({
              status: closed.status,
              resultSha256: closed.resultSha256,
              historySha256: closed.historySha256 ?? null,
              endedAt: sql`coalesce(ended_at, now())`,
              closedAt: sql`coalesce(closed_at, now())`,
            })
            .where(eq(runs.runKey, key));
          await tx.execute(sql`SELECT pg_notify(${CHANGES_CHANNEL}, ${closed.run.workflowId})`);
        }),
      );
    },
  };
}

/** The states after each event. @throws RangeError on a gap: `apply` asserts the order. */
function project(state: RunState, events: RunEvent[]): RunState[] {
  const states: RunState[] = [];
  let current = state;
  for (const event of events) {
    current = apply(current, event);
    states.push(current);
  }
  return states;
}
