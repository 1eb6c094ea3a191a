import { fuzz } from '../../../bench/garbage/fuzz';
import { planGarbage } from '../../../bench/garbage/plan';
import { GARBAGE_CLASSES } from '../../../bench/garbage/verdicts';
import { randomFrom } from '../../../bench/support/random';
import { report } from '../../../teams';

const good = {
  findings: [{ id: 'F1', claim: 'It rains.', quote: 'rain', document: 'a.md', line: 1 }],
  openQuestions: [],
  confidence: 0.5,
};
const goods = Object.fromEntries(report.definition.phases.map(({ name }) => [name, good]));

describe('the plan of a garbage campaign', () => {
  it('is the same for the same seed, and another for another', () => {
    const plan = (seed: number) => planGarbage(seed, 100, report, goods);
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
  });

  it('has all classes among its first runs, and as many answers as it is asked for', () => {
    const cases = planGarbage(7, 60, report, goods).flatMap((run) => run.cases);
    expect(new Set(cases.map(({ garbage }) => garbage))).toEqual(new Set(GARBAGE_CLASSES));
    const responses = cases.reduce((sum, { responsesCount }) => sum + responsesCount, 0);
    expect(responses).toBeGreaterThanOrEqual(60);
  });

  it.each(GARBAGE_CLASSES)('makes of a good answer one that differs: %s', (garbage) => {
    const marker = 'garbage0';
    for (let seed = 0; seed < 20; seed += 1) {
      const random = randomFrom(seed, garbage);
      const text = fuzz(garbage, { random, good, marker, schema: { type: 'object' } });
      expect(text).not.toBe(JSON.stringify(good));
    }
  });
});
