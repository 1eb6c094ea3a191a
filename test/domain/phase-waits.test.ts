import type { RunEvent, RunState } from '../../contracts/run-state';
import { waitOf } from '../../domain/phase-waits';
import { apply, emptyState } from '../../domain/run-state';
import { OTHER_SHA256, phasePlan, SOME_SHA256 } from '../support/plans';

const writing = phasePlan('writing', { needs: ['research', 'prices'] });
const SPEND = { settledMicroUsd: 0, unsettledMicroUsd: 0 };
const ACCEPTED = {
  type: 'output_accepted',
  phase: 'writing',
  output: OTHER_SHA256,
  limitations: [],
  spend: SPEND,
  version: 1,
  at: 0,
} satisfies RunEvent;

function stateWith(status: 'pending' | 'running' | 'waiting' | 'done'): RunState {
  const opened = apply(emptyState(0), {
    type: 'run_opened',
    budgetMicroUsd: 1,
    phases: ['research', 'prices', 'writing'],
    version: 1,
    at: 0,
  });
  const { research, writing: phase } = opened.phases;
  if (!research || !phase) throw new Error('both phases are there');
  return {
    ...opened,
    phases: {
      ...opened.phases,
      research: { ...research, status: 'done' },
      writing: { ...phase, status },
    },
  };
}
const asking = (kind: 'approval' | 'operator'): RunState => ({
  ...stateWith('waiting'),
  reviews: {
    'writing-5': {
      id: 'writing-5',
      kind,
      phase: 'writing',
      reason: kind === 'approval' ? 'always' : 'billing',
      digest: SOME_SHA256,
      options: ['stop'],
      openedAt: 0,
    },
  },
});

describe('what a phase waits for', () => {
  it('is what it needs and has not got', () => {
    expect(waitOf(writing, stateWith('pending'), undefined, { retrying: [] })).toBe('prices');
    expect(
      waitOf(phasePlan('prices'), stateWith('pending'), undefined, { retrying: [] }),
    ).toBeUndefined();
  });

  it('is a provider or tool that fails for the moment', () => {
    const running = stateWith('running');
    expect(waitOf(writing, running, undefined, { retrying: [] })).toBeUndefined();
    expect(
      waitOf(writing, running, undefined, {
        retrying: [
          { name: 'some-model', failedTries: 3, failure: 'overloaded' },
          { name: 'fetch', failedTries: 1, failure: null },
        ],
      }),
    ).toBe(
      'some-model, which failed 3 times (overloaded), to be tried again; fetch, which failed once, to be tried again',
    );
  });

  it('is a model that is not asked for a while, also between two attempts', () => {
    const heldBackBy = {
      name: 'some-model',
      failure: 'overloaded',
      openSince: '2026-11-21T09:00:00.000Z',
      nextTry: '2026-11-21T09:00:05.000Z',
    };
    const words =
      'some-model, which is failing (overloaded; breaker open since 2026-11-21T09:00:00.000Z, next try 2026-11-21T09:00:05.000Z)';
    const retrying = [{ name: 'some-model', failedTries: 3, failure: 'overloaded' }];
    expect(waitOf(writing, stateWith('running'), undefined, { retrying, heldBackBy })).toBe(words);
    const suspended = {
      type: 'phase_suspended',
      phase: 'writing',
      reasons: ['long_wait'],
      spend: SPEND,
      version: 2,
      at: 0,
    } satisfies RunEvent;
    expect(waitOf(writing, stateWith('waiting'), suspended, { retrying, heldBackBy })).toBe(words);
    // Its effects have nothing to do with the model.
    expect(waitOf(writing, stateWith('waiting'), ACCEPTED, { retrying: [], heldBackBy })).toBe(
      'its effects to be carried out',
    );
  });

  it('is a person or an operator, by the question that is open', () => {
    expect(waitOf(writing, asking('approval'), ACCEPTED, { retrying: [] })).toBe(
      'a person’s approval (writing-5)',
    );
    expect(waitOf(writing, asking('operator'), ACCEPTED, { retrying: [] })).toBe(
      'an operator: billing (writing-5)',
    );
  });

  it('is what its last event says, where nobody is asked', () => {
    const waiting = stateWith('waiting');
    const suspended: RunEvent = {
      type: 'phase_suspended',
      phase: 'writing',
      reasons: ['long_wait'],
      spend: SPEND,
      version: 1,
      at: 0,
    };
    expect(waitOf(writing, waiting, suspended, { retrying: [] })).toBe(
      'the model provider asks for a long wait',
    );
    expect(waitOf(writing, waiting, ACCEPTED, { retrying: [] })).toBe(
      'its effects to be carried out',
    );
    expect(waitOf(writing, waiting, undefined, { retrying: [] })).toBeUndefined();
  });

  it('is nothing once it has ended, or the run has', () => {
    expect(waitOf(writing, stateWith('done'), ACCEPTED, { retrying: [] })).toBeUndefined();
    const stopped: RunState = { ...stateWith('pending'), status: 'stopped' };
    expect(waitOf(writing, stopped, undefined, { retrying: [] })).toBeUndefined();
  });
});
