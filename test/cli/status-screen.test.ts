import { command } from '../../cli/called-as';
import { renderRun } from '../../cli/render/run';
import type { PhaseView, ReviewView } from '../../contracts/views';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import { phase, REVIEW, view } from './run-views';

const NOW = Date.parse('2026-11-20T08:10:00.000Z');
const SINCE = '2026-11-20T08:09:00.000Z';
/** As long as ids come. */
const ID = 'report-20261121-ab12cd';
const NAMES = ['research', 'analysis', 'writing', 'review', 'publishing'];

const atWork = (name: string, change: Partial<PhaseView> = {}): PhaseView =>
  phase(name, {
    status: 'running',
    round: 1,
    since: SINCE,
    steps: { model: 12, tool: 34 },
    spend: { settledMicroUsd: 123_456, unsettledMicroUsd: 10 },
    current: [
      { kind: 'model', name: 'claude-opus-5-5', since: '2026-11-20T08:09:57.000Z', failedTries: 2 },
    ],
    next: 'then writing (needs analysis, research)',
    ...change,
  });
const asks = (name: string): ReviewView => ({
  ...REVIEW,
  id: `${name}-17`,
  kind: 'approval',
  phase: name,
  digest: SOME_SHA256,
  explanation:
    'A person is asked to approve the output of publishing before it is handed on and its effects are carried out.',
  effects: [{ tool: 'publish_file', inputSha256: OTHER_SHA256 }],
  options: ['approve', 'stop'],
});

/** Lines as a terminal of 80 columns shows them. */
function linesOf(screen: string): number {
  return screen
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 80)), 0);
}

