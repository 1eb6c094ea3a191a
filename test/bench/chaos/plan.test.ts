import { FaultList, planFaults } from '../../../bench/chaos/plan';

const MINUTES_3 = 180_000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

it('plans the same for the same seed, and something else for another', () => {
  expect(planFaults(7, MINUTES_3)).toEqual(planFaults(7, MINUTES_3));
  expect(planFaults(7, MINUTES_3)).not.toEqual(planFaults(8, MINUTES_3));
});

it('can be recorded and read again', () => {
  const plan = planFaults(7, MINUTES_3);
  expect(FaultList.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

it.each(SEEDS)(
  'lets one thing fail at a time, but for kills, and nothing after the end (seed %d)',
  (seed) => {
    const plan = planFaults(seed, MINUTES_3);
    const lasting = plan.filter(({ kind }) => kind !== 'worker_killed');
    lasting.forEach((fault, index) => {
      const before = lasting[index - 1];
      if (before) expect(fault.atMs).toBeGreaterThan(before.atMs + before.forMs);
    });
    for (const { atMs, forMs } of plan) expect(atMs + forMs).toBeLessThanOrEqual(MINUTES_3);
  },
);

it.each(SEEDS)('has every kind of fault in three minutes (seed %d)', (seed) => {
  expect(new Set(planFaults(seed, MINUTES_3).map(({ kind }) => kind))).toEqual(
    new Set([
      'worker_killed',
      'worker_frozen',
      'temporal_restarted',
      'ledger_frozen',
      'ledger_slow',
      'link_cut',
    ]),
  );
});
