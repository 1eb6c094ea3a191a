/** The campaign of `npm run experiment:availability`, reduced: every set of sources that is down, and every way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAvailabilityCampaign, type SeedOutcome } from '../../bench/availability/campaign';
import { ALL_UP, everyCombination, WAYS_DOWN } from '../../bench/availability/conditions';
import { companyOf, SOURCES } from '../../bench/availability/facts';
import { completed, isAsExpected, naiveIsRight, problemsOf } from '../../bench/availability/report';
import { createWorld, type World } from '../../bench/availability/world';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const SEED = 7;
const seeds = everyCombination().map((condition, index) => ({
  company: companyOf(SEED, index + 1),
  condition,
}));

let folder: string;
let world: World;
let test: TestTuesday;
let outcomes: SeedOutcome[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  const companies = seeds.map(({ company }) => company);
  world = await createWorld(folder, SEED, companies);
  test = await startTestTuesday({ hasWorker: false, sources: world.sources(ALL_UP) });
  outcomes = await runAvailabilityCampaign(
    {
      ...test,
      world,
      async startWorker(sources) {
        await test.startWorker(sources);
        return test.stopWorker;
      },
    },
    seeds,
    { companiesAtOnce: 4, onProgress: () => undefined },
  );
}, 240_000);
afterAll(async () => {
  await test.stop();
  await world.close();
  await rm(folder, { recursive: true });
});

it('has each set of sources down, and each source in each way', () => {
  expect(new Set(outcomes.map(({ down }) => down.join())).size).toBe(2 ** SOURCES.length);
  for (const source of SOURCES)
    expect(new Set(outcomes.map(({ condition }) => condition[source]))).toEqual(
      new Set(['up', ...WAYS_DOWN[source]]),
    );
});

it('completes every run, flags what was down and nothing else, and lacks no finding', () => {
  expect(outcomes.flatMap((outcome) => problemsOf(outcome))).toEqual([]);
  expect(completed(outcomes, 'tuesday')).toBe(outcomes.length);
});

it('is not what a team does that needs every source: it completes where all are there', () => {
  expect(outcomes.filter((outcome) => !naiveIsRight(outcome))).toEqual([]);
  expect(completed(outcomes, 'naive')).toBe(
    outcomes.filter(({ down }) => down.length === 0).length,
  );
});

it('would notice a source that is flagged wrongly, and a finding that is missing or made up', () => {
  const [good] = outcomes as [SeedOutcome];
  expect(isAsExpected([good])).toBe(true);
  for (const change of [
    { flagged: [...good.flagged, 'weather'] },
    { down: [...SOURCES] },
    { missing: ['A fact.'] },
    { invented: ['A fancy.'] },
    { tuesday: 'failed' },
    { naive: good.down.length === 0 ? 'failed' : 'completed' },
  ])
    expect(isAsExpected([{ ...good, ...change }])).toBe(false);
});
