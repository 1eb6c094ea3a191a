import type { Workflow } from '@temporalio/client';
import type { Reconciled } from '../../contracts/activities';
import type { RunId } from '../../contracts/ids';
import { RECONCILE } from '../../contracts/limits';
import { RECONCILE_WORKFLOW, WORKFLOW_TYPE } from '../../contracts/messages';
import type { RunView } from '../../contracts/views';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const TEAM = team(row(phase('first'), phase('second'), phase('third')));

describe.each(CACHE_MODES)('ends from outside, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    jest.replaceProperty(RECONCILE, 'quietMs', 0 as never);
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(async () => {
    await test.stop();
    jest.restoreAllMocks();
  });

  const hold = (part: string) =>
    test.simulator.addFault({
      kind: 'hold',
      where: 'before_headers',
      until: 'release',
      idempotencyKeyContains: part,
    });
  const busyWith = async (name: string, index: number): Promise<RunView> =>
    test.until(keyOf(name), ({ phases }) => phases[index]?.current.length === 1);
  // All tests share one namespace.
  const keyOf = (name: string) => `${name}-${test.taskQueue.slice(-6)}`;
  const start = async (name: string): Promise<RunId> => {
    const key = keyOf(name);
    const { firstRunId } = await test.tuesday.startRun(TEAM, { ...ask, key });
    return { namespace: 'default', workflowId: key, firstRunId };
  };
  let reconciliations = 0;
  const reconcile = () =>
    test.temporal.workflow.execute<Workflow & (() => Promise<Reconciled>)>(RECONCILE_WORKFLOW, {
      workflowId: `reconcile-${test.taskQueue}-${++reconciliations}`,
      taskQueue: test.taskQueue,
    });
  /** Temporal's list of what runs is behind by a moment. */
  const reconciled = (key: string) =>
    eventually(async () => {
      await reconcile();
      expect((await test.tuesday.getRun(keyOf(key))).resultSha256).toBeDefined();
    });
  const callsOf = (key: string) =>
    test.simulator
      .bill()
      .filter(({ headers }) => headers['idempotency-key']?.includes(`/${keyOf(key)}/`));
  const versionsOf = async (key: string) =>
    (await test.tuesday.history(keyOf(key), { limit: 200 })).entries.map(({ version }) => version);

  describe('a run that is terminated in Temporal', () => {
    it('is closed in the ledger, with its reservations, what it had, and whose doing it was', async () => {
      hold('/second/');
      await start('terminated');
      await busyWith('terminated', 1);
      await test.temporal.workflow.getHandle(keyOf('terminated')).terminate('by a test');
      await expect(
        test.tuesday.decide(keyOf('terminated'), { decision: 'stop', reviewId: 'any' }),
      ).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(
          'was ended in Temporal from outside, which closes the run',
        ),
      });
      await reconciled('terminated');
      const result = await test.tuesday.result(keyOf('terminated'));
      expect(result).toMatchObject({ status: 'stopped', completedPhases: ['first'] });
      expect(result.explanation).toMatch(/ended in Temporal from outside/);
      expect(result.outputs).toHaveProperty('first');
      const { entries } = await test.tuesday.history(keyOf('terminated'));
      expect(entries.at(-1)).toMatchObject({ who: { kind: 'temporal' }, type: 'run_ended' });
      // The call in flight may have been billed: it is booked, and nothing is open any more.
      const open = (await test.tuesday.trace(keyOf('terminated'))).flatMap(({ calls }) => calls);
      expect(open.map(({ status }) => status)).toEqual(['settled', 'unsettled']);
      expect(result.costs.unsettledMicroUsd).toBeGreaterThan(0);
      test.simulator.release();
    });

    it('is closed once, and left alone from then on', async () => {
      const { stateVersion, resultSha256 } = await test.tuesday.getRun(keyOf('terminated'));
      expect(await reconcile()).toMatchObject({ closed: 0 });
      expect(await test.tuesday.getRun(keyOf('terminated'))).toMatchObject({
        stateVersion,
        resultSha256,
      });
    });

    it('may be started again under the same key, and both are told apart', async () => {
      hold('/second/');
      const first = await start('twice');
      await busyWith('twice', 1);
      await test.temporal.workflow.getHandle(keyOf('twice')).terminate('by a test');
      test.simulator.clearFaults();
      test.simulator.release();
      const second = await start('twice');
      expect(second.firstRunId).not.toBe(first.firstRunId);
      await test.tuesday.result(keyOf('twice'));
      await eventually(async () => {
        await reconcile();
        expect(await test.ledger.ledger.knownRun(first)).toMatchObject({
          closed: true,
          state: { status: 'stopped', failure: 'ended_outside' },
        });
      });
      expect(await test.tuesday.getRun(keyOf('twice'))).toMatchObject({ status: 'completed' });
    });
  });

  it('closes a run that timed out in Temporal as failed', async () => {
    hold('/second/');
    // Nothing of ours sets this time-out; whoever starts runs by other means may.
    const { teamSha256, inputSha256 } = await test.tuesday
      .startRun(TEAM, { ...ask, key: keyOf('pattern') })
      .then(() => test.until(keyOf('pattern'), ({ phases }) => phases[1]?.current.length === 1));
    await test.temporal.workflow.start(WORKFLOW_TYPE, {
      workflowId: keyOf('timed-out'),
      taskQueue: test.taskQueue,
      args: [{ teamSha256, inputSha256, user: 'tester', review: 'declared' }],
      workflowExecutionTimeout: '1s',
    });
    await expect(test.temporal.workflow.getHandle(keyOf('timed-out')).result()).rejects.toThrow();
    await reconciled('timed-out');
    expect(await test.tuesday.getRun(keyOf('timed-out'))).toMatchObject({ status: 'failed' });
    test.simulator.clearFaults();
    test.simulator.release();
    await test.tuesday.result(keyOf('pattern'));
  });

  it('leaves runs alone that work or wait', async () => {
    hold('/second/');
    await start('working');
    const before = await busyWith('working', 1);
    await eventually(async () => expect(await reconcile()).toMatchObject({ looked: 0, closed: 0 }));
    expect((await test.tuesday.getRun(keyOf('working'))).stateVersion).toBe(before.stateVersion);
    test.simulator.clearFaults();
    test.simulator.release();
    expect(await test.tuesday.result(keyOf('working'))).toMatchObject({ status: 'completed' });
  });

  describe('a run that is reset in Temporal', () => {
    const reset = async (key: string, pick: (types: string[]) => number) => {
      const handle = test.temporal.workflow.getHandle(keyOf(key));
      const { runId } = await handle.describe();
      const { events } = await handle.fetchHistory();
      const completed = (events ?? []).flatMap((event) =>
        event.workflowTaskCompletedEventAttributes ? [Number(event.eventId)] : [],
      );
      const at = completed.at(pick(completed.map(String))) ?? 0;
      await test.temporal.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: keyOf(key), runId },
        workflowTaskFinishEventId: at as never,
        requestId: `reset-${key}`,
        reason: 'by a test',
      });
      return runId;
    };

    it('takes back the events it does not know, goes on, and buys nothing twice', async () => {
      hold('/third/');
      const run = await start('reset');
      await busyWith('reset', 2);
      const before = await versionsOf('reset');
      const old = await reset('reset', () => 1);
      test.simulator.clearFaults();
      test.simulator.release();
      expect(await test.tuesday.result(keyOf('reset'))).toMatchObject({ status: 'completed' });
      const versions = await versionsOf('reset');
      expect(versions).toEqual(versions.map((_, index) => index + 1));
      expect(before.length).toBeGreaterThan(3);
      // One call for each phase; that of the third was in flight when its attempt was lost.
      const keys = callsOf('reset').map(({ headers }) => headers['idempotency-key'] ?? '');
      expect(keys.filter((key) => !key.includes('/third/'))).toHaveLength(2);
      expect(keys.filter((key) => key.includes('/third/')).length).toBeLessThanOrEqual(2);
      const known = await test.ledger.ledger.knownRun(run);
      expect(known?.temporalRunId).not.toBe(old);
      expect((await test.tuesday.rebuild(keyOf('reset'))).equal).toBe(true);
    });

    it('ends by itself where it had ended, and nothing of its end changes', async () => {
      await start('ended');
      await test.tuesday.result(keyOf('ended'));
      await test.temporal.workflow.getHandle(keyOf('ended')).result();
      const before = await test.tuesday.getRun(keyOf('ended'));
      const calls = callsOf('ended').length;
      await reset('ended', () => 1);
      await expect(test.temporal.workflow.getHandle(keyOf('ended')).result()).rejects.toThrow();
      expect(await test.tuesday.getRun(keyOf('ended'))).toEqual(before);
      expect(callsOf('ended')).toHaveLength(calls);
      expect(await test.tuesday.rebuild(keyOf('ended'))).toMatchObject({ equal: true });
      expect(await test.tuesday.getRun(keyOf('ended'))).toEqual(before);
    });
  });
});