describe('the screen of a run', () => {
  it('says of each phase what it does, what it waits for, since when, and what comes next', () => {
    const { endedAt: _ended, ...running } = view({
      id: ID,
      phases: [
        phase('prices', { status: 'done', round: 1, since: SINCE }),
        atWork('research'),
        atWork('analysis', {
          round: 2,
          current: [],
          waitsFor: 'claude-opus-5-5, which failed 3 times (overloaded), to be tried again',
        }),
        phase('writing', { waitsFor: 'research, analysis' }),
      ],
      next: 'now research + analysis → writing → the run completes',
    });
    const screen = renderRun(running, NOW);
    for (const part of [
      /^run +report-20261121-ab12cd \(report 1\.0\.0, for local\)$/m,
      /^status +running for 10 min 00 s, since 2026-11-20T08:00:00\.000Z$/m,
      /^cost +\$0\.0123 of \$2\.0000; 1,200 tokens in, 34 tokens out; nobody$/m,
      /^next +now research \+ analysis → writing → the/m,
      /^prices +done +1 min 00 s +1$/m,
      /^research +running +1 min 00 s +1 +12 \+ 34 +\$0\.1235\+$/m,
      /^ {2}└ claude-opus-5-5 \(try 3\), 3\.0 s; then writing \(needs analysis, research\)$/m,
      /^analysis +running +1 min 00 s +2 .*claude-opus-5-5, which/m,
      /^writing +pending +research, analysis$/m,
    ])
      expect(screen).toMatch(part);
    expect(screen).not.toContain('Working.');
  });

  it('says what a person is asked, since when, what to look at, and how to decide', () => {
    const screen = renderRun(
      view({ id: ID, reviews: [{ ...asks('writing'), openedAt: SINCE }] }),
      NOW,
    );
    expect(screen).toContain('waits for a person for 1 min 00 s: A person is asked to approve');
    expect(screen).toContain(`input of publish_file: ${command(`artifact ${OTHER_SHA256}`)}`);
    expect(screen).toContain(
      `approve or stop: ${command(`decide ${ID} approve --review writing-17 --digest ${SOME_SHA256}`)}`,
    );
    const operator = renderRun(view({ reviews: [REVIEW, asks('writing')] }), NOW);
    expect(operator).toContain('waits for an operator for');
    expect(operator).toContain(
      `resume or stop: ${command('decide r-1 resume --review research-5')}`,
    );
    expect(operator).toContain(`and 1 more question; \`${command('decide r-1')}\` lists them all`);
  });

  it('names documents that are missing in one line, and what the result will lack', () => {
    const screen = renderRun(
      view({
        unavailableDocuments: [
          { name: 'a.pdf', reason: 'is encrypted' },
          { name: 'b\u202e.pdf', reason: 'is empty' },
        ],
        skippedFiles: [{ name: 'c.bin', reason: 'is of no known kind' }],
        limitations: [{ kind: 'source_unavailable', count: 2, detail: 'two\nfiles' }],
      }),
      NOW,
    );
    expect(screen).toContain('left out  2 unavailable (a.pdf, b\\u202e.pdf); 1 skipped (c.bin)');
    expect(screen).toContain('lacks     source_unavailable × 2: two files');
  });

  it('says in one line what was recovered from, and which model a phase has fallen back on', () => {
    const recoveries = [
      { failure: 'overloaded', action: 'retry', count: 2 },
      { failure: 'refused_by_model', action: 'fallback_model', count: 1 },
    ];
    const screen = renderRun(
      view({ phases: [phase('research', { recoveries, model: 'm-2' }), phase('writing')] }),
      NOW,
    );
    expect(screen).toMatch(
      /^recovery {2}research: overloaded → retry × 2, refused_by_model → fallback_model, /m,
    );
    const one = phase('research', { recoveries: recoveries.slice(1), model: 'm-2' });
    expect(renderRun(view({ phases: [one] }), NOW)).toMatch(
      /^recovery {2}research: refused_by_model → fallback_model, now m-2$/m,
    );
    const waited = [{ failure: 'ledger_unavailable', action: 'wait', count: 1 }];
    expect(renderRun(view({ recoveries: waited, phases: [one] }), NOW)).toMatch(
      /^recovery {2}ledger_unavailable → wait; research: refused_by_model → /m,
    );
    expect(renderRun(view(), NOW)).not.toContain('recovery');
  });

  it('says of which run it is a fork', () => {
    const forkedFrom = { run: 'r-0', firstRunId: 'f', version: 9, phase: 'writing' };
    expect(renderRun(view({ forkedFrom }), NOW)).toContain(
      'r-1 (report 1.0.0, for local; fork of r-0 from writing on)',
    );
  });

  it('says how a run has ended', () => {
    const explanation = `The run failed after 1 of 2 phases: ${'a long reason '.repeat(9)}`;
    const screen = renderRun(view({ status: 'failed', explanation }), NOW);
    expect(screen.replace(/\n +/g, ' ')).toContain(explanation.trim());
    expect(screen).toContain('failed after 5.0 s, begun');
  });

  it.each([
    ['all phases at work at once, and one of them asks', NAMES.map((name) => atWork(name)), 1],
    ['all phases asking at once', NAMES.map((name) => atWork(name, { status: 'waiting' })), 5],
    ['one phase at work', [atWork('research'), ...NAMES.slice(1).map((name) => phase(name))], 0],
  ])('fits into 24 lines of 80 columns with five phases: %s', (_what, phases, questions) => {
    const long = 'a very long text that goes on and on, '.repeat(20);
    const screen = renderRun(
      view({
        id: ID,
        status: questions > 0 ? 'waiting_for_review' : 'running',
        question: long,
        provider: long,
        next: long,
        phases: phases.map((shown) => ({
          ...shown,
          waitsFor: long,
          next: long,
          recoveries: [{ failure: long, action: long, count: 3 }],
        })),
        reviews: NAMES.slice(0, questions).map(asks),
        limitations: [{ kind: 'incomplete_research', phase: 'research', detail: long }],
        unavailableDocuments: [{ name: long, reason: long }],
        skippedFiles: [{ name: long, reason: long }],
      }),
      NOW,
    );
    expect(linesOf(screen)).toBeLessThanOrEqual(24);
    for (const name of NAMES) expect(screen).toMatch(new RegExp(`^${name} `, 'm'));
  });
});
