/** What the ledger knows of runs beside their state: money, steps, what is under way. */
import { and, asc, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { RunEvent, RunEventType } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';
import { switchView } from '../contracts/switch-views';
import type { RunSummary } from '../contracts/views';
import { isStoppedBy } from '../domain/switch-words';
import { ask, type Database } from './database';
import type { RunRow } from './newest-run';
import { calls, phaseAccounts, runEvents, steps } from './schema';
import { switchesIn } from './switches';

/** Events that give a phase its status; the phase stands in the event, or in its review. */
const STATUS_EVENTS: RunEventType[] = [
  'phase_started',
  'phase_reentered',
  'phase_suspended',
  'phase_handed_back',
  'output_rejected',
  'output_accepted',
  'phase_finished',
  'phase_degraded',
  'review_opened',
];

/** A run that has ended otherwise was not held up any more. */
const holderOf = ({ state: { status, heldBy } }: RunRow): string[] =>
  heldBy && (!isEnd(status) || isStoppedBy(status, heldBy)) ? [heldBy.switchId] : [];

export type RunFacts = ReturnType<typeof createRunFacts>;

export function createRunFacts({ db }: Database) {
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
    const [accounts, held] = await Promise.all([
      rows.length > 0 ? spends(rows.map(({ runKey }) => runKey)) : [],
      ask(switchesIn(db, rows.flatMap(holderOf))),
    ]);
    const heldBy = (row: RunRow) => {
      const holder = held.find(({ id }) => holderOf(row).includes(id));
      return holder ? { heldBy: switchView(holder) } : {};
    };
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
      ...heldBy(row),
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
          failedTries: steps.tries,
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

  /** The newest event of each phase that gave it its status. */
  async function statusEvents(runKey: string): Promise<Map<string, RunEvent>> {
    const phase = sql<string>`coalesce(${runEvents.event} ->> 'phase', ${runEvents.event} -> 'review' ->> 'phase')`;
    const rows = await ask(
      db
        .selectDistinctOn([sql`1`], { phase, event: runEvents.event })
        .from(runEvents)
        .where(and(eq(runEvents.runKey, runKey), inArray(runEvents.type, STATUS_EVENTS)))
        .orderBy(sql`1`, desc(runEvents.version)),
    );
    return new Map(rows.map((row) => [row.phase, row.event]));
  }

  /** Steps without an outcome whose last call has failed: they are tried again, or were given up with their round. */
  async function failedSteps(runKey: string) {
    const rows = await ask(
      db
        .selectDistinctOn([calls.stepKey], {
          phase: steps.phase,
          round: steps.round,
          kind: steps.kind,
          name: steps.name,
          failedTries: steps.tries,
          status: calls.status,
          failure: calls.failure,
          since: calls.endedAt,
        })
        .from(steps)
        .innerJoin(calls, eq(calls.stepKey, steps.stepKey))
        .where(and(eq(steps.runKey, runKey), isNull(steps.outcomeSha256)))
        .orderBy(asc(calls.stepKey), desc(calls.startedAt)),
    );
    return rows.filter(({ status }) => status !== 'open');
  }

  return { spends, summaries, stepCounts, inFlight, revisionOf, statusEvents, failedSteps };
}
