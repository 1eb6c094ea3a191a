/** Many more starts at once than may be at work: what becomes of each, and how much is at work meanwhile. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Tuesday } from '../../client/types';
import { mapInParallel } from '../../contracts/parallel';
import type { RunStatus } from '../../contracts/run-status';
import type { RunView } from '../../contracts/views';
import { LOAD_TEAM } from './team';

const LOOK_EVERY_MS = 50;
const READS_AT_ONCE = 10;

export interface Start {
  key: string;
  user: string;
}

export interface LoadReport {
  /** How many ended as what. */
  ended: Partial<Record<RunStatus, number>>;
  /** What those were told that were refused, each sentence once. */
  refusals: string[];
  /** The most runs, and the most attempts of phases, that the ledger had at work at one moment. */
  runsAtWorkMax: number;
  phasesAtWorkMax: number;
  /** The run that stood last in the queue, as it was told there. */
  last?: RunView;
  tookMs: number;
}

/**
 * Starts everything at once and waits for all ends.
 * @param whileBusy is called once all of them are in the ledger
 */
export async function startMany(
  { tuesday, databaseUrl }: { tuesday: Tuesday; databaseUrl: string },
  starts: readonly Start[],
  whileBusy: () => Promise<void> = async () => undefined,
): Promise<LoadReport> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const most = { runs: 0, phases: 0 };
  let over = false;
  const watched = (async () => {
    while (!over) {
      const { rows } = await database.query<{ runs: number; phases: number }>(
        `SELECT (SELECT count(*)::int FROM admissions WHERE standing IN ('admitted', 'at_work')) AS runs,
                (SELECT count(*)::int FROM rounds WHERE attempt_open) AS phases`,
      );
      most.runs = Math.max(most.runs, rows[0]?.runs ?? 0);
      most.phases = Math.max(most.phases, rows[0]?.phases ?? 0);
      await delay(LOOK_EVERY_MS);
    }
  })();
  const begunAt = performance.now();
  try {
    const handles = await Promise.all(
      starts.map(({ key, user }) =>
        tuesday.startRun(LOAD_TEAM, { question: 'What is worth a note?', key, user }),
      ),
    );
    const last = await lastInQueue(tuesday, database, starts.length);
    await whileBusy();
    const views = await mapInParallel(handles, READS_AT_ONCE, async (handle) => {
      let view: RunView | undefined;
      for await (const seen of tuesday.watchRun(handle)) view = seen;
      return view;
    });
    const ended: LoadReport['ended'] = {};
    for (const view of views) if (view) ended[view.status] = (ended[view.status] ?? 0) + 1;
    const refusals = views.flatMap((view) =>
      view?.status === 'refused' ? [view.explanation] : [],
    );
    return {
      ended,
      refusals: [...new Set(refusals)],
      runsAtWorkMax: most.runs,
      phasesAtWorkMax: most.phases,
      ...(last ? { last } : {}),
      tookMs: performance.now() - begunAt,
    };
  } finally {
    over = true;
    await watched;
    await database.end();
  }
}

/** As soon as all starts are in the ledger: opened, queued or refused. */
async function lastInQueue(
  tuesday: Tuesday,
  database: Client,
  count: number,
): Promise<RunView | undefined> {
  const inLedger = async () => {
    const { rows } = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM runs');
    return rows[0]?.n ?? 0;
  };
  while ((await inLedger()) < count) await delay(LOOK_EVERY_MS);
  const { rows } = await database.query<{ id: string }>(
    `SELECT workflow_id AS id FROM admissions JOIN runs USING (run_key)
     WHERE standing = 'queued' AND runs.state_version > 0
     ORDER BY admissions.priority DESC, admissions.asked_at DESC LIMIT 1`,
  );
  return rows[0] && tuesday.getRun(rows[0].id);
}

/** The most memory that a process ever had, in MB. */
export async function mostMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1_024;
}
