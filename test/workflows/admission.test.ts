import type { Workflow } from '@temporalio/client';
import { Client as DatabaseClient } from 'pg';
import type { Reconciled } from '../../contracts/activities';
import { RECONCILE } from '../../contracts/limits';
import { RECONCILE_WORKFLOW } from '../../contracts/messages';
import type { RunView } from '../../contracts/views';
import { RECOVERY } from '../../domain/recovery';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { loadLimits } from '../support/load-limits';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const NOTING = team([phase('only')]);
const ASKING = team(row(phase('first', { review: 'always' }), phase('second')));

describe.each(CACHE_MODES)('runs beyond the limits, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    jest.replaceProperty(RECONCILE, 'quietMs', 0 as never);
    test = await startTestTuesday({
      cachedWorkflowsMax,
      historyEventsMax: 20,
      limits: loadLimits({
        runsAtWork: { installation: 2, users: { one: 1 } },
        runsQueued: { users: { one: 1 } },
      }),
    });
  });
  afterEach(() => {
    test.simulator.clearFaults();
    test.simulator.release();
  });
  afterAll(async () => {
    await test.stop();
    jest.restoreAllMocks();
  });

  // All tests share one namespace.
  const keyOf = (name: string) => `${name}-${test.taskQueue.slice(-6)}`;
  const start = (name: string, options: object = {}, chosen = NOTING) =>
    test.tuesday.startRun(chosen, { ...ask, key: keyOf(name), ...options });
  const until = (name: string, wanted: (run: RunView) => boolean) =>
    test.until(keyOf(name), wanted);
  const queued = ({ status, queue }: RunView) => status === 'queued' && queue !== undefined;
  const handleOf = (name: string) => test.temporal.workflow.getHandle(keyOf(name));
  const eventsOf = async (name: string) =>
    (await test.tuesday.history(keyOf(name))).entries.map(({ type }) => type);
  /** Holds the model calls of a run until the simulator lets go. */
  const hold = (name: string) =>
    test.simulator.addFault({
      kind: 'hold',
      where: 'before_headers',
      until: 'release',
      idempotencyKeyContains: `/${keyOf(name)}/`,
    });
  const works = ({ phases }: RunView) => phases.some(({ current }) => current.length === 1);
  /** Runs that hold their places until the simulator lets go. */
  const busy = async (names: string[], options: object = {}) => {
    for (const name of names) {
      hold(name);
      await start(name, options);
      await until(name, works);
    }
  };
  const end = async (...names: string[]) => {
    test.simulator.clearFaults();
    test.simulator.release();
    for (const name of names) await test.tuesday.result(keyOf(name));
  };

  it('wait for their turn, say why, and begin when another ends', async () => {
    await busy(['a1', 'a2']);
    await start('a3');
    const view = await until('a3', queued);
    expect(view.queue).toMatchObject({
      place: 1,
      before: 0,
      priority: 3,
      heldBy: { limit: 'runsAtWork', scope: 'installation', max: 2, used: 2 },
    });
    expect(view.phases.map(({ status }) => status)).toEqual(['pending']);
    const { typedSearchAttributes } = await handleOf('a3').describe();
    const values = typedSearchAttributes.getAll().map(({ value }) => value);
    expect(values).toContain('queued');
    await end('a1', 'a2');
    expect(await test.tuesday.result(keyOf('a3'))).toMatchObject({ status: 'completed' });
    expect((await eventsOf('a3')).slice(0, 4)).toEqual([
      'run_opened',
      'run_queued',
      'run_admitted',
      'phase_started',
    ]);
  });

  it('begin when one that works waits for a person, which later goes on without queueing', async () => {
    await start('b1', {}, ASKING);
    await until('b1', ({ status }) => status === 'waiting_for_review');
    await busy(['b2', 'b3']);
    await start('b4');
    await until('b4', queued);
    hold('b1');
    await test.tuesday.decide(keyOf('b1'), { decision: 'approve' });
    await until('b1', works);
    expect(await test.tuesday.getRun(keyOf('b4'))).toMatchObject({
      queue: { heldBy: { max: 2, used: 3 } },
    });
    await end('b1', 'b2', 'b3', 'b4');
  });

  it('are refused with the limit and what to do where the queue is full', async () => {
    await busy(['c1'], { user: 'one' });
    await start('c2', { user: 'one' });
    expect((await until('c2', queued)).queue).toMatchObject({
      heldBy: { scope: 'user', max: 1, used: 1 },
    });
    await start('c3', { user: 'one' });
    await expect(test.tuesday.result(keyOf('c3'))).rejects.toThrow(
      'There is no room for the run: 1 of 1 queued runs of its user are taken. Start it again when some for this user have ended, or raise runsQueued in the file that TUESDAY_LIMITS names.',
    );
    expect(await test.tuesday.getRun(keyOf('c3'))).toMatchObject({ status: 'refused' });
    await end('c1', 'c2');
    // The key may be used again once there is room.
    const again = await start('c3', { user: 'one' });
    expect(await test.tuesday.result(again)).toMatchObject({ status: 'completed' });
  });

  it('end as stopped when they are cancelled, and give up their place', async () => {
    await busy(['d1', 'd2']);
    await start('d3');
    await start('d4', { priority: 5 });
    await until('d3', queued);
    expect((await until('d4', queued)).queue).toMatchObject({ before: 1, priority: 5 });
    await handleOf('d3').cancel();
    const stopped = await test.tuesday.result(keyOf('d3'));
    expect(stopped).toMatchObject({ status: 'stopped', completedPhases: [] });
    expect(stopped.limitations).toEqual([{ kind: 'phase_not_done', phase: 'only' }]);
    expect(await eventsOf('d3')).toEqual(['run_opened', 'run_queued', 'run_ended']);
    expect((await test.tuesday.getRun(keyOf('d4'))).queue).toMatchObject({ before: 0 });
    await end('d1', 'd2', 'd4');
  });

  it('are closed by reconciliation when they are terminated, and block nobody', async () => {
    await busy(['e1', 'e2']);
    await start('e3');
    await until('e3', queued);
    await start('e4');
    await until('e4', queued);
    await handleOf('e3').terminate('by a test');
    let reconciliations = 0;
    await eventually(async () => {
      await test.temporal.workflow.execute<Workflow & (() => Promise<Reconciled>)>(
        RECONCILE_WORKFLOW,
        {
          workflowId: `reconcile-${test.taskQueue}-${++reconciliations}`,
          taskQueue: test.taskQueue,
        },
      );
      expect(await test.tuesday.getRun(keyOf('e3'))).toMatchObject({ status: 'stopped' });
    });
    expect((await test.tuesday.getRun(keyOf('e4'))).queue).toMatchObject({ before: 0 });
    await end('e1', 'e2', 'e4');
    expect((await test.tuesday.rebuild(keyOf('e3'))).equal).toBe(true);
  });

  it('go on as another Temporal run while they wait', async () => {
    await busy(['f1', 'f2']);
    await start('f3');
    await until('f3', queued);
    const { runId } = await handleOf('f3').describe();
    await eventually(async () => {
      expect((await handleOf('f3').describe()).runId).not.toBe(runId);
    }, 20_000);
    expect(await test.tuesday.getRun(keyOf('f3'))).toMatchObject({ status: 'queued' });
    await end('f1', 'f2');
    expect(await test.tuesday.result(keyOf('f3'))).toMatchObject({ status: 'completed' });
    expect((await test.tuesday.rebuild(keyOf('f3'))).equal).toBe(true);
  });

  it('begin although nobody tells them', async () => {
    await busy(['g1', 'g2']);
    await start('g3');
    await until('g3', queued);
    // Room is made behind the back of all activities, so no signal comes.
    const database = new DatabaseClient({ connectionString: test.databaseUrl });
    await database.connect();
    await database.query(`UPDATE admissions SET standing = 'parked' WHERE run_key LIKE '%/g1-%'`);
    await database.end();
    expect(await test.tuesday.result(keyOf('g3'))).toMatchObject({ status: 'completed' });
    await end('g1', 'g2');
  });
});

