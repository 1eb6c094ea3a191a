import type { LimitationKind } from '../../contracts/run-status';
import { limitationInWords } from '../../domain/limitation-words';

it.each<[LimitationKind, string]>([
  ['incomplete_research', 'The phase research was cut short: its result may be incomplete.'],
  ['unverified_output', 'The output of the phase research failed its checks'],
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
  expect(limitationInWords({ kind, source: 'fetch_url', tool: 'fetch_url' })).toContain(
    'The tool fetch_url was not available',
  );
  expect(limitationInWords({ kind, count: 3 })).toBe('3 documents could not be read.');
});

it.each([
  [1, '1 second old'],
  [61_000, '2 minutes old'],
  [7_200_000, '2 hours old'],
  [300_000_000, '4 days old'],
])('says that a result of %i ms ago is up to %s', (ageMs, words) => {
  const stale = { kind: 'stale_result' as const, phase: 'research', source: 'news', ageMs };
  expect(limitationInWords(stale)).toContain(
    `to the phase research: an earlier result, up to ${words}`,
  );
});
