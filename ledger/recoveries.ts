/** Recoveries that were taken: beside the steps that took them, and across runs. */
import { and, count, desc, eq, gte, inArray, max, min, type SQL, sql } from 'drizzle-orm';
import { pointOf } from '../contracts/failures';
import type { RunReader } from '../contracts/reader';
import type { RecoveryTaken } from '../contracts/recoveries';
import { ask, type Database } from './database';
import { recoveriesTaken, runs, stepRecoveries } from './schema';

/** In the order in which each kind was first taken, by step. */
export async function recoveriesOfSteps(
  { db }: Database,
  stepKeys: string[],
): Promise<Map<string, RecoveryTaken[]>> {
  const taken = new Map<string, RecoveryTaken[]>(stepKeys.map((key) => [key, []]));
  if (stepKeys.length === 0) return taken;
  const { stepKey, failure, action, id } = stepRecoveries;
  const rows = await ask(
    db
      .select({ stepKey, failure, action, count: count() })
      .from(stepRecoveries)
      .where(inArray(stepKey, stepKeys))
      .groupBy(stepKey, failure, action)
      .orderBy(min(id)),
  );
  for (const { stepKey: key, ...recovery } of rows) taken.get(key ?? '')?.push(recovery);
  return taken;
}

export function createRecoveryReader({ db }: Database): Pick<RunReader, 'recoveries'> {
  return {
    async recoveries({ since, team, user }) {
      const { failure, action, at, runKey } = recoveriesTaken;
      const ofRuns = (condition: SQL) =>
        inArray(runKey, db.select({ key: runs.runKey }).from(runs).where(condition));
      const total = sql<number>`sum(${recoveriesTaken.count})::int`;
      const rows = await ask(
        db
          .select({
            failure,
            action,
            count: total,
            runs: sql<number>`count(DISTINCT ${runKey})::int`,
            lastAt: max(at),
          })
          .from(recoveriesTaken)
          .where(
            and(
              since ? gte(at, since) : undefined,
              team ? ofRuns(eq(runs.team, team)) : undefined,
              user ? ofRuns(eq(runs.userId, user)) : undefined,
            ),
          )
          .groupBy(failure, action)
          .orderBy(desc(total), failure, action),
      );
      return rows.map(({ lastAt, ...row }) => ({
        point: pointOf(row.failure),
        ...row,
        lastAt: (lastAt as Date).toISOString(),
      }));
    },
  };
}
