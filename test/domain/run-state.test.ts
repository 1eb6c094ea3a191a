import fc from 'fast-check';
import type { RunEvent, RunEventBody, RunState } from '../../contracts/run-state';
import { isEnd, RUN_ENDS } from '../../contracts/run-status';
import { apply, emptyState, phaseOf } from '../../domain/run-state';
import { deepFreeze } from '../support/deep-freeze';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import { someStory } from '../support/stories';

/** The state after these events, from an opened run of phases `first` and `second`. */
function stateAfter(...bodies: RunEventBody[]): RunState {
  const opened: RunEventBody = {
    type: 'run_opened',
    budgetMicroUsd: 1_000,
    phases: ['first', 'second'],
  };
  return [opened, ...bodies].reduce(
    (state, body, index) => apply(state, deepFreeze({ ...body, version: index + 1, at: index })),
    deepFreeze(emptyState(0)),
  );
}
const next = (state: RunState, body: RunEventBody): RunState =>
  apply(state, { ...body, version: state.version + 1, at: 99 });

const START = {
  type: 'phase_started',
  phase: 'first',
  round: 1,
  allowanceMicroUsd: 500,
} as const satisfies RunEventBody;
const SPEND = { settledMicroUsd: 70, unsettledMicroUsd: 30 };
const ACCEPT = {
  type: 'output_accepted',
  phase: 'first',
  output: SOME_SHA256,
  confidence: { stated: 0.7, corrected: 0.7, because: [] },
  limitations: [{ kind: 'review_unresolved', phase: 'first' }],
  spend: SPEND,
} as const satisfies RunEventBody;
const REVIEW = {
  id: 'first-3',
  kind: 'operator',
  phase: 'first',
  reason: 'loop',
  digest: SOME_SHA256,
  options: ['resume', 'stop'],
} as const;
const ask = (phase = 'first'): RunEventBody => ({
  type: 'review_opened',
  review: { ...REVIEW, options: [...REVIEW.options], phase },
});

