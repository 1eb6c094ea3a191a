/**
 * The kill switch while 50 runs are busy. What reached the model is seen on the simulator's bill:
 * nothing any more two seconds after, and each call of a run once, however often it was held up.
 */
import { loadLimits } from '../support/load-limits';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

jest.setTimeout(240_000);

const RUNS_COUNT = 50;
/** Effective for new steps within a second or two. */
const STILL_CALLS_MS_MAX = 2_000;
/** Long enough that all runs have a call under way at any moment. */
const ANSWER_MS = 1_500;
const PHASES = ['one', 'two', 'three', 'four', 'five'];
const WHOLE_ROW = team(row(...PHASES.map((name) => phase(name))));

let test: TestTuesday;
beforeAll(async () => {
  const all = { installation: RUNS_COUNT, user: RUNS_COUNT };
  test = await startTestTuesday({
    simulator: { latency: { firstTokenMs: ANSWER_MS } },
    limits: loadLimits({ runsAtWork: all, phasesAtWork: all }),
  });
});
afterAll(() => test.stop());

const linesOf = (id: string) =>
  test.simulator.bill().filter(({ headers }) => headers['idempotency-key']?.includes(`/${id}/`));

/** All of them with a first phase behind them and a call under way. */
async function startBusyRuns(user: string): Promise<string[]> {
  // All tests share one namespace.
  const keys = Array.from({ length: RUNS_COUNT }, (_, n) => `${user}-${n}-${test.taskQueue}`);
  const busy = secondCallsOf(keys);
  await Promise.all(
    keys.map((key) =>
      test.tuesday.startRun(WHOLE_ROW, { question: 'What is worth a note?', user, key }),
    ),
  );
  await busy;
  return keys;
}

function secondCallsOf(keys: readonly string[]): Promise<void> {
  const awaited = new Map(keys.map((key) => [key, 2]));
  return new Promise((resolve) => {
    const stop = test.simulator.onRequest(({ headers }) => {
      const key = headers['idempotency-key']?.split('/')[1] ?? '';
      const more = (awaited.get(key) ?? 1) - 1;
      if (more > 0) awaited.set(key, more);
      else awaited.delete(key);
      if (awaited.size > 0) return;
      stop();
      resolve();
    });
  });
}

/** Calls that were begun later than the switch may let them. */
const lateCalls = (setAt: number) =>
  test.simulator.bill().filter(({ at }) => Date.parse(at) > setAt + STILL_CALLS_MS_MAX);

it('stops them all: nothing is bought any more, and each ends with what it had', async () => {
  const ids = await startBusyRuns('stopped');
  const off = { scope: 'user', name: 'stopped', mode: 'stop' } as const;
  const setAt = Date.now();
  await test.tuesday.setSwitch({ ...off, actor: 'ann', reason: 'it is out of hand' });
  const results = await Promise.all(ids.map((id) => test.tuesday.result(id)));
  expect(lateCalls(setAt)).toEqual([]);
  for (const { run, status, explanation, completedPhases, outputs, costs } of results) {
    expect(status).toBe('stopped');
    expect(explanation).toMatch(/ann has stopped all runs of its user.*“it is out of hand”/);
    // Each phase takes one call, and all that were paid for count.
    expect(completedPhases).toEqual(PHASES.slice(0, linesOf(run).length));
    expect(completedPhases.length).toBeLessThan(PHASES.length);
    expect(new Set(Object.keys(outputs))).toEqual(new Set(completedPhases));
    expect(costs.unsettledMicroUsd).toBe(0);
  }
});

it('pauses them all: nothing is bought until they go on, and nothing twice', async () => {
  const ids = await startBusyRuns('paused');
  const setAt = Date.now();
  await test.tuesday.setSwitch({ scope: 'team', name: 'test', mode: 'pause' });
  await Promise.all(ids.map((id) => test.until(id, ({ status }) => status === 'paused')));
  expect(Date.now()).toBeGreaterThan(setAt + ANSWER_MS);
  const bought = test.simulator.bill().length;
  expect(lateCalls(setAt)).toEqual([]);
  await test.tuesday.turnOffSwitch({ scope: 'team', name: 'test' });
  const results = await Promise.all(ids.map((id) => test.tuesday.result(id)));
  expect(test.simulator.bill().length).toBeGreaterThan(bought);
  for (const { run, status } of results) {
    expect(status).toBe('completed');
    const keys = linesOf(run).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(PHASES.length);
    expect(keys).toHaveLength(PHASES.length);
  }
});
