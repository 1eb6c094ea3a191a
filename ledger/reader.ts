/** Reading runs for people and services. */
import { and, desc, eq, gte, inArray, isNotNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type ContentStore, getJson, getText } from '../contracts/content';
import { UserError } from '../contracts/errors';
import { runKey } from '../contracts/ids';
import type { InvocationFilter, LedgerReader, RunFilter } from '../contracts/reader';
import type { RunInput } from '../contracts/run';
import type { Limitation } from '../contracts/run-status';
import type { PhaseView, RunSummary, RunView, TraceStep } from '../contracts/views';
import { explainReview, explainRun } from '../domain/explanation';
import { migrateState } from '../domain/state-migrations';
import type { Changes } from './changes';
import { ask, type Database } from './database';
import { statesAfter } from './events';
import { expand } from './expand';
import { createHistoryReader } from './history';
import { newestRun, type RunRow } from './newest-run';
import { calls, phaseAccounts, runs, steps } from './schema';
import { traceSteps } from './trace';

/** Steps in progress are no events; waiting readers look for them this often. */
const PROGRESS_MS = 500;

export function createReader(
  database: Database,
  content: ContentStore,
  changes: Changes,
): LedgerReader {
  const { db } = database;

  const newest = (id: string) => newestRun(database, id);

  async function spends(keys: string[]) {
    const rows = await ask(
      db.select().from(phaseAccounts).where(inArray(phaseAccounts.runKey, keys)),
    );
    return rows.map((row) => ({
      ...row,
      spend: {
        settledMicroUsd: row.settledMicroUsd,
        unsettledMicroUsd: row.unsettledMicroUsd + row.openMicroUsd,
      },
    }));
  }

  async function summaries(rows: RunRow[]): Promise<RunSummary[]> {
    const accounts = rows.length > 0 ? await spends(rows.map(({ runKey }) => runKey)) : [];
    return rows.map((row) => ({
      id: row.workflowId,
      firstRunId: row.firstRunId,
      team: row.team,
      version: row.teamVersion,
      user: row.userId,
      status: row.status,
      provider: row.provider,
      startedAt: row.startedAt.toISOString(),
      changedAt: row.changedAt.toISOString(),
      ...(row.endedAt ? { endedAt: row.endedAt.toISOString() } : {}),
      budgetMicroUsd: row.budgetMicroUsd,
      spend: accounts
        .filter(({ runKey }) => runKey === row.runKey)
        .reduce(
          (sum, { spend }) => ({
            settledMicroUsd: sum.settledMicroUsd + spend.settledMicroUsd,
            unsettledMicroUsd: sum.unsettledMicroUsd + spend.unsettledMicroUsd,
          }),
          { settledMicroUsd: 0, unsettledMicroUsd: 0 },
        ),
    }));
  }

  async function stepCounts(runKey: string) {
    return ask(
      db
        .select({
          phase: steps.phase,
          kind: steps.kind,
          count: sql<number>`count(*)::int`,
          // Sums of tokens outgrow an integer; a double holds them exactly up to 2^53.
          input: sql<number>`coalesce(sum(input_tokens::bigint + cache_write_tokens + cache_read_tokens), 0)::float8`,
          output: sql<number>`coalesce(sum(output_tokens), 0)::float8`,
        })
        .from(steps)
        .where(and(eq(steps.runKey, runKey), isNotNull(steps.outcomeSha256)))
        .groupBy(steps.phase, steps.kind),
    );
  }

  async function inFlight(runKey: string) {
    return ask(
      db
        .select({
          phase: steps.phase,
          kind: steps.kind,
          name: steps.name,
          since: calls.startedAt,
        })
        .from(calls)
        .innerJoin(steps, eq(calls.stepKey, steps.stepKey))
        .where(and(eq(calls.runKey, runKey), eq(calls.status, 'open'))),
    );
  }

  /** Grows with every event, every call and every end of a call; derived, so that steps write no run row. */
  async function revisionOf(row: Pick<RunRow, 'runKey' | 'stateVersion' | 'closedAt'>) {
    const [counts] = await ask(
      db
        .select({ n: sql<number>`(count(*) + count(ended_at))::int` })
        .from(calls)
        .where(eq(calls.runKey, row.runKey)),
    );
    return row.stateVersion + (counts?.n ?? 0) + (row.closedAt ? 1 : 0);
  }

  async function details(limitations: Limitation[]) {
    return Promise.all(
      limitations.map(async ({ detailSha256, ...limitation }) => ({
        ...limitation,
        ...(detailSha256 ? { detail: await getText(content, detailSha256) } : {}),
      })),
    );
  }

  async function view(row: RunRow): Promise<RunView> {
    const [[summary], accounts, counts, current, revision, question] = await Promise.all([
      summaries([row]),
      spends([row.runKey]),
      stepCounts(row.runKey),
      inFlight(row.runKey),
      revisionOf(row),
      questionOf(content, row.inputSha256),
    ]);
    const { plan } = row;
    const state = migrateState(row.state);
    const { forkedFrom } = state;
    const count = (phase: string, kind: 'model' | 'tool') =>
      counts.find((entry) => entry.phase === phase && entry.kind === kind)?.count ?? 0;
    const phases: PhaseView[] = plan.phases.map(({ name }) => {
      const phase = state.phases[name];
      return {
        name,
        status: phase?.status ?? 'pending',
        round: phase?.round ?? 0,
        spend: accounts.find((account) => account.phase === name)?.spend ?? {
          settledMicroUsd: 0,
          unsettledMicroUsd: 0,
        },
        allowanceMicroUsd: phase?.allowanceMicroUsd ?? 0,
        ...(phase?.output ? { outputSha256: phase.output } : {}),
        ...(phase?.confidence === undefined ? {} : { confidence: phase.confidence }),
        steps: { model: count(name, 'model'), tool: count(name, 'tool') },
        current: current
          .filter((step) => step.phase === name)
          .map(({ kind, name: step, since }) => ({ kind, name: step, since: since.toISOString() })),
      };
    });
    return {
      ...(summary as RunSummary),
      stateVersion: row.stateVersion,
      revision,
      explanation: row.status === 'refused' ? (row.explanation ?? '') : explainRun(plan, state),
      question,
      phases,
      reviews: Object.values(state.reviews).map((review) => ({
        id: review.id,
        kind: review.kind,
        phase: review.phase,
        reason: review.reason,
        explanation: explainReview(review),
        digest: review.digest,
        ...(review.effects ? { effects: review.effects } : {}),
        ...(review.reportSha256 ? { reportSha256: review.reportSha256 } : {}),
        options: review.options,
        openedAt: new Date(review.openedAt).toISOString(),
      })),
      decisions: Object.values(state.decisions).map(
        ({ decisionId, reviewId, decision, actor }) => ({
          id: decisionId,
          reviewId,
          decision,
          actor,
        }),
      ),
      limitations: await details(state.limitations),
      tokens: {
        input: counts.reduce((sum, { input: tokens }) => sum + tokens, 0),
        output: counts.reduce((sum, { output }) => sum + output, 0),
      },
      ...(row.resultSha256 ? { resultSha256: row.resultSha256 } : {}),
      teamSha256: row.teamSha256,
      inputSha256: row.inputSha256,
      ...(state.documentsSha256 ? { documentsSha256: state.documentsSha256 } : {}),
      ...(forkedFrom
        ? {
            forkedFrom: {
              run: forkedFrom.run.workflowId,
              firstRunId: forkedFrom.run.firstRunId,
              version: forkedFrom.version,
              phase: forkedFrom.phase,
            },
          }
        : {}),
    };
  }

  return {
    async getRun(id) {
      const row = await newest(id);
      return row && view(row);
    },

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
        runs: await summaries(page),
        ...(rows.length > filter.limit && last ? { cursor: cursorOf(last) } : {}),
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
        filter.failed ? failed : undefined,
      );
      return traceSteps(database, condition, 'newest', filter.limit);
    },

    async waitForChange(id, revision, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const change = changes.next(id, Math.max(1, Math.min(PROGRESS_MS, deadline - Date.now())));
        const row = await newest(id);
        if (row && (await revisionOf(row)) > revision) return;
        await change;
        if (Date.now() >= deadline) return;
      }
    },

    composedRequest: (requestSha256) => expand(content, requestSha256),

    ...createHistoryReader(database),
  };
}

/** A run that was refused may name an input that was never stored. */
async function questionOf(content: ContentStore, inputSha256: string): Promise<string> {
  try {
    return (await getJson<RunInput>(content, inputSha256)).question;
  } catch (error) {
    if (error instanceof UserError && error.kind === 'not_found') return '';
    throw error;
  }
}

const cursorOf = (row: RunRow): string =>
  Buffer.from(JSON.stringify([row.startedAt.toISOString(), row.runKey])).toString('base64url');

const Cursor = z.tuple([z.iso.datetime(), z.string().regex(/^[\x20-\x7e]+$/)]);

/** @throws UserError `bad_input` for a cursor that did not come from a page. */
function olderThan(cursor: string): SQL | undefined {
  const parsed = Cursor.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success)
    throw new UserError(
      'bad_input',
      'The cursor is not one of ours: take it from the page before.',
      'cursor',
    );
  const [startedAt, runKey] = parsed.data;
  const at = new Date(startedAt);
  return or(lt(runs.startedAt, at), and(eq(runs.startedAt, at), lt(runs.runKey, runKey)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON is no cursor either
  }
}
