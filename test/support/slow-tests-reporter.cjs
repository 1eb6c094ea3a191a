/** Says at the end of a jest run which tests took longest. */
const SLOW_MS = 5_000;
const SHOWN_COUNT_MAX = 10;

module.exports = class SlowTestsReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const slow = results.testResults
      .flatMap(({ testResults }) => testResults)
      .map(({ fullName, duration }) => ({ fullName, duration: duration ?? 0 }))
      .filter(({ duration }) => duration >= SLOW_MS)
      .sort((a, b) => b.duration - a.duration);
    if (slow.length === 0) return;
    const lines = slow
      .slice(0, SHOWN_COUNT_MAX)
      .map(
        ({ fullName, duration }) => `${(duration / 1000).toFixed(1).padStart(7)} s  ${fullName}`,
      );
    const more = slow.length - lines.length;
    process.stderr.write(
      [`\nSlowest tests${more > 0 ? ` (of ${slow.length})` : ''}:`, ...lines, ''].join('\n'),
    );
  }
};
