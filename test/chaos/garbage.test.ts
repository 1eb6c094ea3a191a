/** The campaign of `npm run experiment:garbage`, reduced: every class, always the same answers. */
import { join } from 'node:path';
import { runGarbageCampaign } from '../../bench/garbage/campaign';
import { problemsOf } from '../../bench/garbage/report';
import { GARBAGE_CLASSES } from '../../bench/garbage/verdicts';
import { PACKAGE_ROOT } from '../../contracts/package-root';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday();
});
afterAll(() => test.stop());

it('makes of each bad answer what was written down before, and no other agent sees it', async () => {
  const report = await runGarbageCampaign(test, {
    seed: 1,
    responsesCount: 40,
    runsAtOnce: 4,
    documents: join(PACKAGE_ROOT, 'docs'),
    onProgress: () => undefined,
  });
  expect(problemsOf(report)).toEqual([]);
  expect(new Set(report.outcomes.map(({ garbage }) => garbage))).toEqual(new Set(GARBAGE_CLASSES));
  expect(report.outcomes.map(({ strikes }) => strikes)).toContain('always');
  const responses = report.outcomes.reduce((sum, outcome) => sum + outcome.responses, 0);
  expect(responses).toBeGreaterThanOrEqual(40);
}, 180_000);
