/**
 * The projection of a run: its events by version, the state after each, and the newest state on the
 * run's row (L6). All writers lock that row first.
 */
import { and, asc, eq, gte, notInArray, sql } from 'drizzle-orm';
import { canonicalJson } from '../contracts/content';
import type { Outbox } from '../contracts/ledger';
import type { RunEvent, RunState } from '../contracts/run-state';
import { isEnd, type RunStatus } from '../contracts/run-status';
import { explainRun } from '../domain/explanation';
import { apply, emptyState } from '../domain/run-state';
import { migrateState } from '../domain/state-migrations';
import { CHANGES_CHANNEL } from './changes';
import type { Transaction } from './database';
import { syncOpenReviews } from './open-reviews';
import { rounds, runEvents, runStates, runs, supersededEvents } from './schema';

export type RunRow = typeof runs.$inferSelect;

/** What writing came to; `before`: the state that the fresh events came upon; `status`: how the run stands then. */
export type EventsWritten =
  | {
      outcome: 'recorded';
      version: number;
      fresh: RunEvent[];
      before: RunState;
      status: RunStatus;
    }
  | { outcome: 'fenced' | 'closed' };

/** Locks the run's row against other writers of its projection; claims of steps go on. */
export async function lockRun(tx: Transaction, key: string): Promise<RunRow> {
  const [row] = await tx.select().from(runs).where(eq(runs.runKey, key)).for('no key update');
  if (!row) throw new RangeError(`run ${key} is not in the ledger`);
  return { ...row, state: migrateState(row.state) };
}

/** Within the transaction that has locked the run's row. */
export async function writeEvents(
  tx: Transaction,
  row: RunRow,
  outbox: Outbox,
): Promise<EventsWritten> {
  const key = row.runKey;
  const generation = await generationOf(tx, key, outbox.temporalRunId);
  if (generation < row.eventsGeneration) return { outcome: 'fenced' };
  const newer = generation > row.eventsGeneration && row.eventsGeneration > 0;
  const base = newer ? await lastShared(tx, row, outbox) : row.state.version;
  const fresh = outbox.events.filter(({ version }) => version > base);
  const takenBack = base < row.state.version;
  if (row.closedAt !== null && (fresh.length > 0 || takenBack)) return { outcome: 'closed' };
  if (takenBack) await takeBack(tx, row, base);
  const before = takenBack ? await stateAt(tx, row, base) : row.state;
  const states = statesAfter(before, fresh);
  const last = states.at(-1) ?? before;
  if (fresh.length > 0) await insertEvents(tx, key, fresh, states);
  if (fresh.length > 0 || takenBack) await endAttempts(tx, key, phasesAtWork(last));
  if (fresh.length > 0 || takenBack || generation !== row.eventsGeneration)
    await showState(tx, row, last, generation);
  return { outcome: 'recorded', version: last.version, fresh, before, status: last.status };
}

export async function insertEvents(
  tx: Transaction,
  key: string,
  events: RunEvent[],
  states: RunState[],
): Promise<void> {
  await tx.insert(runEvents).values(
    events.map((event) => ({
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
}

/** The newest state on the run's row, for whoever lists and waits. */
export async function showState(
  tx: Transaction,
  row: RunRow,
  state: RunState,
  generation = row.eventsGeneration,
): Promise<void> {
  await tx
    .update(runs)
    .set({
      state,
      stateVersion: state.version,
      status: state.status,
      budgetMicroUsd: state.budgetMicroUsd,
      explanation: explainRun(row.plan, state),
      changedAt: new Date(state.changedAt),
      eventsGeneration: generation,
      heldBy: state.heldBy?.switchId ?? null,
    })
    .where(eq(runs.runKey, row.runKey));
  await syncOpenReviews(tx, row, state);
  await announce(tx, row.workflowId);
}

const phasesAtWork = ({ phases, status }: RunState): string[] =>
  isEnd(status) ? [] : Object.keys(phases).filter((name) => phases[name]?.status === 'running');

/** What the workflow has given up must not keep its place: its worker may never say so itself. */
export async function endAttempts(
  tx: Transaction,
  key: string,
  except: readonly string[],
): Promise<void> {
  await tx
    .update(rounds)
    .set({ attemptOpen: false })
    .where(and(eq(rounds.runKey, key), rounds.attemptOpen, notInArray(rounds.phase, [...except])));
}

export async function announce(tx: Transaction, workflowId: string): Promise<void> {
  await tx.execute(sql`SELECT pg_notify(${CHANGES_CHANNEL}, ${workflowId})`);
}

/** The states after each event. @throws RangeError on a gap: `apply` asserts the order. */
export function statesAfter(before: RunState, events: RunEvent[]): RunState[] {
  const states: RunState[] = [];
  let current = before;
  for (const event of events) {
    current = apply(current, event);
    states.push(current);
  }
  return states;
}

async function generationOf(tx: Transaction, key: string, temporalRunId: string): Promise<number> {
  const { rows } = await tx.execute<{ generation: number }>(
    sql`SELECT generation_of(${key}, ${temporalRunId}) AS generation`,
  );
  return (rows[0] as { generation: number }).generation;
}

/** Up to which version a newer Temporal run has lived through the same events as the one before it. */
async function lastShared(tx: Transaction, row: RunRow, outbox: Outbox): Promise<number> {
  const { events, version } = outbox;
  const first = events[0] ? events[0].version : version + 1;
  const recorded = await tx
    .select({ version: runEvents.version, event: runEvents.event })
    .from(runEvents)
    .where(and(eq(runEvents.runKey, row.runKey), gte(runEvents.version, first)))
    .orderBy(asc(runEvents.version));
  const known = new Map(recorded.map((entry) => [entry.version, canonicalJson(entry.event)]));
  let shared = Math.min(first - 1, row.state.version);
  for (const event of events) {
    if (known.get(event.version) !== canonicalJson(event)) break;
    shared = event.version;
  }
  return shared;
}

/** Moves all events after a version to where those are kept that a reset took back. */
async function takeBack(
  tx: Transaction,
  { runKey: key, eventsGeneration: generation }: RunRow,
  base: number,
): Promise<void> {
  const later = and(eq(runEvents.runKey, key), gte(runEvents.version, base + 1));
  const lost = await tx.delete(runEvents).where(later).returning();
  await tx
    .delete(runStates)
    .where(and(eq(runStates.runKey, key), gte(runStates.version, base + 1)));
  await tx.insert(supersededEvents).values(lost.map((event) => ({ ...event, generation })));
}

async function stateAt(tx: Transaction, row: RunRow, version: number): Promise<RunState> {
  if (version === 0) return emptyState(row.startedAt.getTime());
  const [stored] = await tx
    .select({ state: runStates.state })
    .from(runStates)
    .where(and(eq(runStates.runKey, row.runKey), eq(runStates.version, version)));
  if (!stored) throw new RangeError(`state ${version} of run ${row.runKey} is missing`);
  return migrateState(stored.state);
}
