import { Client as Database } from 'pg';
import { runKey } from '../../contracts/ids';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
/** Temporal deletes when it finds the time. */
const DELETED_WITHIN_MS = 100_000;
const quick = { modelTriesMax: 2, roundsMax: 2 };
const publishing = {
  effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
};

describe.each(CACHE_MODES)('rebuilding, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  let database: Database;
  beforeAll(async () => {
    // So few that runs of several phases continue as new.
    test = await startTestTuesday({ historyEventsMax: 40, cachedWorkflowsMax });
    database = new Database({ connectionString: test.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await test.stop();
  });

  const keyOf = (name: string) => `${name}-${test.taskQueue.slice(-6)}`;
  const ended = async (name: string) => {
    await test.tuesday.result(keyOf(name));
    await test.temporal.workflow
      .getHandle(keyOf(name))
      .result()
      .catch(() => undefined);
  };
  const parked = (name: string) => test.until(keyOf(name), ({ reviews }) => reviews.length > 0);
  const start = (name: string, defined: ReturnType<typeof team>, options = {}) =>
    test.tuesday.startRun(defined, { ...ask, key: keyOf(name), ...options });
  const fault = (name: string, kind: 'refusal' | 'malformed_json' | 'empty_text', times?: number) =>
    test.simulator.addFault({
      kind,
      idempotencyKeyContains: name,
      ...(times === undefined ? {} : { times }),
    });

  /** Ten ways of a run: ended and waiting ones, with repairs, forks, effects, and Temporal runs in a row. */
  const RUNS: Record<string, () => Promise<void>> = {
    async completed() {
      await start('completed', team(row(phase('a'), phase('b', publishing))));
      await ended('completed');
    },
    async waiting() {
      await start('waiting', team(row(phase('a'), phase('b', { review: 'always' }))));
      await parked('waiting');
    },
    async degraded() {
      fault(`${keyOf('degraded')}/`, 'refusal', 1);
      await start('degraded', team(row(phase('a', { required: false }), phase('b'))));
      await ended('degraded');
    },
    async repaired() {
      fault(`${keyOf('repaired')}/`, 'empty_text', 1);
      await start('repaired', team(row(phase('a'), phase('b'))));
      await ended('repaired');
    },
    async operator() {
      fault(`${keyOf('operator')}/`, 'malformed_json');
      await start('operator', team([phase('a', { limits: quick })]));
      await parked('operator');
    },
    async stopped() {
      await start('stopped', team([phase('a', { review: 'always' })]));
      await parked('stopped');
      await test.tuesday.decide(keyOf('stopped'), { decision: 'stop' });
      await ended('stopped');
    },
    async exhausted() {
      const dear = phase('b', { model: { name: 'claude-opus-5-5' } });
      await start('exhausted', team(row(phase('a'), dear)), { budgetMicroUsd: 60_000 });
      await ended('exhausted');
    },
    async parallel() {
      const join = phase('join', { needs: ['left', 'right'] });
      await start('parallel', team([phase('left'), phase('right'), join]));
      await ended('parallel');
    },
    async long() {
      const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => phase(name));
      await start('long', team(row(...six)));
      await ended('long');
    },
    async fork() {
      await test.tuesday.fork(keyOf('long'), { from: 'f', key: keyOf('fork') });
      await ended('fork');
    },
  };

  /** All that is derived from events, as the database has it. */
  async function projectionOf(name: string) {
    const { rows } = await database.query('SELECT run_key FROM runs WHERE workflow_id = $1', [
      keyOf(name),
    ]);
    const key = [rows[0]?.run_key];
    const ask = async (text: string) => (await database.query(text, key)).rows;
    return {
      run: await ask(
        'SELECT state, state_version, status, explanation, changed_at FROM runs WHERE run_key = $1',
      ),
      events: await ask(
        'SELECT version, at, type, event FROM run_events WHERE run_key = $1 ORDER BY version',
      ),
      states: await ask(
        'SELECT version, state FROM run_states WHERE run_key = $1 ORDER BY version',
      ),
    };
  }
  const destroy = async (name: string) => {
    const keys = '(SELECT run_key FROM runs WHERE workflow_id = $1)';
    for (const table of ['run_events', 'run_states'])
      await database.query(`DELETE FROM ${table} WHERE run_key = ANY(ARRAY${keys})`, [keyOf(name)]);
  };

  describe('a projection that is rebuilt', () => {
    beforeAll(async () => {
      for (const run of Object.values(RUNS)) await run();
    }, 120_000);

    it.each(Object.keys(RUNS))('is equal to what was there: %s', async (name) => {
      const before = await projectionOf(name);
      expect(before.events.length).toBeGreaterThan(2);
      const versions = before.events.length;
      expect(await test.tuesday.rebuild(keyOf(name))).toEqual({
        run: keyOf(name),
        versions,
        equal: true,
        complete: true,
        missing: [],
        different: [],
        surplus: [],
      });
      await destroy(name);
      expect(await test.tuesday.rebuild(keyOf(name))).toMatchObject({
        equal: false,
        missing: before.events.map(({ version }) => version),
      });
      expect(await projectionOf(name)).toEqual(before);
    });

    it('names what was changed, and puts it right', async () => {
      const before = await projectionOf('completed');
      const id = keyOf('completed');
      const key = '(SELECT run_key FROM runs WHERE workflow_id = $1)';
      const last = before.events.length;
      await database.query(
        `UPDATE run_events SET event = event || '{"phase":"x"}' WHERE run_key = ${key} AND version = 3`,
        [id],
      );
      await database.query(`DELETE FROM run_states WHERE run_key = ${key} AND version = 4`, [id]);
      await database.query(
        `INSERT INTO run_events SELECT run_key, version + 1, at, type, event FROM run_events
       WHERE run_key = ${key} AND version = ${last}`,
        [id],
      );
      await database.query(
        `UPDATE runs SET state = state || '{"version": 2}' WHERE workflow_id = $1`,
        [id],
      );
      expect(await test.tuesday.rebuild(id)).toMatchObject({
        equal: false,
        different: [3, 4],
        surplus: [last + 1],
      });
      expect(await projectionOf('completed')).toEqual(before);
    });

    it('comes back with its run where even the row of the run is lost', async () => {
      const before = await projectionOf('waiting');
      const { startedAt } = await test.tuesday.getRun(keyOf('waiting'));
      await destroy('waiting');
      await database.query('DELETE FROM runs WHERE workflow_id = $1', [keyOf('waiting')]);
      expect(await test.tuesday.rebuild(keyOf('waiting'))).toMatchObject({ equal: false });
      expect(await projectionOf('waiting')).toEqual(before);
      const again = Date.parse((await test.tuesday.getRun(keyOf('waiting'))).startedAt);
      expect(Math.abs(again - Date.parse(startedAt))).toBeLessThan(1_000);
      // And the run goes on.
      await test.tuesday.decide(keyOf('waiting'), { decision: 'approve' });
      await ended('waiting');
    });

    it(
      'is told by the archive where Temporal has forgotten the run',
      async () => {
        const before = await projectionOf('long');
        const view = await test.tuesday.getRun(keyOf('long'));
        const run = { namespace: 'default', workflowId: view.id, firstRunId: view.firstRunId };
        const archived = await test.ledger.ledger.historiesOf(run);
        expect(archived.length).toBeGreaterThan(1);
        for (const { temporalRunId } of archived)
          await test.temporal.workflowService.deleteWorkflowExecution({
            namespace: 'default',
            workflowExecution: { workflowId: view.id, runId: temporalRunId },
          });
        await eventually(async () => {
          const handle = test.temporal.workflow.getHandle(view.id);
          await expect(handle.describe()).rejects.toThrow(/not found/i);
        }, DELETED_WITHIN_MS);
        await destroy('long');
        expect(await test.tuesday.rebuild(view.id)).toMatchObject({ complete: false });
        expect(await projectionOf('long')).toEqual(before);
        expect(runKey(run)).toBe(`default/${view.id}/${view.firstRunId}`);
      },
      DELETED_WITHIN_MS + 30_000,
    );

    it('is refused for a run that nobody knows, and for one that never began', async () => {
      await expect(test.tuesday.rebuild('nobody-1')).rejects.toThrow(/cannot be rebuilt/);
      await start('refused', team([phase('a', { model: { name: 'made-up-model' } })]));
      await test.until(keyOf('refused'), ({ status }) => status === 'refused');
      await expect(test.tuesday.rebuild(keyOf('refused'))).rejects.toThrow(/nothing to rebuild/);
    });
  });
});
