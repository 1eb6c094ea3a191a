/** Which runs are at work and which wait. The logic is in `migrations/0005_admissions.sql`. */
import { inArray, type SQL, sql } from 'drizzle-orm';
import { type RunId, runKey } from '../contracts/ids';
import type { AdmissionRequest, EventsRecorded, RunLedger, RunOpened } from '../contracts/ledger';
import { QUEUE } from '../contracts/limits';
import type { LoadLimits, QueuePlace, ReachedLimit } from '../contracts/load';
import { isEnd, isParked, type RunStatus } from '../contracts/run-status';
import { ask, type Database, type Transaction } from './database';
import type { EventsWritten } from './events';
import { admissions, runs } from './schema';

type Answer =
  | { outcome: 'opened'; told: string[] }
  | { outcome: 'queued'; place: QueuePlace; told: string[] }
  | { outcome: 'full'; full: ReachedLimit; told: string[] }
  | { outcome: 'refused'; told: string[] };

/** Everything here is done within the transaction that has locked, or made, the run's own row. */
export interface Admissions {
  seek(
    tx: Transaction,
    run: { key: string; user: string; fresh: boolean },
    request: AdmissionRequest | undefined,
  ): Promise<Exclude<RunOpened, { outcome: 'key_ended' }>>;
  /** Gives back what a run that parks or ends has taken; whom to tell. */
  settle(tx: Transaction, key: string, now: 'at_work' | 'parked' | 'ended'): Promise<RunId[]>;
}

export function createAdmissions({ runsAtWork, runsQueued }: LoadLimits): Admissions {
  return {
    async seek(tx, { key, user, fresh }, request) {
      if (fresh && request === undefined) {
        await tx
          .insert(admissions)
          .values({ runKey: key, userId: user, priority: 0, standing: 'at_work' })
          // A rebuilt run keeps the place that it has.
          .onConflictDoNothing();
        return { outcome: 'opened', mayBegin: [] };
      }
      const { priority = 0, whenFull = 'queue' } = request ?? {};
      const { told, ...answer } = await call<Answer>(
        tx,
        sql`seek_admission(${key}, ${user}, ${priority}::int, ${fresh}, ${whenFull === 'queue'},
          ${json(runsAtWork)}, ${json(runsQueued)}, ${QUEUE.tellAgainMs}::int)`,
      );
      if (answer.outcome === 'refused') return answer;
      return { ...answer, mayBegin: await idsOf(tx, told) };
    },

    async settle(tx, key, now) {
      const told = await call<string[]>(
        tx,
        sql`settle_admission(${key}, ${now}, ${json(runsAtWork)}, ${QUEUE.tellAgainMs}::int)`,
      );
      return idsOf(tx, told);
    },
  };
}

export function createAdmissionLedger(
  { transaction }: Database,
  { runsAtWork }: LoadLimits,
): Pick<RunLedger, 'askAdmission'> {
  return {
    askAdmission: (run) =>
      ask(
        transaction(async (tx) => {
          const { told, outcome } = await call<{
            outcome: 'admitted' | 'queued';
            told: string[];
          }>(
            tx,
            sql`ask_admission(${runKey(run)}, ${json(runsAtWork)}, ${QUEUE.tellAgainMs}::int)`,
          );
          return { outcome, mayBegin: await idsOf(tx, told) };
        }),
      ),
  };
}

/** A run that parks has given back its place, and takes it again when it goes on. */
export async function letOthersBegin(
  tx: Transaction,
  admission: Admissions,
  before: { runKey: string; status: RunStatus },
  written: EventsWritten,
): Promise<EventsRecorded> {
  if (written.outcome !== 'recorded') return written;
  const { status, before: _before, ...recorded } = written;
  const parked = isParked(status);
  const settled = parked === isParked(before.status) || isEnd(status);
  const now = parked ? 'parked' : 'at_work';
  return {
    ...recorded,
    mayBegin: settled ? [] : await admission.settle(tx, before.runKey, now),
  };
}

export const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::jsonb`;

/** Calls one of the SQL functions, each of which answers one value. */
async function call<T>(tx: Transaction, invocation: SQL): Promise<T> {
  const { rows } = await tx.execute<{ answer: T }>(sql`SELECT ${invocation} AS answer`);
  return (rows[0] as { answer: T }).answer;
}

async function idsOf(tx: Transaction, keys: string[]): Promise<RunId[]> {
  if (keys.length === 0) return [];
  const { namespace, workflowId, firstRunId } = runs;
  return tx
    .select({ namespace, workflowId, firstRunId })
    .from(runs)
    .where(inArray(runs.runKey, keys));
}
