/** A run's events and states made again from what its histories tell. */
import { and, asc, eq, gte } from 'drizzle-orm';
import { canonicalJson } from '../contracts/content';
import { UserError } from '../contracts/errors';
import type { Rebuilt } from '../contracts/ledger';
import type { RunEvent, RunState } from '../contracts/run-state';
import { emptyState } from '../domain/run-state';
import { migrateState } from '../domain/state-migrations';
import type { Transaction } from './database';
import { insertEvents, showState, statesAfter } from './events';
import { runEvents, runStates, runs } from './schema';

type RunRow = typeof runs.$inferSelect;

/** Within the transaction that has locked the run's row. */
export async function rebuildIn(
  tx: Transaction,
  row: RunRow,
  tell: () => Promise<{ events: RunEvent[]; complete: boolean }>,
): Promise<Rebuilt> {
  const { events: told, complete } = await tell();
  const key = row.runKey;
  const stored = await storedVersions(tx, key);
  const lastTold = told.at(-1)?.version ?? 0;
  const kept = complete ? [] : stored.filter(({ version }) => version > lastTold);
  const events = [...told, ...kept.map(({ event }) => event)];
  const end = events.at(-1);
  if (row.closedAt !== null && !(end?.type === 'run_ended' && end.status === row.status))
    throw new UserError(
      'conflict',
      `The histories of the run "${row.workflowId}" do not tell the end with which it was closed (${row.status}): it is left as it is.`,
    );
  const states = statesAfter(emptyState(row.startedAt.getTime()), events);
  const found = compare(stored, events, states);
  const last = states.at(-1);
  if (!found.equal && last) {
    // What is right stays as it is: whoever follows events would be told it again.
    const from = Math.min(...found.missing, ...found.different, ...found.surplus);
    await tx.delete(runEvents).where(and(eq(runEvents.runKey, key), gte(runEvents.version, from)));
    await tx.delete(runStates).where(and(eq(runStates.runKey, key), gte(runStates.version, from)));
    await insertEvents(tx, key, events.slice(from - 1), states.slice(from - 1));
  }
  // The row may be wrong although all versions are right.
  if (last && canonicalJson(last) !== canonicalJson(row.state)) {
    await showState(tx, row, last);
    // Of a row that was lost, only now is it known when the run began.
    await tx
      .update(runs)
      .set({ startedAt: new Date(last.startedAt) })
      .where(eq(runs.runKey, key));
    found.equal = false;
  }
  return { versions: events.length, complete, ...found };
}

interface StoredVersion {
  version: number;
  event: RunEvent;
  state: RunState | undefined;
}

async function storedVersions(tx: Transaction, key: string): Promise<StoredVersion[]> {
  const events = await tx
    .select({ version: runEvents.version, event: runEvents.event })
    .from(runEvents)
    .where(eq(runEvents.runKey, key))
    .orderBy(asc(runEvents.version));
  const states = await tx
    .select({ version: runStates.version, state: runStates.state })
    .from(runStates)
    .where(eq(runStates.runKey, key));
  const byVersion = new Map(states.map(({ version, state }) => [version, migrateState(state)]));
  return events.map((entry) => ({ ...entry, state: byVersion.get(entry.version) }));
}

function compare(
  stored: StoredVersion[],
  events: RunEvent[],
  states: RunState[],
): Pick<Rebuilt, 'equal' | 'missing' | 'different' | 'surplus'> {
  const known = new Map(stored.map((entry) => [entry.version, entry]));
  const missing: number[] = [];
  const different: number[] = [];
  for (const [index, event] of events.entries()) {
    const entry = known.get(event.version);
    const same =
      canonicalJson([entry?.event ?? null, entry?.state ?? null]) ===
      canonicalJson([event, states[index]]);
    if (!entry) missing.push(event.version);
    else if (!same) different.push(event.version);
    known.delete(event.version);
  }
  const surplus = [...known.keys()];
  const equal = missing.length + different.length + surplus.length === 0;
  return { equal, missing, different, surplus };
}
