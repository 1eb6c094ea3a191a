/** What waits for its turn, and where it stands: for whoever looks at a run. */
import { eq, sql } from 'drizzle-orm';
import { PHASE_PLACES } from '../contracts/limits';
import type { LoadLimits, QueuePlace } from '../contracts/load';
import { json } from './admissions';
import { ask, type Database } from './database';
import { admissions, rounds } from './schema';

export type LoadFacts = ReturnType<typeof createLoadFacts>;

export function createLoadFacts({ db }: Database, { runsAtWork, phasesAtWork }: LoadLimits) {
  return {
    /** Undefined for a run that is not queued (any more). */
    async queueOf(
      key: string,
    ): Promise<(QueuePlace & { since: Date; priority: number }) | undefined> {
      const [row] = await ask(
        db
          .select({
            since: admissions.askedAt,
            priority: admissions.priority,
            place: sql<QueuePlace | null>`queue_place(${key}, ${json(runsAtWork)})`,
          })
          .from(admissions)
          .where(eq(admissions.runKey, key)),
      );
      return row?.place ? { ...row.place, since: row.since, priority: row.priority } : undefined;
    },

    /** Up to which entry each round of a run has begun, and its place among those that wait for one. */
    async roundsOf(key: string) {
      return ask(
        db
          .select({
            phase: rounds.phase,
            round: rounds.round,
            entry: rounds.fenceEntry,
            place: sql<QueuePlace | null>`CASE WHEN asked_at IS NULL THEN NULL
              ELSE phase_place(rounds, ${json(phasesAtWork)}, ${PHASE_PLACES.freshMs}::int) END`,
          })
          .from(rounds)
          .where(eq(rounds.runKey, key)),
      );
    },
  };
}
