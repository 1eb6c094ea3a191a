/**
 * Events as they happen. Invariants:
 *  E1 A run's events are told in the order of its versions, each once; after a reset those that it
 *     took back are told no more, and the new ones of the same versions are told.
 *  E2 Events of all runs are told in the order of their transactions, each once, and none is left
 *     out, however transactions overlap: what is told is older than every transaction under way.
 *  E3 An item's id leads to exactly the items after it, in whatever process it is asked for.
 */
import { sql } from 'drizzle-orm';
import { UserError } from '../contracts/errors';
import { STATE_VERSION_MAX } from '../contracts/limits';
import {
  EVENT_STREAMS,
  type FollowRequest,
  type LiveEvent,
  type LiveEventReader,
  type LiveItem,
} from '../contracts/live-events';
import type { RunEvent, RunState } from '../contracts/run-state';
import { isEnd, type RunStatus } from '../contracts/run-status';
import { emptyState } from '../domain/run-state';
import { migrateState } from '../domain/state-migrations';
import type { Changes } from './changes';
import { ask, type Database } from './database';
import { entryOf } from './history';
import { newestRun } from './newest-run';

/** Readers are told of changes; while the connection that tells is lost, they look so often. */
const LOOK_AT_RUN_MS = 2_000;
/** A transaction of another kind may hold events back and tells nobody when it ends. */
const LOOK_AT_ALL_MS = 500;

interface Row extends Record<string, unknown> {
  run: string;
  first_run_id: string;
  team: string;
  user_id: string;
  /** Null: there is nothing new. */
  event: RunEvent | null;
  before: RunState | null;
  after: RunState;
}

/** Where a reader of one run stands: the state version and the generation that wrote it. */
interface RunPlace {
  version: number;
  generation: number;
}

export function createLiveEvents(database: Database, changes: Changes): LiveEventReader {
  const { db } = database;

  /** One statement, so that generation, events and what was taken back are of one moment. */
  async function pageOfRun(runKey: string, { version, generation }: RunPlace) {
    const { rows } = await ask(
      db.execute<
        Row & { generation: number; state_version: number; status: RunStatus; base: number }
      >(sql`
        SELECT r.workflow_id AS run, r.first_run_id, r.team, r.user_id, r.status, r.state_version,
          r.events_generation AS generation, base.version AS base, e.event, b.state AS before,
          a.state AS after
        FROM runs r
        CROSS JOIN LATERAL (
          SELECT least(${version}::int, coalesce(min(s.version) - 1, ${version}::int)) AS version
          FROM superseded_events s
          WHERE s.run_key = r.run_key AND s.generation >= ${generation}) base
        LEFT JOIN LATERAL (
          SELECT version, event FROM run_events
          WHERE run_key = r.run_key AND version > base.version
          ORDER BY version LIMIT ${EVENT_STREAMS.pageMax}) e ON true
        LEFT JOIN run_states b ON b.run_key = r.run_key AND b.version = e.version - 1
        LEFT JOIN run_states a ON a.run_key = r.run_key AND a.version = e.version
        WHERE r.run_key = ${runKey}
        ORDER BY e.version`),
    );
    const [first] = rows;
    if (!first) throw new RangeError(`run ${runKey} is not in the ledger`);
    const items = rows.flatMap((row) => {
      const event = liveEvent(row);
      return event ? [{ id: runPlaceId({ ...row, version: event.version }), event }] : [];
    });
    const last = items.at(-1)?.event.version ?? first.base;
    return {
      items,
      at: { version: last, generation: first.generation },
      isOver: isEnd(first.status) && last >= first.state_version,
    };
  }

  async function pageOfAll(after: Position, user: string | undefined): Promise<LiveItem[]> {
    const { rows } = await ask(
      db.execute<Row & { xid: string; number: string }>(sql`
        SELECT r.workflow_id AS run, r.first_run_id, r.team, r.user_id, e.xid::text AS xid,
          e.number::text AS number, e.event, b.state AS before, a.state AS after
        FROM run_events e
        JOIN runs r ON r.run_key = e.run_key
        LEFT JOIN run_states b ON b.run_key = e.run_key AND b.version = e.version - 1
        JOIN run_states a ON a.run_key = e.run_key AND a.version = e.version
        WHERE (e.xid, e.number) > (${after.xid}::xid8, ${after.number}::bigint)
          AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
          ${user === undefined ? sql`` : sql`AND r.user_id = ${user}`}
        ORDER BY e.xid, e.number
        LIMIT ${EVENT_STREAMS.pageMax}`),
    );
    return rows.flatMap((row) => {
      const event = liveEvent(row);
      return event ? [{ id: `${row.xid}-${row.number}`, event }] : [];
    });
  }

  /** Before all that is not yet told: nothing of a transaction that is under way is missed. */
  async function now(): Promise<{ oldest: string; newest: string }> {
    const { rows } = await ask(
      db.execute<{ oldest: string; newest: string }>(sql`
        SELECT pg_snapshot_xmin(s)::text AS oldest, pg_snapshot_xmax(s)::text AS newest
        FROM pg_current_snapshot() s`),
    );
    return rows[0] as { oldest: string; newest: string };
  }

  async function startOfAll(after: string | undefined): Promise<Position> {
    const { oldest, newest } = await now();
    if (after === undefined) return { xid: oldest, number: '0' };
    const position = parsePosition(after);
    // A database that was restored elsewhere counts its transactions anew.
    if (BigInt(position.xid) > BigInt(newest)) throw notOurs();
    return position;
  }

  return {
    async eventsAfter({ after, user } = {}) {
      const position = await startOfAll(after);
      const items = await pageOfAll(position, user);
      return {
        events: items.flatMap(({ event }) => (event ? [event] : [])),
        next: items.at(-1)?.id ?? positionId(position),
      };
    },

    async *followRun(id, { after, signal } = {}) {
      const run = await newestRun(database, id);
      if (!run) throw new UserError('not_found', `There is no run "${id}" here.`, 'id');
      let place = parseRunPlace(after);
      let isFirst = true;
      for await (const look of turns(changes, {
        workflowId: id,
        everyMs: LOOK_AT_RUN_MS,
        signal,
      })) {
        const { items, at, isOver } = await pageOfRun(run.runKey, place);
        if (isFirst && isOver && items.length === 0) return;
        if (isFirst) yield { id: runPlaceId(place) };
        isFirst = false;
        yield* items;
        place = at;
        if (isOver) return;
        look.goOn = items.length > 0;
      }
    },

    async *followAll({ after, signal, user } = {}) {
      let position = await startOfAll(after);
      yield { id: positionId(position) };
      for await (const look of turns(changes, { everyMs: LOOK_AT_ALL_MS, signal })) {
        const items = await pageOfAll(position, user);
        yield* items;
        const last = items.at(-1);
        if (last) position = parsePosition(last.id);
        look.goOn = items.length > 0;
      }
    },
  };
}

