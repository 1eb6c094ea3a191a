import { renderInvocations, renderStep, renderTrace } from '../../cli/render/trace';
import type { TraceStep } from '../../contracts/views';
import { SOME_SHA256 } from '../support/plans';
import { phase } from './run-views';

const step = (change: Partial<TraceStep> = {}): TraceStep => ({
  stepKey: 'k',
  number: 1,
  phase: 'research',
  round: 2,
  turn: 3,
  kind: 'model',
  name: 'some-model',
  ending: 'answer',
  startedAt: '2026-11-20T08:00:00.000Z',
  endedAt: '2026-11-20T08:00:01.500Z',
  requestSha256: SOME_SHA256,
  tokens: { input: 11, output: 22, cacheWrite: 33, cacheRead: 44 },
  costMicroUsd: 12_300,
  recoveries: [],
  calls: [],
  ...change,
});
const { tokens: _none, ...tool } = step({ number: 2, kind: 'tool', name: 'fetch', toolCall: 2 });

describe('invocations as a table', () => {
  it('number each step, tell tool calls of a turn apart, and show what came from a cache', () => {
    const [head, first, second] = renderTrace([step(), tool], []).split('\n');
    expect(head).toMatch(/tokens in +cache read +cache write +out +cost/);
    expect(first).toMatch(/^ +1 +research 2\.3 +model .* 11 +44 +33 +22 +\$0\.0123 +1\.5 s$/);
    expect(second).toMatch(/^ +2 +research 2\.3\.2 +tool +fetch/);
  });

  it('end with how sure the outputs may be and what they hold, and why', () => {
    const research = phase('research', {
      confidence: { stated: 0.8, corrected: 0.64, because: ['a source was unavailable'] },
      categories: { financial: ['source filings', 'tool news__search'] },
    });
    const shown = renderTrace([step()], [research, phase('writing')])
      .split('\n')
      .slice(-2);
    expect(shown[0]).toMatch(/^output of +confidence +because +holds$/);
    expect(shown[1]).toMatch(
      /^research +0\.64 of 0\.8 +a source was unavailable +financial \(source filings, tool news__search\)$/,
    );
  });

  it('carry the number that `trace --step` takes, across runs too', () => {
    const [, row] = renderInvocations([{ ...tool, number: 17, run: 'r-1' }]).split('\n');
    expect(row).toMatch(/r-1 +17 +research 2\.3\.2/);
  });

  it('show beside a step what it recovered from, in a column that is there for it', () => {
    const recoveries = [{ failure: 'overloaded', action: 'retry', count: 2 }];
    const [head, first, second] = renderTrace([step({ recoveries }), tool], []).split('\n');
    expect(head).toMatch(/took +recovery$/);
    expect(first).toMatch(/1\.5 s +overloaded → retry × 2$/);
    expect(second).toMatch(/1\.5 s$/);
    expect(renderTrace([step(), tool], [])).not.toContain('recovery');
    expect(renderStep({ ...step({ recoveries }), request: {} }, false)).toContain(
      '\n  recovered: overloaded → retry × 2\n',
    );
  });

  it('show one in full under its number', () => {
    const shown = renderStep({ ...tool, request: {}, outcome: 'x\u001b[2J' }, false);
    expect(shown).toMatch(/^step 2\n +tool fetch in research, round 2, turn 3, tool call 2\n/);
    expect(shown).toContain('x\\u001b[2J');
  });
});
