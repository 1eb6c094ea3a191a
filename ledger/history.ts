/** The versions of a run's state: what made each, and each as it was. */
import { and, asc, eq, gt, lte } from 'drizzle-orm';
import type { HistoryEntry, HistoryPage, StateAtVersion } from '../contracts/history';
import { STATE_VERSION_MAX } from '../contracts/limits';
import type { RunReader } from '../contracts/reader';
import type { RunEvent, RunState } from '../contracts/run-state';
import { tellEvent } from '../domain/event-words';
import { emptyState } from '../domain/run-state';
import { diffStates } from '../domain/state-diff';
import { migrateState } from '../domain/state-migrations';
import { ask, type Database } from './database';
import { newestRun } from './newest-run';
import { runEvents, runStates, steps } from './schema';

export function createHistoryReader(database: Database): Pick<RunReader, 'history' | 'stateAt'> {
  const { db } = database;

  /** Events and the states that they made, oldest first. */
  async function eventsAfter(runKey: string, after: number, limit: number) {
    const rows = await ask(
      db
        .select({ event: runEvents.event, state: runStates.state })
        .from(runEvents)
        .innerJoin(
          runStates,
          and(eq(runStates.runKey, runEvents.runKey), eq(runStates.version, runEvents.version)),
        )
        .where(
          and(
            eq(runEvents.runKey, runKey),
            gt(runEvents.version, after),
            // A page beyond the last version that can be counted is empty.
            lte(runEvents.version, Math.min(after + limit, STATE_VERSION_MAX)),
          ),
        )
        .orderBy(asc(runEvents.version)),
    );
    return rows.map(({ event, state }) => ({ event, state: migrateState(state) }));
  }

  async function storedState(runKey: string, version: number): Promise<RunState | undefined> {
    const [row] = await ask(
      db
        .select({ state: runStates.state })
        .from(runStates)
        .where(and(eq(runStates.runKey, runKey), eq(runStates.version, version))),
    );
    return row && migrateState(row.state);
  }

  /** The models that answered in each round, by `phase/round`. */
  async function modelsOf(runKey: string): Promise<Map<string, string[]>> {
    const rows = await ask(
      db
        .selectDistinct({ phase: steps.phase, round: steps.round, name: steps.name })
        .from(steps)
        .where(and(eq(steps.runKey, runKey), eq(steps.kind, 'model')))
        .orderBy(asc(steps.name)),
    );
    const models = new Map<string, string[]>();
    for (const { phase, round, name } of rows) {
      const key = `${phase}/${round}`;
      models.set(key, [...(models.get(key) ?? []), name]);
    }
    return models;
  }

  return {
    async history(id, { after, limit }): Promise<HistoryPage> {
      const row = await newestRun(database, id);
      if (!row) return { stateVersion: 0, entries: [] };
      const [found, earlier, models] = await Promise.all([
        eventsAfter(row.runKey, after, limit),
        after > 0 ? storedState(row.runKey, after) : undefined,
        modelsOf(row.runKey),
      ]);
      const entries: HistoryEntry[] = [];
      let before = earlier ?? emptyState(found[0]?.state.startedAt ?? 0);
      for (const { event, state } of found) {
        entries.push(entryOf(event, before, state, models));
        before = state;
      }
      const last = entries.at(-1)?.version;
      return {
        stateVersion: row.stateVersion,
        entries,
        ...(last !== undefined && last < row.stateVersion ? { next: last } : {}),
      };
    },

    async stateAt(id, at): Promise<StateAtVersion | undefined> {
      const row = await newestRun(database, id);
      if (!row) return undefined;
      const version = at ?? row.stateVersion;
      const state = await storedState(row.runKey, version);
      return (
        state && {
          run: id,
          version,
          at: new Date(state.changedAt).toISOString(),
          stateVersion: row.stateVersion,
          state: { ...state },
        }
      );
    },
  };
}

export function entryOf(
  event: RunEvent,
  before: RunState,
  state: RunState,
  models: ReadonlyMap<string, string[]> = new Map(),
): HistoryEntry {
  const { who, what, why } = tellEvent(event, before);
  const round = who.kind === 'agent' ? before.phases[who.id ?? '']?.round : undefined;
  const asked = models.get(`${who.id}/${round}`);
  return {
    version: event.version,
    at: new Date(event.at).toISOString(),
    type: event.type,
    who: { ...who, ...(asked ? { models: asked } : {}) },
    what,
    ...(why === undefined ? {} : { why }),
    changes: diffStates(before, state),
    event: { ...event },
  };
}
