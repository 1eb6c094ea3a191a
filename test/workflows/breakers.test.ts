/** A model that is down: what many runs pay for it together. */
import { BREAKER } from '../../contracts/limits';
import type { Fault } from '../../simulator';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const RUNS = 10;
const MODEL = 'claude-haiku-5-5';
const OTHER = 'claude-sonnet-5-5';
const ask = { question: 'What is worth a note?', user: 'tester' };

/** Two ways of being down, one for each mode: a server that never answers, and one that refuses. */
const DOWN: Fault[] = [
  { kind: 'hold', where: 'before_headers', until: 'release', model: MODEL },
  { kind: 'http_error', status: 529, model: MODEL },
];

describe.each(CACHE_MODES.map((mode, index) => [...mode, DOWN[index] as Fault] as const))(
  'a model that is down, %s',
  (_name, cachedWorkflowsMax, fault) => {
    let test: TestTuesday;
    beforeEach(async () => {
      test = await startTestTuesday({ cachedWorkflowsMax });
    });
    afterEach(() => test.stop());

    const start = (fallbackModels: { name: string }[] = []) => {
      const only = phase('only', { fallbackModels, limits: { stallMs: 500 } });
      return Promise.all(
        Array.from({ length: RUNS }, () => test.tuesday.startRun(team([only]), ask)),
      );
    };
    const openBreakers = () => test.ledger.reader.openBreakers();
    const requestsOf = (model: string) =>
      test.simulator.requests().filter((request) => request.model === model);

    it('costs ten runs a probe together, and all complete when it is back', async () => {
      test.simulator.addFault(fault);
      const runs = await start();
      await eventually(async () => expect(await openBreakers()).toHaveLength(1), 20_000);
      const [open] = await openBreakers();
      expect(open).toMatchObject({ kind: 'model', name: MODEL });
      // Those that were under way when it opened come to their end.
      await eventually(async () => {
        const views = await Promise.all(runs.map(({ id }) => test.tuesday.getRun(id)));
        for (const { phases } of views)
          expect(phases[0]?.waitsFor).toMatch(/^claude-haiku-5-5, which is failing \(.*next try/);
      }, 10_000);
      const before = requestsOf(MODEL).length;
      expect(before).toBeLessThanOrEqual(RUNS);

      // The first probe of all ten fails, and so the next one comes later.
      await eventually(async () => {
        const [again] = await openBreakers();
        expect(Date.parse(again?.nextTry ?? '')).toBeGreaterThan(Date.parse(open?.nextTry ?? ''));
      }, BREAKER.openMs * 3);
      expect(requestsOf(MODEL)).toHaveLength(before + 1);

      test.simulator.clearFaults();
      test.simulator.release();
      const results = await Promise.all(runs.map((run) => test.tuesday.result(run)));
      expect(results.map(({ status }) => status)).toEqual(runs.map(() => 'completed'));
      expect(await openBreakers()).toEqual([]);
      const taken = test.simulator.requests().filter(({ fault: struck }) => struck !== undefined);
      expect(taken).toHaveLength(before + 1);
      for (const { id } of runs) expect((await test.tuesday.getRun(id)).phases[0]?.round).toBe(1);
    });

    it('does not hold up runs that may fall back on another model', async () => {
      test.simulator.addFault(fault);
      const runs = await start([{ name: OTHER }]);
      const results = await Promise.all(runs.map((run) => test.tuesday.result(run)));
      expect(results.map(({ status }) => status)).toEqual(runs.map(() => 'completed'));
      expect(requestsOf(MODEL).length).toBeLessThanOrEqual(RUNS + 1);
      expect(requestsOf(OTHER)).toHaveLength(RUNS);
      const views = await Promise.all(runs.map(({ id }) => test.tuesday.getRun(id)));
      for (const { phases, limitations } of views) {
        expect(phases[0]).toMatchObject({ model: OTHER, status: 'done' });
        expect(limitations).toEqual([]);
      }
      test.simulator.release();
    });
  },
);
