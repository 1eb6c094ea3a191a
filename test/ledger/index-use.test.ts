/** What a person or service asks often must not read whole tables: the server counts its scans. */
import { Client } from 'pg';
import type { Ledger } from '../../contracts/ledger';
import type { RunReader } from '../../contracts/reader';
import { openLedger } from '../../ledger';
import { eventually } from '../support/eventually';
import { SOME_SHA256 } from '../support/plans';
import { freshDatabase, type TestDatabase } from '../support/servers';
import { openRun } from '../support/test-ledger';

const DAY_MS = 86_400_000;
const RUNS = 2_000;
const STEPS = 40_000;
const EVENTS = 40_000;
/** Many runs and steps, a minute apart. */
const FILL = [
  `INSERT INTO runs (run_key, namespace, workflow_id, first_run_id, team, team_version, user_id,
     provider, status, plan, state, team_sha256, input_sha256, budget_micro_usd, started_at)
   SELECT 'k' || n, 'default', 'w' || n, 'f', 'team' || n % 50, '1', 'user' || n % 200, 'p',
     (ARRAY['completed', 'completed', 'completed', 'running'])[n % 4 + 1], plan, state,
     team_sha256, input_sha256, 1, now() - n * interval '1 minute'
   FROM runs, generate_series(1, ${RUNS}) n WHERE workflow_id = 'template'`,
  `INSERT INTO steps (step_key, round_key, run_key, phase, round, turn, kind, name, request_digest,
     fence_generation, fence_entry, fence_attempt, outcome_sha256, ending, started_at, ended_at)
   SELECT 's' || n, 'r' || n / 20, 'k' || n % ${RUNS} + 1, 'research', 1, n % 20,
     CASE n % 2 WHEN 0 THEN 'model' ELSE 'tool' END,
     CASE n % 2 WHEN 0 THEN 'some-model' ELSE 'tool-' || n % 41 END, '${SOME_SHA256}', 1, 1, 1,
     '${SOME_SHA256}', CASE n % 10 WHEN 3 THEN 'error:tool_refused' ELSE 'ok' END,
     now() - n * interval '1 minute', now() - n * interval '1 minute'
   FROM generate_series(1, ${STEPS}) n`,
  `INSERT INTO calls (call_id, step_key, run_key, phase, fence_generation, fence_entry,
     fence_attempt, status, reserved_micro_usd, failure)
   SELECT 'c' || n, 's' || n, 'k' || n % ${RUNS} + 1, 'research', 1, 1, 1, 'settled', 5,
     CASE n % 25 WHEN 0 THEN 'overloaded' END FROM generate_series(1, ${STEPS}) n`,
  `INSERT INTO run_events (run_key, version, at, type, event)
   SELECT 'k' || n % ${RUNS} + 1, n / ${RUNS} + 1, now(), 'phase_finished', jsonb_build_object(
     'type', 'phase_finished', 'phase', 'research', 'version', n / ${RUNS} + 1, 'at', n)
   FROM generate_series(0, ${EVENTS} - 1) n`,
  `INSERT INTO run_states (run_key, version, state)
   SELECT e.run_key, e.version, r.state FROM run_events e JOIN runs r USING (run_key)`,
  `INSERT INTO step_recoveries (run_key, phase, round, step_key, failure, action, at)
   SELECT 'k' || n % ${RUNS} + 1, 'research', 1, 's' || n, 'overloaded', 'retry',
     now() - n * interval '1 minute' FROM generate_series(1, ${STEPS}) n`,
  `INSERT INTO open_reviews (run_key, review_id, workflow_id, first_run_id, kind, team, user_id, opened_at, escalated, groups,
     barred, stand_ins, review)
   SELECT run_key, 'r', workflow_id, 'f', 'approval', team, user_id, started_at, false, '{}', '{}', '{}',
     '{"id": "r", "kind": "approval", "phase": "p", "reason": "always", "options": [], "openedAt": 1}'
   FROM runs WHERE workflow_id <> 'template'`,
  'ANALYZE',
];

let database: TestDatabase;
/** Only counts: it never looks into the tables. */
let counter: Client;

beforeAll(async () => {
  database = await freshDatabase();
  counter = new Client({ connectionString: database.url });
  await counter.connect();
  const opened = await openLedger(database.url);
  await openRun(opened, { workflowId: 'template' });
  await opened.close();
  const filler = new Client({ connectionString: database.url });
  await filler.connect();
  for (const statement of FILL) await filler.query(statement);
  await filler.end();
  await sessionsEnded();
});
afterAll(async () => {
  await counter.end();
  await database.drop();
});

