/** Prints the failure table at the end of a jest run: each row by its id, with its cases. */
// Anchored: titles of other tests may be megabytes long.
const CASE = /^\[(\w+\.\w+)\] (\w+): (.*)$/;
const SWITCHED_OFF = /^(\w+): its case turns red when the recovery is switched off$/;
const MARKS = { passed: '✓', failed: '✕' };

module.exports = class FailureTableReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap(({ testResults }) => testResults);
    const mark = ({ status }) => MARKS[status] ?? '-';
    const off = new Map();
    const rows = new Map();
    for (const test of tests) {
      const switchedOff = SWITCHED_OFF.exec(test.title);
      if (switchedOff) off.set(switchedOff[1], mark(test));
      const [, row, kind, shows] = CASE.exec(test.title) ?? [];
      if (row) rows.set(row, [...(rows.get(row) ?? []), { kind, shows, mark: mark(test) }]);
    }
    if (rows.size === 0) return;
    const lines = [...rows].flatMap(([row, cases]) => [
      row,
      ...cases.map(
        ({ kind, shows, mark }) =>
          `  ${mark} (red when off: ${off.get(kind) ?? '-'}) ${kind}: ${shows}`,
      ),
    ]);
    process.stderr.write(['\nFailures and their recoveries:', ...lines, ''].join('\n'));
  }
};
