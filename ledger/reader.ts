/** Reading runs for people and services. */
import { and, desc, eq, gte, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { ContentStore } from '../contracts/content';
import { runKey } from '../contracts/ids';
import { Instant } from '../contracts/instant';
import type { LoadLimits } from '../contracts/load';
import type { InvocationFilter, LedgerReader, RunFilter } from '../contracts/reader';
import type { TraceStep } from '../contracts/views';
import { migrateState } from '../domain/state-migrations';
import { openBreakers } from './breakers';
import type { Changes } from './changes';
import { makeCursor, readCursor } from './cursor';
import { ask, type Database } from './database';
import { troubledChannels } from './deliveries';
import { statesAfter } from './events';
import { expand } from './expand';
import { createHistoryReader } from './history';
import { createLiveEvents } from './live-events';
import { createLoadFacts } from './load-facts';
import { newestRun } from './newest-run';
import { createReviewList } from './open-reviews';
import { createRecoveryReader } from './recoveries';
import { createReviewDetail } from './review-detail';
import { createRunFacts } from './run-facts';
import { createRunView } from './run-view';
import { runs, steps } from './schema';
import { traceSteps } from './trace';

/** Steps in progress are no events; waiting readers look for them this often. */
const PROGRESS_MS = 500;

export function createReader(
  database: Database,
  content: ContentStore,
  changes: Changes,
  limits: LoadLimits,
): LedgerReader {
  const { db } = database;

  const newest = (id: string) => newestRun(database, id);

  const facts = createRunFacts(database);
  const view = createRunView(content, facts, {
    load: createLoadFacts(database, limits),
    openBreakers: () => openBreakers(database),
  });

  return {
    async getRun(id) {
      const row = await newest(id);
      return row && view(row);
    },

    ownerOf: async (id) => (await newest(id))?.userId,

    async afterEvents(run, events) {
      const key = runKey(run);
      const [row] = await ask(db.select().from(runs).where(eq(runs.runKey, key)));
      if (!row) throw new RangeError(`run ${key} is not in the ledger`);
      const before = migrateState(row.state);
      const fresh = events.filter(({ version }) => version > before.version);
      const state = statesAfter(before, fresh).at(-1) ?? before;
      return { view: await view({ ...row, state, stateVersion: state.version }), state };
    },

    async listRuns(filter: RunFilter) {
      const conditions: (SQL | undefined)[] = [
        filter.status ? eq(runs.status, filter.status) : undefined,
        filter.team ? eq(runs.team, filter.team) : undefined,
        filter.user ? eq(runs.userId, filter.user) : undefined,
        filter.cursor ? olderThan(filter.cursor) : undefined,
      ];
      const rows = await ask(
        db
          .select()
          .from(runs)
          .where(and(...conditions))
          .orderBy(desc(runs.startedAt), desc(runs.runKey))
          .limit(filter.limit + 1),
      );
      const page = rows.slice(0, filter.limit);
      const last = page.at(-1);
      return {
        runs: await facts.summaries(page),
        ...(rows.length > filter.limit && last
          ? { cursor: makeCursor(last.startedAt.toISOString(), last.runKey) }
          : {}),
      };
    },

    async trace(id) {
      const row = await newest(id);
      if (!row) return [];
      return (await traceSteps(database, eq(steps.runKey, row.runKey), 'oldest')).map(
        ({ run: _run, ...step }): TraceStep => step,
      );
    },

    async invocations(filter: InvocationFilter) {
      const failed = or(
        sql`${steps.ending} LIKE 'error:%'`,
        sql`EXISTS (SELECT 1 FROM calls c WHERE c.step_key = ${steps.stepKey} AND c.failure IS NOT NULL)`,
      );
      const condition = and(
        filter.kind ? eq(steps.kind, filter.kind) : undefined,
        filter.name ? eq(steps.name, filter.name) : undefined,
        filter.since ? gte(steps.startedAt, filter.since) : undefined,
        filter.user ? eq(runs.userId, filter.user) : undefined,
        filter.failed ? failed : undefined,
      );
      return traceSteps(database, condition, 'newest', filter.limit);
    },

    async waitForChange(id, revision, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const change = changes.next(id, Math.max(1, Math.min(PROGRESS_MS, deadline - Date.now())));
        const row = await newest(id);
        if (row && (await facts.revisionOf(row)) > revision) return;
        await change;
        if (Date.now() >= deadline) return;
      }
    },

    openBreakers: () => openBreakers(database),
    troubledChannels: () => troubledChannels(database),

    composedRequest: (requestSha256) => expand(content, requestSha256),

    ...createHistoryReader(database),
    ...createRecoveryReader(database),
    ...createLiveEvents(database, changes),
    ...createReviewList(database),
    review: createReviewDetail(database, content),
  };
}

const Cursor = z.tuple([Instant, z.string().regex(/^[\x20-\x7e]+$/)]);

function olderThan(cursor: string): SQL | undefined {
  const [startedAt, runKey] = readCursor(Cursor, cursor);
  const at = new Date(startedAt);
  return or(lt(runs.startedAt, at), and(eq(runs.startedAt, at), lt(runs.runKey, runKey)));
}
