import fc from 'fast-check';
import type { RunEventBody, RunState } from '../../contracts/run-state';
import { isEnd } from '../../contracts/run-status';
import { nextOfPhase, nextOfRun } from '../../domain/next-steps';
import { apply, emptyState } from '../../domain/run-state';
import { OTHER_SHA256, phasePlan, runPlan, SOME_SHA256 } from '../support/plans';
import { someStory } from '../support/stories';

const plan = runPlan([
  phasePlan('research'),
  phasePlan('prices', { required: false }),
  phasePlan('analysis', { needs: ['research', 'prices'] }),
  phasePlan('report', { needs: ['analysis'], review: 'always' }),
]);

function stateAfter(...bodies: RunEventBody[]): RunState {
  const opened: RunEventBody = {
    type: 'run_opened',
    budgetMicroUsd: 1_000_000,
    phases: plan.phases.map(({ name }) => name),
  };
  return [opened, ...bodies].reduce<RunState>(
    (state, body, index) => apply(state, { ...body, version: index + 1, at: index }),
    emptyState(0),
  );
}
const started = (phase: string): RunEventBody => ({
  type: 'phase_started',
  phase,
  round: 1,
  allowanceMicroUsd: 9,
});
const SPEND = { settledMicroUsd: 0, unsettledMicroUsd: 0 };
const finished = (phase: string): RunEventBody[] => [
  started(phase),
  { type: 'output_accepted', phase, output: OTHER_SHA256, limitations: [], spend: SPEND },
  { type: 'phase_finished', phase },
];
const asked = (
  phase: string,
  kind: 'approval' | 'operator',
  effects?: { tool: string; inputSha256: string }[],
): Extract<RunEventBody, { type: 'review_opened' }> => ({
  type: 'review_opened',
  review: {
    id: `${phase}-1`,
    kind,
    phase,
    reason: kind === 'approval' ? 'always' : 'effect_unknown',
    digest: SOME_SHA256,
    ...(effects ? { effects } : {}),
    options: kind === 'approval' ? ['approve', 'stop'] : ['approve', 'resume', 'stop'],
  },
});

describe('what happens next', () => {
  it('names what starts after a phase, with everything that it needs', () => {
    const state = stateAfter(started('research'), started('prices'));
    expect(nextOfPhase(plan, state, 'research')).toBe('then analysis (needs research, prices)');
    expect(nextOfPhase(plan, state, 'analysis')).toBe('then report');
    expect(nextOfPhase(plan, state, 'report')).toBe(
      'a person is asked, then the run completes when research, prices, analysis ended too',
    );
  });

  it('tells the way of the run to its end', () => {
    expect(nextOfRun(plan, stateAfter())).toBe(
      'research + prices → analysis → report → the run completes',
    );
    expect(nextOfRun(plan, stateAfter(...finished('research'), started('prices')))).toBe(
      'now prices → analysis → report → the run completes',
    );
    const degraded: RunEventBody = {
      type: 'phase_degraded',
      phase: 'prices',
      failure: 'loop',
      spend: SPEND,
    };
    const state = stateAfter(
      ...finished('research'),
      started('prices'),
      degraded,
      ...finished('analysis'),
    );
    expect(nextOfRun(plan, state)).toBe('report → the run completes with limitations');
  });

  it('says what each decision leads to', () => {
    const ready = ['research', 'prices', 'analysis'].flatMap(finished);
    const effects = [{ tool: 'publish_file', inputSha256: SOME_SHA256 }];
    const approval = stateAfter(...ready, started('report'), asked('report', 'approval', effects));
    expect(nextOfPhase(plan, approval, 'report')).toBe(
      'approve → publish_file is carried out, then the run completes; stop → the run ends with what there is',
    );
    const unknown = stateAfter(...ready, started('report'), asked('report', 'operator', effects));
    expect(nextOfPhase(plan, unknown, 'report')).toBe(
      'approve → publish_file counts as done, then the run completes; resume → report goes on; stop → the run ends with what there is',
    );
  });

  it('says that what is accepted limits the result', () => {
    const ready = ['research', 'prices', 'analysis'].flatMap(finished);
    const question = asked('report', 'operator');
    const state = stateAfter(...ready, started('report'), {
      ...question,
      review: { ...question.review, options: ['accept', 'stop'] },
    });
    expect(nextOfPhase(plan, state, 'report')).toBe(
      'accept → the output of report is taken with a limitation, then the run completes with limitations; stop → the run ends with what there is',
    );
  });

  it('is nothing for a phase or a run that has ended', () => {
    const ended = stateAfter(...finished('research'), { type: 'run_ended', status: 'stopped' });
    expect(nextOfPhase(plan, stateAfter(...finished('research')), 'research')).toBeUndefined();
    expect(nextOfPhase(plan, ended, 'prices')).toBeUndefined();
    expect(nextOfRun(plan, ended)).toBeUndefined();
    expect(nextOfPhase(plan, stateAfter(), 'nobody')).toBeUndefined();
  });

  it('names every phase that is still to come, in any run', () => {
    fc.assert(
      fc.property(someStory, ({ plan: random, states }) => {
        for (const state of states.slice(1)) {
          const next = nextOfRun(random, state);
          if (isEnd(state.status)) expect(next).toBeUndefined();
          for (const { name } of random.phases) {
            const status = state.phases[name]?.status ?? '';
            const isOpen = !isEnd(state.status) && !['done', 'degraded'].includes(status);
            if (isOpen) expect(next).toMatch(new RegExp(`\\b${name}\\b`));
            expect(nextOfPhase(random, state, name) !== undefined).toBe(isOpen);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});