describe('the state of a run, over random runs', () => {
  it('S1 counts versions from 1 without gaps and refuses every other version', () => {
    fc.assert(
      fc.property(someStory, fc.integer({ min: -3, max: 3 }), ({ events, states }, offset) => {
        expect(states.map(({ version }) => version)).toEqual(states.map((_, index) => index));
        const last = states.at(-1) as RunState;
        const event = { ...(events[0] as RunEvent), version: last.version + offset };
        if (offset !== 1) expect(() => apply(last, event)).toThrow(/cannot follow state version/);
      }),
    );
  });

  it('S2 makes the same states of the same events again, changing neither states nor events', () => {
    fc.assert(
      fc.property(someStory, ({ events, states }) => {
        let state = deepFreeze(emptyState(1_000));
        for (const [index, event] of events.entries()) {
          state = deepFreeze(apply(state, deepFreeze(event)));
          expect(state).toEqual(states[index + 1]);
        }
      }),
    );
  });

  it('S2 survives JSON at every moment: what continues from a copy ends the same', () => {
    fc.assert(
      fc.property(someStory, fc.nat(), ({ events, states }, cut) => {
        const from = cut % states.length;
        const copy = JSON.parse(JSON.stringify(states[from])) as RunState;
        expect(events.slice(from).reduce(apply, copy)).toEqual(states.at(-1));
      }),
    );
  });

  it('S3 stays ended: whatever comes after the end is refused', () => {
    fc.assert(
      fc.property(
        someStory,
        fc.constantFrom(...RUN_ENDS),
        fc.nat(),
        ({ events, states }, status, n) => {
          const last = states.at(-1) as RunState;
          const ended = isEnd(last.status) ? last : next(last, { type: 'run_ended', status });
          expect(states.slice(0, -1).some((state) => isEnd(state.status))).toBe(false);
          const { version: _version, at: _at, ...body } = events[n % events.length] as RunEvent;
          expect(() => next(ended, body as RunEventBody)).toThrow(/after the run ended/);
        },
      ),
    );
  });

  it('S4 never takes a round number back, nor uses one twice', () => {
    fc.assert(
      fc.property(someStory, ({ plan, events, states }) => {
        for (const { name } of plan.phases) {
          const rounds = events.flatMap((event) =>
            event.type === 'phase_started' && event.phase === name ? [event.round] : [],
          );
          expect(rounds).toEqual(rounds.map((_, index) => index + 1));
          const seen = states.flatMap((state) => state.phases[name]?.round ?? []);
          expect(seen).toEqual([...seen].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('waits for a person exactly while a review is open and nothing runs', () => {
    fc.assert(
      fc.property(someStory, ({ states }) => {
        for (const state of states.slice(1).filter(({ status }) => !isEnd(status))) {
          const runs = Object.values(state.phases).some(({ status }) => status === 'running');
          const asks = Object.keys(state.reviews).length > 0;
          expect(state.status).toBe(asks && !runs ? 'waiting_for_review' : 'running');
        }
      }),
    );
  });
});

describe('the state of a run', () => {
  it('S4 refuses to start a round that a phase has had', () => {
    const state = stateAfter(START);
    expect(() => next(state, START)).toThrow(/round 1 of first after round 1/);
    expect(() => next(state, { ...START, round: 0 })).toThrow(RangeError);
  });

  it.each(['third', 'constructor', '__proto__'])('refuses phase %s, which it has not', (phase) => {
    expect(() => next(stateAfter(), { ...START, phase })).toThrow(
      `phase ${phase} is not part of this run`,
    );
  });

  it('begins each round with entry 1 and counts rounds since fresh work', () => {
    const rejected = stateAfter(
      START,
      { type: 'phase_reentered', phase: 'first', entry: 2, allowanceMicroUsd: 600 },
      {
        type: 'output_rejected',
        phase: 'first',
        failure: 'truncated',
        reportSha256: SOME_SHA256,
        spend: SPEND,
        instruction: { kind: 'more_room', reportSha256: SOME_SHA256 },
      },
    );
    expect(phaseOf(rejected, 'first')).toEqual({
      status: 'waiting',
      model: 0,
      rejections: { truncated: 1 },
      recoveries: [],
      round: 1,
      entry: 2,
      roundsUsed: 1,
      revisions: 0,
      allowanceMicroUsd: 600,
      spend: SPEND,
      unreportedMicroUsd: 0,
      instruction: { kind: 'more_room', reportSha256: SOME_SHA256 },
    });
    expect(phaseOf(next(rejected, { ...START, round: 2 }), 'first')).toMatchObject({
      status: 'running',
      round: 2,
      entry: 1,
      roundsUsed: 2,
      instruction: { kind: 'more_room' },
    });
  });

  it('keeps in mind what an entry may have booked until it reports', () => {
    const suspended = stateAfter(START, {
      type: 'phase_suspended',
      phase: 'first',
      reasons: ['operator'],
      spend: SPEND,
    });
    expect(phaseOf(stateAfter(START), 'first').unreportedMicroUsd).toBe(500);
    expect(phaseOf(suspended, 'first').unreportedMicroUsd).toBe(0);
    const back = next(suspended, {
      type: 'phase_reentered',
      phase: 'first',
      entry: 2,
      allowanceMicroUsd: 500,
    });
    expect(phaseOf(back, 'first').unreportedMicroUsd).toBe(400);
  });

  it('hands on output, confidence and limitations of the last accepted round only', () => {
    const twice = stateAfter(
      START,
      ACCEPT,
      { ...START, round: 2 },
      {
        type: 'output_accepted',
        phase: 'first',
        output: OTHER_SHA256,
        limitations: [],
        spend: SPEND,
      },
    );
    expect(twice.limitations).toEqual([]);
    expect(phaseOf(twice, 'first').output).toBe(OTHER_SHA256);
  });

  it('forgets the instruction of a round when its phase is finished', () => {
    const done = stateAfter(
      START,
      {
        type: 'output_rejected',
        phase: 'first',
        failure: 'loop',
        reportSha256: SOME_SHA256,
        spend: SPEND,
        instruction: { kind: 'different_approach' },
      },
      { ...START, round: 2 },
      ACCEPT,
      { type: 'phase_finished', phase: 'first' },
    );
    expect(phaseOf(done, 'first')).toMatchObject({ status: 'done', output: SOME_SHA256 });
    expect(phaseOf(done, 'first')).not.toHaveProperty('instruction');
  });

  it('gives sent-back phases fresh rounds without their outputs, limitations and reviews', () => {
    const sentBack = stateAfter(
      START,
      ACCEPT,
      { type: 'phase_finished', phase: 'first' },
      { ...START, phase: 'second' },
      { ...ACCEPT, phase: 'second', limitations: [{ kind: 'review_unresolved', phase: 'second' }] },
      ask('second'),
      {
        type: 'work_sent_back',
        by: 'second',
        to: 'first',
        reset: ['first', 'second'],
        commentsSha256: OTHER_SHA256,
      },
    );
    expect(phaseOf(sentBack, 'first')).toEqual({
      status: 'pending',
      model: 0,
      rejections: {},
      recoveries: [],
      round: 1,
      entry: 1,
      roundsUsed: 0,
      revisions: 0,
      allowanceMicroUsd: 500,
      spend: SPEND,
      unreportedMicroUsd: 0,
      instruction: { kind: 'revision', reportSha256: OTHER_SHA256 },
    });
    expect(phaseOf(sentBack, 'second')).toMatchObject({ status: 'pending', revisions: 1 });
    expect(phaseOf(sentBack, 'second')).not.toHaveProperty('output');
    expect(sentBack.limitations).toEqual([]);
    expect(sentBack.reviews).toEqual({});
  });

  it('counts unavailable documents as one limitation, and none as none', () => {
    const ingested = (unavailable: number) =>
      stateAfter({
        type: 'documents_ingested',
        documentsSha256: SOME_SHA256,
        documents: 3,
        unavailable,
      });
    expect(ingested(0).limitations).toEqual([]);
    expect(ingested(2).limitations).toEqual([{ kind: 'source_unavailable', count: 2 }]);
    expect(ingested(2).documentsSha256).toBe(SOME_SHA256);
  });

  it('counts the recoveries of a phase by failure and action', () => {
    const taken = (action: 'retry' | 'fallback_model', count: number) => ({
      type: 'recovery_taken' as const,
      phase: 'first',
      failure: 'overloaded' as const,
      action,
      count,
    });
    const state = stateAfter(
      START,
      taken('retry', 2),
      taken('fallback_model', 1),
      taken('retry', 3),
    );
    expect(phaseOf(state, 'first').recoveries).toEqual([
      { failure: 'overloaded', action: 'fallback_model', count: 1 },
      { failure: 'overloaded', action: 'retry', count: 5 },
    ]);
  });

  it('counts rounds afresh where another model takes over', () => {
    const state = stateAfter(START, { ...START, round: 2, model: 1 });
    expect(phaseOf(state, 'first')).toMatchObject({ round: 2, roundsUsed: 1, model: 1 });
  });

  it('degrades a phase with the failure as its limitation', () => {
    const degraded = stateAfter(START, {
      type: 'phase_degraded',
      phase: 'first',
      failure: 'loop',
      spend: SPEND,
    });
    expect(phaseOf(degraded, 'first')).toMatchObject({ status: 'degraded', spend: SPEND });
    expect(degraded.limitations).toEqual([
      { kind: 'incomplete_first', phase: 'first', failure: 'loop' },
    ]);
  });

  it('closes a review with its decision and remembers the decision by its id', () => {
    const asked = stateAfter(START, ask());
    expect(asked.reviews['first-3']).toEqual({ ...REVIEW, openedAt: 2 });
    const decision = {
      decisionId: '__proto__',
      reviewId: 'first-3',
      decision: 'resume',
      actor: 'someone',
    } as const;
    const decided = next(asked, { type: 'decision_taken', decision });
    expect(decided.reviews).toEqual({});
    expect(Object.entries(decided.decisions)).toEqual([
      ['__proto__', { ...decision, version: decided.version }],
    ]);
    const copied = JSON.parse(JSON.stringify(next(decided, { ...START, phase: 'second' })));
    expect(Object.entries(copied.decisions)).toEqual([
      ['__proto__', { ...decision, version: decided.version }],
    ]);
  });

  it('changes nothing but its version for effects performed and decisions refused', () => {
    const before = stateAfter(START, ask());
    const unchanged: RunEventBody[] = [
      { type: 'decision_refused', decisionId: 'd', reviewId: 'r', reason: 'unknown_review' },
      {
        type: 'effect_performed',
        phase: 'first',
        stepKey: 'k',
        tool: 'publish_file',
        resultSha256: SOME_SHA256,
      },
    ];
    for (const body of unchanged)
      expect(next(before, body)).toEqual({
        ...before,
        version: before.version + 1,
        changedAt: 99,
      });
  });

  it('ends with its status, its failure, and no open question', () => {
    const ended = next(stateAfter(START, ask()), {
      type: 'run_ended',
      status: 'failed',
      failure: 'loop',
    });
    expect(ended).toMatchObject({ status: 'failed', failure: 'loop', reviews: {} });
  });

  it('ends with a limitation for each phase without a result, none of which waits any more', () => {
    const before = stateAfter(START, ask());
    const ended = next(before, { type: 'run_ended', status: 'stopped' });
    const open = Object.entries(before.phases).filter(([, { status }]) => status !== 'done');
    expect(open.length).toBeGreaterThan(1);
    expect(ended.limitations).toEqual(open.map(([phase]) => ({ kind: 'phase_not_done', phase })));
    for (const [name, { status }] of open)
      expect(ended.phases[name]?.status).toBe(status === 'pending' ? 'pending' : 'unfinished');
  });
});
