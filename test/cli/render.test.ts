import { command } from '../../cli/called-as';
import { createProgressLines } from '../../cli/render/progress-lines';
import { renderRecoveries } from '../../cli/render/recoveries';
import { decideCommands, renderReview } from '../../cli/render/review';
import { cut, renderTable } from '../../cli/render/table';
import { duration, money } from '../../cli/render/units';
import { renderValue } from '../../cli/render/value';
import { phase, REVIEW, view } from './run-views';

describe('a review', () => {
  it('binds an approval to what the person was shown', () => {
    const approval = { ...REVIEW, kind: 'approval' as const, options: ['approve' as const] };
    expect(decideCommands('r-1', approval)).toEqual([
      command(`decide r-1 approve --review research-5 --digest ${REVIEW.digest}`),
    ]);
  });

  const effects = [{ tool: 'publish_file', inputSha256: 'b'.repeat(64) }];

  it('shows what will be published to the person who approves it', () => {
    const shown = renderReview('r-1', { ...REVIEW, kind: 'approval', effects });
    expect(shown).toContain(`the output: ${command(`artifact ${REVIEW.digest}`)}`);
    expect(shown).toContain(`input of publish_file: ${command(`artifact ${'b'.repeat(64)}`)}`);
  });

  it('shows once what is both asked about and published', () => {
    const digest = 'b'.repeat(64);
    const shown = renderReview('r-1', { ...REVIEW, kind: 'approval', digest, effects });
    expect(shown.match(/artifact [0-9a-f]/g)).toHaveLength(1);
  });

  it('shows the report of what went wrong', () => {
    const reportSha256 = 'c'.repeat(64);
    expect(renderReview('r-1', { ...REVIEW, reportSha256 })).toContain(
      `what went wrong: ${command(`artifact ${reportSha256}`)}`,
    );
  });
});

describe('progress in a pipe', () => {
  it('is a line for each thing that has changed, and none for what has not', () => {
    const lines: string[] = [];
    const progress = createProgressLines((line) => lines.push(line.replace(/^\[.*?\] /, '')));
    const running = phase('research', { status: 'running', round: 1 });
    const done = { ...running, status: 'done' as const, steps: { model: 2, tool: 1 } };
    progress.show(view());
    progress.show(view({ phases: [running] }));
    progress.show(view({ phases: [{ ...running, steps: { model: 1, tool: 0 } }] }));
    progress.show(view({ phases: [{ ...running, round: 2 }], reviews: [REVIEW] }));
    progress.show(view({ phases: [done], limitations: [{ kind: 'stopped' }] }));
    progress.show(
      view({
        phases: [done],
        limitations: [{ kind: 'stopped' }],
        status: 'completed',
        explanation: 'Done.',
      }),
    );
    progress.stop();
    expect(lines).toEqual([
      'research runs',
      'research runs (round 2)',
      'waits for a person: Mend the key.',
      'research is done: 2 model calls, 1 tool call, $0.0000',
      'limitation stopped',
      'completed: Done.',
    ]);
  });
});

describe('recoveries across runs', () => {
  it('are a row for each failure and recovery', () => {
    const overloaded = { failure: 'overloaded', action: 'retry', count: 12, runs: 3 };
    const lastAt = '2026-11-20T08:00:00.000Z';
    const table = renderRecoveries([{ point: 'model', ...overloaded, lastAt }]).split('\n');
    expect(table.map((line) => line.split(/ {2,}/))).toEqual([
      ['point', 'failure', 'recovery', 'times', 'runs', 'last'],
      ['model', 'overloaded', 'retry', '12', '3', lastAt],
    ]);
    expect(renderRecoveries([])).toBe('No recovery was taken.');
  });
});

describe('tables and values', () => {
  it('line up, and let no text steer the terminal', () => {
    const table = renderTable(
      [
        { name: 'a', size: 5 },
        { name: 'long\x1b[31m\nname', size: 1_000 },
      ],
      [
        { title: 'name', cell: ({ name }) => name },
        { title: 'size', cell: ({ size }) => String(size), align: 'right' },
      ],
    );
    expect(table.split('\n')).toEqual([
      'name                 size',
      'a                       5',
      'long\\u001b[31m name  1000',
    ]);
    expect(cut('abcdef', 4)).toBe('abc…');
  });

  it('show JSON a field a line, with texts as they are', () => {
    const value = {
      a: 1,
      list: [{ b: 'x' }, 'y'],
      text: 'one\ntwo',
      inner: '{"c": [true]}',
      no: {},
    };
    expect(renderValue(value)).toBe(
      [
        'a: 1',
        'list:',
        '  - b: x',
        '  - y',
        'text:',
        '  one',
        '  two',
        'inner:',
        '  c:',
        '    - true',
        'no: {}',
      ].join('\n'),
    );
  });

  it('name durations and money with what is open or unsettled', () => {
    expect([duration(4_210), duration(185_000), duration(7_800_000)]).toEqual([
      '4.2 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
    const spend = { settledMicroUsd: 1_500_000, unsettledMicroUsd: 20_000 };
    expect(money(spend)).toBe('$1.5000 (+ $0.0200 unsettled)');
    expect(money(spend, true)).toBe('$1.5000 (+ at most $0.0200 open)');
  });
});
