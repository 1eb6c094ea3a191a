import { command } from '../../cli/called-as';
import { renderResult } from '../../cli/render/result';
import type { RunResult } from '../../contracts/views';
import { SOME_SHA256 } from '../support/plans';

const result = (change: Partial<RunResult> = {}): RunResult => ({
  run: 'r-1',
  team: 'report',
  version: '1.0.0',
  status: 'completed_with_limitations',
  explanation: 'Completed 5 of 5 phases.',
  provider: 'nobody',
  question: 'Why?',
  startedAt: '2026-11-20T08:00:00.000Z',
  endedAt: '2026-11-20T08:00:05.000Z',
  completedPhases: [],
  outputs: {},
  partialOutputs: {},
  limitations: [],
  costs: { budgetMicroUsd: 1, settledMicroUsd: 12_300, unsettledMicroUsd: 0, byPhase: {} },
  documents: [],
  unavailableDocuments: [],
  skippedFiles: [],
  published: [],
  withheld: [],
  recoveries: [],
  ...change,
});

describe('how a run ended, for people', () => {
  it('names documents that are missing with their reasons, and no text of others as it is', () => {
    const screen = renderResult(
      result({
        unavailableDocuments: [{ name: 'a\u001b[31m.pdf', reason: 'is\nencrypted' }],
        skippedFiles: [{ name: 'b.bin', reason: 'is of no known kind' }],
      }),
      { published: [] },
    );
    expect(screen).toContain('unavailable: a\\u001b[31m.pdf is encrypted\n');
    expect(screen).toContain('skipped: b.bin is of no known kind\n');
    expect(screen).toContain(`\`${command('result r-1 --out DIR')}\` writes everything`);
  });

  it('names what a last turn gave that fits no contract', () => {
    const partialOutputs = { research: { sha256: SOME_SHA256, text: 'half of it' } };
    expect(renderResult(result({ partialOutputs }), { published: [] })).toContain(
      `partial output: of research, \`${command(`artifact ${SOME_SHA256}`)}\` shows it`,
    );
  });

  it('counts those beyond ten', () => {
    const skippedFiles = [...Array(25).keys()].map((n) => ({ name: `${n}.bin`, reason: 'is odd' }));
    const screen = renderResult(result({ skippedFiles }), { published: [] });
    expect(screen.match(/^skipped: \d+\.bin is odd$/gm)).toHaveLength(10);
    expect(screen).toContain('skipped: 15 more, listed with --json');
  });

  it('says what went wrong on the way, by phase, and what was done about it', () => {
    const recoveries = [
      { failure: 'ledger_unavailable', action: 'wait', count: 1 },
      { phase: 'research', failure: 'overloaded', action: 'retry', count: 2 },
      { phase: 'writing', failure: 'check_failed', action: 'check_report', count: 1 },
      { phase: 'research', failure: 'refused_by_model', action: 'fallback_model', count: 1 },
    ];
    expect(renderResult(result({ recoveries }), { published: [] })).toContain(
      '\nrecoveries: ledger_unavailable → wait; research: overloaded → retry × 2, refused_by_model → fallback_model; writing: check_failed → check_report\n',
    );
    expect(renderResult(result(), { published: [] })).not.toContain('recoveries');
  });

  it('names effects that were withheld, and how to look at them', () => {
    const withheld = [{ phase: 'publishing', tool: 'publish_file', inputSha256: SOME_SHA256 }];
    expect(renderResult(result({ withheld }), { published: [] })).toContain(
      `withheld: publish_file of publishing, \`${command(`artifact ${SOME_SHA256}`)}\` shows it`,
    );
  });
});
