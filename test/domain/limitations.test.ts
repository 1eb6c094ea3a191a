import type { Limitation } from '../../contracts/run-status';
import { mergeLimitations } from '../../domain/limitations';

const stale = (source: string, ageMs: number): Limitation => ({
  kind: 'stale_result',
  phase: 'research',
  source,
  ageMs,
});

it('makes one of several that are the same, with their number and the greatest age', () => {
  expect(mergeLimitations([stale('news', 5), stale('crm', 7), stale('news', 9)])).toEqual([
    { ...stale('news', 9), count: 2 },
    stale('crm', 7),
  ]);
});

it('keeps apart what differs in kind, phase or source', () => {
  const all: Limitation[] = [
    { kind: 'source_unavailable', phase: 'research', source: 'news' },
    { kind: 'source_unavailable', phase: 'writing', source: 'news' },
    { kind: 'stale_result', phase: 'research', source: 'news' },
    { kind: 'incomplete_research', phase: 'research' },
  ];
  expect(mergeLimitations(all)).toEqual(all);
  expect(mergeLimitations([])).toEqual([]);
});