const FAILURE = 'There is no room for the run: 1 of 1 runs at work of the installation are taken.';

describe.each<[string, ('refuse' | 'queue')[]]>([
  ['is refused where its team would rather not wait', ['refuse']],
  ['fails where the recovery is switched off', []],
])('a run beyond the limits %s', (_what, ladder) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({
      limits: loadLimits({ runsAtWork: { installation: 1 } }),
      recoveries: { ...RECOVERY, overload: { ...RECOVERY.overload, ladder } },
    });
  });
  afterAll(() => test.stop());

  it('and keeps nobody from beginning', async () => {
    test.simulator.addFault({ kind: 'hold', where: 'before_headers', until: 'release' });
    const busy = await test.tuesday.startRun(NOTING, ask);
    await test.until(busy.id, ({ phases }) => phases[0]?.current.length === 1);
    const { id } = await test.tuesday.startRun(NOTING, ask);
    if (ladder.length > 0) await expect(test.tuesday.result(id)).rejects.toThrow(FAILURE);
    else
      expect(await test.tuesday.result(id)).toMatchObject({
        status: 'failed',
        explanation: expect.stringContaining(RECOVERY.overload.explanation),
      });
    test.simulator.clearFaults();
    test.simulator.release();
    await test.tuesday.result(busy);
    const next = await test.tuesday.startRun(NOTING, ask);
    expect(await test.tuesday.result(next)).toMatchObject({ status: 'completed' });
  });
});
