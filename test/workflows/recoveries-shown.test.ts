/** A recovery that was taken can be seen wherever a person or a service looks for it. */
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday();
});
afterAll(() => test.stop());

const FALLBACK = 'claude-sonnet-5-5';

it('shows recoveries in the run, its result, its trace, its history, and across runs', async () => {
  const { tuesday, simulator } = test;
  simulator.addFault({ kind: 'http_error', status: 529, phase: 'first', times: 2 });
  simulator.addFault({ kind: 'refusal', phase: 'second', times: 1 });
  simulator.addFault({ kind: 'schema_violation', phase: 'third', times: 1 });
  const run = await tuesday.startRun(
    team(
      row(
        phase('first'),
        phase('second', { fallbackModels: [{ name: FALLBACK }] }),
        phase('third'),
      ),
    ),
    { question: 'What is worth a note?', user: 'tester' },
  );
  const result = await tuesday.result(run);
  expect(result.status).toBe('completed');

  const retried = { failure: 'overloaded', action: 'retry', count: 2 };
  const fellBack = { failure: 'refused_by_model', action: 'fallback_model', count: 1 };
  const { phases } = await tuesday.getRun(run.id);
  expect(
    phases.map(({ name, recoveries, model }) => [name, recoveries.slice(0, 1), model]),
  ).toEqual([
    ['first', [retried], undefined],
    ['second', [fellBack], FALLBACK],
    ['third', expect.anything(), undefined],
  ]);
  expect(result.recoveries.slice(0, 2)).toEqual([
    { phase: 'first', ...retried },
    { phase: 'second', ...fellBack },
  ]);

  const steps = await tuesday.trace(run.id);
  const ofFirst = steps.filter(({ phase: name }) => name === 'first');
  expect(ofFirst.map(({ recoveries }) => recoveries)).toEqual([[retried]]);

  const { entries } = await tuesday.history(run.id);
  const told = entries.filter(({ type }) => type === 'recovery_taken');
  expect(told.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'recovered in first from overloaded: retry × 2',
      'recovered in second from refused_by_model: fallback_model',
    ]),
  );

  const since = new Date(Date.parse(result.startedAt));
  const across = await tuesday.recoveries({ since });
  const lastAt = expect.any(String);
  expect(across).toEqual(
    expect.arrayContaining([
      { point: 'model', ...retried, runs: 1, lastAt },
      { point: 'model', ...fellBack, runs: 1, lastAt },
    ]),
  );
});