/** A session has reported its scans when it is gone, and not always before. */
async function sessionsEnded(): Promise<void> {
  await eventually(async () => {
    const { rows } = await counter.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND backend_type = 'client backend'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
  });
}

interface Scans {
  wholeTables: number;
  byIndex: number;
}
async function scans(): Promise<Scans> {
  const { rows } = await counter.query<Scans>(
    `SELECT sum(seq_scan)::int AS "wholeTables", sum(idx_scan)::int AS "byIndex"
     FROM pg_stat_user_tables WHERE relname IN ('steps', 'calls', 'runs', 'step_recoveries', 'run_events', 'open_reviews')`,
  );
  return rows[0] as Scans;
}

/** What a question makes the server scan. */
async function scansOf(
  ask: (reader: RunReader, ledger: Ledger) => Promise<unknown>,
): Promise<Scans> {
  const before = await scans();
  const own = await openLedger(database.url);
  await ask(own.reader, own.ledger);
  await own.close();
  await sessionsEnded();
  const after = await scans();
  return {
    wholeTables: after.wholeTables - before.wholeTables,
    byIndex: after.byIndex - before.byIndex,
  };
}

const SINCE = new Date(Date.now() - 7 * DAY_MS);
const YESTERDAY = new Date(Date.now() - DAY_MS);
const OF_ONE_TOOL = { kind: 'tool', name: 'tool-7', failed: true, since: SINCE } as const;

describe('without reading a whole table', () => {
  it.each<[string, (reader: RunReader, ledger: Ledger) => Promise<unknown>]>([
    [
      'failed invocations of one tool last week',
      (r) => r.invocations({ ...OF_ONE_TOOL, limit: 50 }),
    ],
    ['the oldest open reviews', (r) => r.reviews({ limit: 50 })],
    ['the open reviews of a team', (r) => r.reviews({ team: 'team7', limit: 50 })],
    ['the open reviews of a user', (r) => r.reviews({ user: 'user7', limit: 50 })],
    [
      'the open reviews that somebody may decide on',
      (r) => r.reviews({ decidableBy: { id: 'ann', groups: ['legal'] }, limit: 50 }),
    ],
    ['the newest invocations', (r) => r.invocations({ limit: 50 })],
    ['the newest failed invocations', (r) => r.invocations({ failed: true, limit: 50 })],
    ['the newest invocations of models', (r) => r.invocations({ kind: 'model', limit: 50 })],
    ['whether a run has changed', (r) => r.waitForChange('w7', -1, 0)],
    ['the trace of a run', (r) => r.trace('w7')],
    ['where a run stands', (r) => r.getRun('w7')],
    [
      'the history of a run',
      async (r) =>
        expect((await r.history('w7', { after: 5, limit: 10 })).entries).toHaveLength(10),
    ],
    [
      'the state of a run at a version',
      async (r) => expect(await r.stateAt('w7', 7)).toBeDefined(),
    ],
    [
      'recoveries of the last day',
      async (r) => expect(await r.recoveries({ since: YESTERDAY })).toHaveLength(1),
    ],
    [
      'the last good result of a call, of the runs of one user and team',
      async (_reader, ledger) => {
        const call = { tool: 'tool-7', requestDigest: SOME_SHA256, ofThisRun: false };
        const asked = { ...call, runKey: 'k2', ageMsMax: 30 * DAY_MS };
        expect(await ledger.earlierResult(asked)).toMatchObject({ outcomeSha256: SOME_SHA256 });
      },
    ],
    ['the newest runs', (r) => r.listRuns({ limit: 20 })],
    ['running runs', (r) => r.listRuns({ status: 'running', limit: 20 })],
    ['runs of a team', (r) => r.listRuns({ team: 'team7', limit: 20 })],
    ['runs of a user', (r) => r.listRuns({ user: 'user7', limit: 20 })],
    [
      'the second page of runs',
      async (r) => {
        const { cursor = '' } = await r.listRuns({ limit: 20 });
        expect((await r.listRuns({ limit: 20, cursor })).runs).toHaveLength(20);
      },
    ],
  ])('%s', async (_, ask) => {
    expect(await scansOf(ask)).toEqual({ wholeTables: 0, byIndex: expect.any(Number) });
    expect((await scansOf(ask)).byIndex).toBeGreaterThan(0);
  });

  it('is told apart from reading one', async () => {
    const { wholeTables } = await scansOf((reader) => reader.getRun('w7'));
    expect(wholeTables).toBe(0);
    const seen = await scansOf(async () => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      await client.query(`SELECT count(*) FROM steps WHERE ending LIKE '%refused'`);
      await client.end();
    });
    expect(seen.wholeTables).toBeGreaterThan(0);
  });
});
