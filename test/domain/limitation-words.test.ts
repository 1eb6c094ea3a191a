import type { LimitationKind } from '../../contracts/run-status';
import { limitationInWords } from '../../domain/limitation-words';

it.each<[LimitationKind, string]>([
  ['incomplete_research', 'The phase research was cut short: its result may be incomplete.'],
  ['unverified_output', 'The output of the phase research failed its checks'],
  ['stale_result', 'an earlier result stands in for it'],
  ['context_compacted', 'worked on shortened inputs'],
  ['review_unresolved', 'still wanted changes'],
  ['phase_not_done', 'was not done'],
])('says %s in a sentence', (kind, words) => {
  expect(limitationInWords({ kind, phase: 'research' })).toContain(words);
});

it('names the source, or the number of documents, that was not available', () => {
  const kind = 'source_unavailable';
  expect(limitationInWords({ kind, source: 'news', phase: 'research' })).toBe(
    'The source news was not available to the phase research: what it holds is missing.',
  );
  expect(limitationInWords({ kind, count: 3 })).toBe('3 documents could not be read.');
});
