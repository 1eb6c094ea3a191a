import { renderChanges, renderHistory } from '../../cli/render/history';
import { renderState } from '../../cli/render/state';
import type { HistoryEntry } from '../../contracts/history';
import { emptyState } from '../../domain/run-state';
import { OTHER_SHA256 } from '../support/plans';

const entry = (change: Partial<HistoryEntry> = {}): HistoryEntry => ({
  version: 3,
  at: '2026-11-20T08:00:00.000Z',
  type: 'output_accepted',
  who: { kind: 'agent', id: 'research', models: ['m-1', 'm-2'] },
  what: 'handed in the output of research',
  changes: [],
  event: {},
  ...change,
});

describe('the history of a run as a table', () => {
  it('has when, who, what, why and what changed in one row', () => {
    const table = renderHistory({
      stateVersion: 3,
      entries: [
        entry({
          why: 'because\u001b[2J of\nit',
          changes: [
            { path: '/version', before: 2, after: 3 },
            { path: '/phases/research/status', before: 'running', after: 'waiting' },
            { path: '/phases/research/output', after: OTHER_SHA256 },
          ],
        }),
      ],
    });
    expect(table.split('\n')).toHaveLength(2);
    expect(table).toContain(
      '3  2026-11-20T08:00:00.000Z  agent research (m-1, m-2)  handed in the output of research  because\\u001b[2J of it  ',
    );
    expect(table).toContain(
      `phases.research.status running → waiting; phases.research.output nothing → ${OTHER_SHA256.slice(0, 12)}…`,
    );
    expect(table).not.toContain('version 2');
  });

  it('keeps a row short, whatever an event changed', () => {
    const changes = [...Array(50).keys()].map((n) => ({ path: `/a/${n}`, after: 'x'.repeat(500) }));
    const row = renderHistory({ stateVersion: 3, entries: [entry({ changes })] }).split('\n')[1];
    expect(row?.length).toBeLessThan(400);
    expect(renderChanges([{ path: '/list', before: [], after: [{ kind: 'k' }] }])).toBe(
      'list [] → [{"kind":"k"}]',
    );
  });

  it('says that nothing has happened, or nothing more', () => {
    expect(renderHistory({ stateVersion: 0, entries: [] })).toMatch(/not been opened/);
    expect(renderHistory({ stateVersion: 7, entries: [] })).toMatch(/after version 7/);
  });
});

describe('a state as a table', () => {
  it('shows everything that it holds', () => {
    const phase = {
      status: 'done',
      round: 2,
      entry: 1,
      roundsUsed: 1,
      revisions: 0,
      allowanceMicroUsd: 500_000,
      spend: { settledMicroUsd: 12_300, unsettledMicroUsd: 0 },
      unreportedMicroUsd: 0,
      output: OTHER_SHA256,
      confidence: { stated: 0.5, corrected: 0.5, because: [] },
      instruction: { kind: 'repair' },
    };
    const state = {
      ...emptyState(0),
      limitations: [{ kind: 'source_unavailable', count: 2 }],
      phases: { research: phase },
    };
    const screen = renderState({
      run: 'r',
      version: 3,
      stateVersion: 9,
      at: '2026-11-20T08:00:00.000Z',
      state,
    });
    expect(screen).toMatch(/^r at version 3 of 9, 2026-11-20T08:00:00.000Z/);
    expect(screen).toMatch(/limitations:\n\s+- kind: source_unavailable\n\s+count: 2/);
    expect(screen).toMatch(/research +done +2 +1 +1 +0 +\$0\.5000 +\$0\.0123/);
    expect(screen).toContain(`${OTHER_SHA256.slice(0, 12)}…`);
    expect(screen).toMatch(/0\.5 +repair/);
  });
});
