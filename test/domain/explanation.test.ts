import type { Review } from '../../contracts/reviews';
import type { PhaseState, RunState } from '../../contracts/run-state';
import { RUN_STATUSES, type RunStatus } from '../../contracts/run-status';
import { dollars } from '../../domain/dollars';
import { explainRun } from '../../domain/explanation';
import { RECOVERY } from '../../domain/recovery';
import { explainReview } from '../../domain/review-words';
import { apply, emptyState } from '../../domain/run-state';
import { phasePlan, runPlan, SOME_SHA256 } from '../support/plans';

const plan = runPlan([phasePlan('research'), phasePlan('writing', { needs: ['research'] })], {
  budgetMicroUsd: 2_000_000,
});
const opened = apply(emptyState(0), {
  type: 'run_opened',
  budgetMicroUsd: 2_000_000,
  phases: ['research', 'writing'],
  version: 1,
  at: 0,
});
const review: Review = {
  id: 'writing-5',
  kind: 'operator',
  phase: 'writing',
  reason: 'authentication',
  digest: SOME_SHA256,
  options: ['resume', 'stop'],
  openedAt: 0,
};

/** `research` done for 0.5 dollars and a cent unsettled, `writing` at work. */
function halfway(status: RunStatus = 'running', changes: Partial<RunState> = {}): RunState {
  const { research, writing } = opened.phases;
  if (!research || !writing) throw new Error('both phases are there');
  const spend = { settledMicroUsd: 500_000, unsettledMicroUsd: 10_000 };
  return {
    ...opened,
    status,
    phases: {
      research: { ...research, status: 'done', spend },
      writing: { ...writing, status: 'running' },
    },
    ...changes,
  };
}
const PROGRESS = '1 of 2 phases (research) for $0.5000 and at most $0.0100 unsettled of $2.0000';

describe('the explanation of a run', () => {
  it.each<[RunStatus, Partial<RunState>, string]>([
    ['queued', {}, 'The run waits to be opened.'],
    ['running', {}, `Working on writing; completed ${PROGRESS}.`],
    ['paused', {}, `The run is paused after ${PROGRESS}.`],
    ['completed', {}, `Completed ${PROGRESS}.`],
    ['budget_exhausted', {}, `The budget of $2.0000 was used up after ${PROGRESS}.`],
    [
      'budget_exhausted',
      { shortage: { phase: 'writing', needMicroUsd: 1_300_000, leftMicroUsd: 1_200_000 } },
      `The budget has no room for the next call of writing: it may cost up to $1.3000, and $1.2000 of $2.0000 was left for it. Completed ${PROGRESS}.`,
    ],
    ['rejected', {}, `A person rejected the run after ${PROGRESS}.`],
    ['refused', {}, 'The run was refused and never started.'],
    ['stopped', {}, `The run was stopped after ${PROGRESS}.`],
    ['failed', {}, `The run failed after ${PROGRESS}.`],
    [
      'failed',
      { failure: 'no_documents' },
      `The run failed after ${PROGRESS}: ${RECOVERY.no_documents.explanation}`,
    ],
    [
      'failed',
      {
        failure: 'phase_timed_out',
        phases: { writing: { ...opened.phases.writing, status: 'unfinished' } as PhaseState },
      },
      `The run failed in writing after 0 of 2 phases (nothing) for $0.0000 of $2.0000: ${RECOVERY.phase_timed_out.explanation}`,
    ],
    [
      'waiting_for_review',
      { reviews: { [review.id]: review } },
      `writing: ${RECOVERY.authentication.explanation}`,
    ],
    [
      'completed_with_limitations',
      {
        limitations: [
          { kind: 'source_unavailable', count: 2 },
          { kind: 'review_unresolved', phase: 'research' },
          { kind: 'review_unresolved', phase: 'research' },
        ],
      },
      `Completed ${PROGRESS}, with limitations: source_unavailable, review_unresolved (research).`,
    ],
  ])('%s %j', (status, changes, words) => {
    expect(explainRun(plan, halfway(status, changes))).toBe(words);
  });

  it('has words for every status', () => {
    for (const status of RUN_STATUSES.filter((known) => known !== 'waiting_for_review'))
      expect(explainRun(plan, halfway(status))).toMatch(/^[A-Z].*\.$/);
  });

  it('says that nothing is under way between phases, and that nothing is completed yet', () => {
    expect(explainRun(plan, { ...opened, status: 'running' })).toBe(
      'Between phases; completed 0 of 2 phases (nothing) for $0.0000 of $2.0000.',
    );
  });

  it('asks all open questions', () => {
    const approval: Review = { ...review, id: 'research-3', phase: 'research', reason: 'always' };
    const state = halfway('waiting_for_review', {
      reviews: { [review.id]: review, [approval.id]: approval },
    });
    expect(explainRun(plan, state)).toBe(`${explainReview(review)} ${explainReview(approval)}`);
    expect(explainReview(approval)).toMatch(/approve the output of research/);
  });
});

describe('dollars', () => {
  it.each([
    [0, '$0.0000'],
    [1, '$0.000001'],
    [9_999, '$0.009999'],
    [10_000, '$0.0100'],
    [2_000_000, '$2.0000'],
    [10_000_000_000, '$10000.0000'],
  ])('%i micro-dollars read as %s', (microUsd, text) => {
    expect(dollars(microUsd)).toBe(text);
  });
});
