/** A business key may have been used again: what people ask for is its newest run. */
import { desc, eq } from 'drizzle-orm';
import { ask, type Database } from './database';
import { runs } from './schema';

export type RunRow = typeof runs.$inferSelect;

export async function newestRun({ db }: Database, id: string): Promise<RunRow | undefined> {
  const [row] = await ask(
    db
      .select()
      .from(runs)
      .where(eq(runs.workflowId, id))
      .orderBy(desc(runs.startedAt), desc(runs.runKey))
      .limit(1),
  );
  return row;
}
