import { RECONCILE } from '../../contracts/limits';
import { ensureSchedules, reconcileScheduleId } from '../../worker/schedules';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

let test: TestTuesday;
beforeAll(async () => {
  jest.replaceProperty(RECONCILE, 'quietMs', 0 as never);
  jest.replaceProperty(RECONCILE, 'everyMs', 1_000 as never);
  test = await startTestTuesday();
});
afterAll(async () => {
  await test.temporal.schedule.getHandle(reconcileScheduleId(test.taskQueue)).delete();
  await test.stop();
  jest.restoreAllMocks();
});

describe('the schedule of reconciliation', () => {
  it('is made once, however many workers start, and kept up to date', async () => {
    await Promise.all([1, 2, 3].map(() => ensureSchedules(test.temporal, test.taskQueue)));
    const handle = test.temporal.schedule.getHandle(reconcileScheduleId(test.taskQueue));
    const { spec, policies } = await handle.describe();
    expect(spec.intervals?.map(({ every }) => every)).toEqual([RECONCILE.everyMs]);
    expect(policies.overlap).toBe('SKIP');
  });

  it('closes a run that was terminated, without anybody asking', async () => {
    await ensureSchedules(test.temporal, test.taskQueue);
    const key = `scheduled-${test.taskQueue.slice(-6)}`;
    await test.tuesday.startRun(team([phase('only', { review: 'always' })]), {
      question: 'What is worth a note?',
      user: 'tester',
      key,
    });
    await test.until(key, ({ reviews }) => reviews.length === 1);
    await test.temporal.workflow.getHandle(key).terminate('by a test');
    // Who waits for its result gets it.
    expect(await test.tuesday.result(key)).toMatchObject({
      status: 'stopped',
      completedPhases: [],
      explanation: expect.stringMatching(/ended in Temporal from outside/),
    });
  });
});
