import { command } from '../../cli/called-as';
import { createProgressLines } from '../../cli/render/progress-lines';
import { decideCommands, renderReview, renderRun } from '../../cli/render/run';
import { cut, renderTable } from '../../cli/render/table';
import { duration, money } from '../../cli/render/units';
import { renderValue } from '../../cli/render/value';
import { sha256Of } from '../../contracts/content';
import type { PhaseView, RunView } from '../../contracts/views';

const NOTHING = { settledMicroUsd: 0, unsettledMicroUsd: 0 };
const phase = (name: string, change: Partial<PhaseView> = {}): PhaseView => ({
  name,
  status: 'pending',
  round: 0,
  spend: NOTHING,
  allowanceMicroUsd: 0,
  steps: { model: 0, tool: 0 },
  current: [],
  ...change,
});
const view = (change: Partial<RunView> = {}): RunView => ({
  id: 'r-1',
  firstRunId: 'f',
  team: 'report',
  version: '1.0.0',
  user: 'local',
  status: 'running',
  provider: 'nobody',
  startedAt: '2026-11-20T08:00:00.000Z',
  changedAt: '2026-11-20T08:00:05.000Z',
  endedAt: '2026-11-20T08:00:05.000Z',
  budgetMicroUsd: 2_000_000,
  spend: { settledMicroUsd: 12_300, unsettledMicroUsd: 0 },
  stateVersion: 1,
  revision: 1,
  explanation: 'Working.',
  question: 'Why?',
  phases: [phase('research'), phase('writing')],
  reviews: [],
  decisions: [],
  limitations: [],
  teamSha256: sha256Of('team'),
  inputSha256: sha256Of('input'),
  tokens: { input: 1_200, output: 34 },
  ...change,
});
const REVIEW: RunView['reviews'][number] = {
  id: 'research-5',
  kind: 'operator',
  phase: 'research',
  reason: 'authentication',
  explanation: 'Mend the key.',
  digest: sha256Of('x'),
  options: ['resume', 'stop'],
  openedAt: '2026-11-20T08:00:03.000Z',
};

describe('a run on one screen', () => {
  it('says where it stands, what each phase has done, and what it waits for', () => {
    const screen = renderRun(
      view({
        status: 'waiting_for_review',
        phases: [
          phase('research', {
            status: 'waiting',
            round: 2,
            steps: { model: 3, tool: 7 },
            spend: { settledMicroUsd: 12_300, unsettledMicroUsd: 4_000 },
          }),
        ],
        limitations: [{ kind: 'source_unavailable', count: 2, detail: 'two files' }],
        reviews: [REVIEW],
      }),
    );
    for (const part of [
      'r-1  (report 1.0.0, for local)',
      'waiting_for_review',
      '$0.0123 of $2.0000',
      '1,200 tokens in, 34 tokens out',
      'source_unavailable × 2: two files',
      'Mend the key.',
      'decide r-1 resume --review research-5',
    ])
      expect(screen).toContain(part);
    expect(screen).toMatch(
      /research\s+waiting\s+2\s+3\s+7\s+\$0\.0123 \(\+ \$0\.004000 unsettled\)/,
    );
  });

  it('binds an approval to what the person was shown', () => {
    const approval = { ...REVIEW, kind: 'approval' as const, options: ['approve' as const] };
    expect(decideCommands('r-1', approval)).toEqual([
      command(`decide r-1 approve --review research-5 --digest ${REVIEW.digest}`),
    ]);
  });
});

describe('a review', () => {
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