/** A look at the ledger each; the next comes at once where there may be more, else at the next change. */
async function* turns(
  changes: Changes,
  {
    workflowId,
    everyMs,
    signal,
  }: { workflowId?: string; everyMs: number; signal: FollowRequest['signal'] },
): AsyncGenerator<{ goOn: boolean }, void, undefined> {
  while (!signal?.aborted) {
    const turn = new AbortController();
    const end = () => turn.abort();
    signal?.addEventListener('abort', end);
    // Listening begins before the look, so that nothing falls between the two.
    const change = changes.next(workflowId, everyMs, turn.signal);
    const look = { goOn: false };
    try {
      yield look;
      if (!look.goOn) await change;
    } finally {
      signal?.removeEventListener('abort', end);
      turn.abort();
    }
  }
}

function liveEvent(row: Row): LiveEvent | undefined {
  if (row.event === null) return undefined;
  const after = migrateState(row.after);
  const before = row.before ? migrateState(row.before) : emptyState(after.startedAt);
  return {
    ...entryOf(row.event, before, after),
    run: row.run,
    firstRunId: row.first_run_id,
    team: row.team,
    user: row.user_id,
    status: after.status,
  };
}

/** The state version; behind a dot the generation, once a later Temporal run carries the run. */
const runPlaceId = ({ version, generation }: RunPlace): string =>
  generation > 1 ? `${version}.${generation}` : String(version);

function parseRunPlace(after: string | undefined): RunPlace {
  if (after === undefined) return { version: 0, generation: 1 };
  const [, version, generation = 1] = /^(\d{1,10})(?:\.(\d{1,9}))?$/.exec(after) ?? [];
  if (version === undefined || Number(version) > STATE_VERSION_MAX) throw notOurs();
  return { version: Number(version), generation: Number(generation) };
}

/** Text, since both outgrow what a number holds exactly. */
interface Position {
  xid: string;
  number: string;
}

const positionId = ({ xid, number }: Position): string => `${xid}-${number}`;

function parsePosition(after: string): Position {
  const [, xid, number] = /^(\d{1,19})-(\d{1,18})$/.exec(after) ?? [];
  if (xid === undefined || number === undefined) throw notOurs();
  return { xid, number };
}

const notOurs = (): UserError =>
  new UserError(
    'bad_input',
    'There is no such place among the events: take the id of an event, or leave it out.',
    'after',
  );
