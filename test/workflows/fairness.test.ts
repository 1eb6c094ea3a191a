import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

/** Each of the many is shorter than the one, so that in a plain queue all of them end before it. */
const MANY = team(row(phase('first'), phase('second')));
const ONE = team(row(...['first', 'second', 'third', 'fourth'].map((name) => phase(name))));
const BURST = 30;

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday({
    activitiesMax: 2,
    simulator: { latency: { firstTokenMs: 50 } },
  });
});
afterAll(() => test.stop());

it('lets one user’s run pass through another user’s burst', async () => {
  const start = (defined: typeof ONE, user: string, index: number) =>
    test.tuesday.startRun(defined, {
      question: 'What is worth a note?',
      user,
      key: `${user}-${index}-${test.taskQueue.slice(-6)}`,
    });
  const burst = await Promise.all(
    Array.from({ length: BURST }, (_, index) => start(MANY, 'many', index)),
  );
  const single = await start(ONE, 'one', 0);
  await test.tuesday.result(single);
  // Some are not even open yet.
  const views = await Promise.all(burst.map(({ id }) => test.ledger.reader.getRun(id)));
  const ended = views.filter((view) => view?.status === 'completed').length;
  expect(ended).toBeLessThan(BURST / 2);
  await Promise.all(burst.map((run) => test.tuesday.result(run)));
}, 120_000);
