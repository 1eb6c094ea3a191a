import fc from 'fast-check';
import type { RunState } from '../../contracts/run-state';
import {
  allowanceAtStart,
  leftFor,
  raisedAllowance,
  spent,
  totalSpend,
  unpromised,
} from '../../domain/budget';
import { readyPhases } from '../../domain/graph';
import { apply, emptyState } from '../../domain/run-state';
import { phasePlan, runPlan } from '../support/plans';
import { someStory } from '../support/stories';

const isActive = (status: string): boolean => status === 'running' || status === 'waiting';
const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);

describe('the budget, over random runs with parallel phases and revisions', () => {
  it('B1 never promises and spends more than the budget', () => {
    fc.assert(
      fc.property(someStory, ({ plan, states }) => {
        for (const state of states.slice(1)) {
          const committed = Object.values(state.phases).map((phase) =>
            isActive(phase.status) ? phase.allowanceMicroUsd : spent(phase.spend),
          );
          expect(sum(committed)).toBeLessThanOrEqual(plan.budgetMicroUsd);
          expect(unpromised(state)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('B1 is never exceeded by what was booked, reported or not', () => {
    fc.assert(
      fc.property(someStory, ({ plan, booked }) => {
        for (const moment of booked)
          expect(sum(Object.values(moment))).toBeLessThanOrEqual(plan.budgetMicroUsd);
      }),
    );
  });

  it('B2 never allows a phase less than it has booked, reported or not', () => {
    fc.assert(
      fc.property(someStory, ({ states, booked }) => {
        for (const [moment, state] of states.entries())
          for (const [name, phase] of Object.entries(state.phases)) {
            const truth = booked[moment]?.[name] ?? 0;
            if (isActive(phase.status))
              expect(phase.allowanceMicroUsd).toBeGreaterThanOrEqual(truth);
            expect(phase.allowanceMicroUsd).toBeGreaterThanOrEqual(spent(phase.spend));
          }
      }),
    );
  });

  it('deals in whole micro-dollars only', () => {
    fc.assert(
      fc.property(someStory, ({ states }) => {
        for (const { phases } of states)
          for (const { allowanceMicroUsd } of Object.values(phases))
            expect(Number.isSafeInteger(allowanceMicroUsd)).toBe(true);
      }),
    );
  });
});

describe('the budget', () => {
  const plan = runPlan(
    [
      phasePlan('large', { budgetShare: 30 }),
      phasePlan('small', { budgetShare: 10 }),
      phasePlan('late', { budgetShare: 60, needs: ['large', 'small'] }),
    ],
    { budgetMicroUsd: 1_001 },
  );
  const opened = apply(emptyState(0), {
    type: 'run_opened',
    budgetMicroUsd: 1_001,
    phases: ['large', 'small', 'late'],
    version: 1,
    at: 0,
  });
  const started = (state: RunState, phase: string, allowanceMicroUsd: number) =>
    apply(state, {
      type: 'phase_started',
      phase,
      round: 1,
      allowanceMicroUsd,
      version: state.version + 1,
      at: 0,
    });
  const suspended = (state: RunState, phase: string, settled: number, unsettled = 0) =>
    apply(state, {
      type: 'phase_suspended',
      phase,
      reasons: ['budget'],
      spend: { settledMicroUsd: settled, unsettledMicroUsd: unsettled },
      version: state.version + 1,
      at: 0,
    });

  it('shares what is left by weight among the phases that have not started', () => {
    const [large, small] = readyPhases(plan, opened);
    if (!large || !small) throw new Error('two phases are ready');
    expect(allowanceAtStart(plan, opened, large)).toBe(300); // 1,001 × 30 / 100, rounded down
    const one = started(opened, 'large', 300);
    expect(unpromised(one)).toBe(701);
    expect(allowanceAtStart(plan, one, small)).toBe(100); // 701 × 10 / 70
  });

  it('gives the last phase all that is left', () => {
    const state = suspended(started(opened, 'large', 300), 'large', 200);
    const done = apply(state, { type: 'phase_finished', phase: 'large', version: 4, at: 0 });
    const degraded = apply(started(done, 'small', 100), {
      type: 'phase_degraded',
      phase: 'small',
      failure: 'loop',
      spend: { settledMicroUsd: 0, unsettledMicroUsd: 0 },
      version: 6,
      at: 0,
    });
    // `small` was cut off before it reported: all of its 100 may have been booked.
    expect(allowanceAtStart(plan, degraded, phasePlan('late', { budgetShare: 60 }))).toBe(701);
  });

  it('raises an allowance to what the next call needs, as far as the run still has it', () => {
    const state = suspended(started(opened, 'large', 300), 'large', 200, 50);
    expect(raisedAllowance(state, 'large', 51)).toBe(301);
    expect(raisedAllowance(state, 'large', 751)).toBe(1_001);
    expect(raisedAllowance(state, 'large', 752)).toBeUndefined();
    expect(leftFor(state, 'large')).toBe(751);
    expect(raisedAllowance(state, 'large', 50)).toBeUndefined(); // it fits as it is
    expect(raisedAllowance(state, 'nobody', 1)).toBeUndefined();
  });

  it('counts settled and unsettled apart', () => {
    const one = suspended(started(opened, 'large', 300), 'large', 200, 50);
    const two = suspended(started(one, 'small', 100), 'small', 7, 0);
    expect(totalSpend(two)).toEqual({ settledMicroUsd: 207, unsettledMicroUsd: 50 });
  });
});
