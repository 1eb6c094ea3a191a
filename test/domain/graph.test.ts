import fc from 'fast-check';
import type { PhaseState, RunState } from '../../contracts/run-state';
import { isEnd } from '../../contracts/run-status';
import { allEnded, phasesToReset, readyPhases, withDownstream } from '../../domain/graph';
import { apply, emptyState } from '../../domain/run-state';
import { phasePlan, runPlan } from '../support/plans';
import { someStory } from '../support/stories';

const plan = runPlan([
  phasePlan('research'),
  phasePlan('figures'),
  phasePlan('analysis', { needs: ['research', 'figures'] }),
  phasePlan('writing', { needs: ['analysis'] }),
  phasePlan('translation', { needs: ['figures'] }),
]);
const names = plan.phases.map(({ name }) => name);

function stateWith(changes: Record<string, Partial<PhaseState>>): RunState {
  const state = apply(emptyState(0), {
    type: 'run_opened',
    budgetMicroUsd: 1_000,
    phases: names,
    version: 1,
    at: 0,
  });
  const phases = Object.entries(state.phases).map(([name, phase]) => [
    name,
    { ...phase, ...changes[name] },
  ]);
  return { ...state, phases: Object.fromEntries(phases) };
}
const ready = (state: RunState): string[] => readyPhases(plan, state).map(({ name }) => name);

describe('readyPhases', () => {
  it('starts what needs nothing, in the order of the plan', () => {
    expect(ready(stateWith({}))).toEqual(['research', 'figures']);
  });

  it('waits for all that a phase needs', () => {
    expect(ready(stateWith({ research: { status: 'done' } }))).toEqual(['figures']);
    expect(ready(stateWith({ research: { status: 'done' }, figures: { status: 'done' } }))).toEqual(
      ['analysis', 'translation'],
    );
  });

  it('goes on after a phase that degraded', () => {
    const state = stateWith({ research: { status: 'degraded' }, figures: { status: 'done' } });
    expect(ready(state)).toContain('analysis');
  });

  it.each(['running', 'waiting'] as const)('starts nothing on a phase that is %s', (status) => {
    expect(ready(stateWith({ research: { status }, figures: { status } }))).toEqual([]);
  });

  it('always has a phase to go on with until all have ended', () => {
    fc.assert(
      fc.property(someStory, ({ plan: random, states }) => {
        for (const state of states.slice(1)) {
          // What ends a run before its phases have ended leaves nothing to go on with.
          if (isEnd(state.status)) continue;
          const active = Object.values(state.phases).some(
            ({ status }) => status === 'running' || status === 'waiting',
          );
          const goesOn = active || readyPhases(random, state).length > 0;
          expect(goesOn).toBe(!allEnded(random, state));
        }
      }),
    );
  });
});

describe('allEnded', () => {
  it('holds when every phase is done or degraded, and not before', () => {
    const done = Object.fromEntries(names.map((name) => [name, { status: 'done' as const }]));
    expect(allEnded(plan, stateWith(done))).toBe(true);
    expect(allEnded(plan, stateWith({ ...done, writing: { status: 'degraded' } }))).toBe(true);
    expect(allEnded(plan, stateWith({ ...done, writing: { status: 'waiting' } }))).toBe(false);
    expect(allEnded(plan, stateWith({}))).toBe(false);
  });
});

describe('revisions', () => {
  it('reach the phase and all that builds on it, directly or not, and nothing else', () => {
    expect(withDownstream(plan, 'research')).toEqual(['research', 'analysis', 'writing']);
    expect(withDownstream(plan, 'figures')).toEqual([
      'figures',
      'analysis',
      'writing',
      'translation',
    ]);
    expect(withDownstream(plan, 'writing')).toEqual(['writing']);
  });

  it('do again only what has been begun', () => {
    const state = stateWith({ figures: { status: 'done' }, analysis: { status: 'running' } });
    expect(phasesToReset(plan, state, 'figures')).toEqual(['figures', 'analysis']);
  });
});
