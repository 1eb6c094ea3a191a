/** Switches that hold runs up. The logic is in `migrations/0012_switches.sql`. */
import { sql } from 'drizzle-orm';
import { runKey } from '../contracts/ids';
import type { RunLedger } from '../contracts/ledger';
import type { HeldBy } from '../contracts/switches';
import { ask, type Database } from './database';

export function createSwitchLedger({ db }: Database): Pick<RunLedger, 'holdOn'> {
  return {
    async holdOn(run) {
      const { rows } = await ask(
        db.execute<{ held: HeldBy | null }>(
          sql`SELECT hold_on(${runKey(run)}, NULL, NULL) AS held`,
        ),
      );
      return rows[0]?.held ?? undefined;
    },
  };
}
