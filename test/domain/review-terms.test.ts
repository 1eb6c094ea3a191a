import fc from 'fast-check';
import { BUDGET_MICRO_USD, DELEGATIONS_MAX } from '../../contracts/limits';
import type { RunPlan } from '../../contracts/plan';
import type { Decision, DecisionAdmission, Review, TakenDecision } from '../../contracts/reviews';
import type { RunEventBody, RunState } from '../../contracts/run-state';
import { checkDecision, settledBy, settles, taken } from '../../domain/review';
import { apply, emptyState } from '../../domain/run-state';
import { OTHER_SHA256, phasePlan, runPlan, SOME_SHA256 } from '../support/plans';

const PLAN: RunPlan = runPlan([phasePlan('only')], { admits: true, starters: ['sam', 'carl'] });
const OPEN: RunPlan = { ...PLAN, unverified: 'allowed' };

const next = (state: RunState, body: RunEventBody): RunState =>
  apply(state, { ...body, version: state.version + 1, at: state.version + 1 });

/** A run that asks for the approval of its only phase. */
function asking(review: Partial<Review> = {}): RunState {
  const opened = next(emptyState(0), {
    type: 'run_opened',
    budgetMicroUsd: 1_000,
    phases: ['only'],
  });
  return next(opened, {
    type: 'review_opened',
    review: {
      id: 'r1',
      kind: 'approval',
      phase: 'only',
      reason: 'always',
      digest: SOME_SHA256,
      options: ['approve', 'reject', 'revise', 'edit', 'delegate', 'top_up', 'stop'],
      ...review,
    },
  });
}

let ids = 0;
const by = (actor: string, changes: Partial<Decision> = {}): Decision => ({
  decisionId: `d${++ids}`,
  reviewId: 'r1',
  decision: 'approve',
  actor,
  ...changes,
});
const SIGNED_IN: DecisionAdmission = { groups: [] };
const of = (...groups: string[]): DecisionAdmission => ({ groups });
const UNKNOWN: DecisionAdmission = {};

/** As the workflow takes it; undefined where it is refused or changes nothing. */
function take(
  state: RunState,
  decision: Decision,
  admission: DecisionAdmission = SIGNED_IN,
  plan = PLAN,
): RunState | undefined {
  if (checkDecision(plan, state, decision, admission) !== 'acceptable') return undefined;
  const review = state.reviews[decision.reviewId] as Review;
  const made = taken(decision, admission);
  const type = settles(review, made) ? 'decision_taken' : 'decision_counted';
  return next(state, { type, decision: made });
}
const took = (...args: Parameters<typeof take>): RunState => {
  const state = take(...args);
  if (!state) throw new Error('it was refused');
  return state;
};
const refusalOf = (
  ...[state, decision, admission = SIGNED_IN, plan = PLAN]: Parameters<typeof take>
) => {
  const check = checkDecision(plan, state, decision, admission);
  return typeof check === 'object' ? check.refused : check;
};

describe('R1: a decision id', () => {
  it('that was counted changes nothing when it comes again, whatever it says then', () => {
    const state = took(asking({ quorum: 3 }), by('ann', { decisionId: 'd' }));
    expect(refusalOf(state, by('bob', { decisionId: 'd' }))).toBe('taken_before');
    expect(refusalOf(state, by('bob', { decisionId: 'd', decision: 'stop' }))).toBe('taken_before');
  });

  it('is checked before who sends it: the second of two that cross learns that it was taken', () => {
    const state = took(asking(), by('ann', { decisionId: 'd' }));
    expect(refusalOf(state, by('ann', { decisionId: 'd' }), UNKNOWN)).toBe('taken_before');
  });
});

describe('a review that is settled', () => {
  it('is decided already for everybody else, also after the end of its run', () => {
    const decided = took(asking(), by('ann'));
    expect(refusalOf(decided, by('bob'))).toBe('decided');
    expect(refusalOf({ ...decided, status: 'completed' }, by('bob'))).toBe('decided');
  });

  it('is unknown where it was withdrawn: a counted approval has decided nothing', () => {
    const counted = took(asking({ quorum: 2 }), by('ann'));
    const withdrawn = next(counted, { type: 'review_withdrawn', reviewId: 'r1' });
    expect(settledBy(counted, 'r1')).toBeUndefined();
    expect(settledBy(withdrawn, 'r1')).toBeUndefined();
    expect(refusalOf(withdrawn, by('bob'))).toBe('unknown_review');
  });

  it('tells by which decision: the one that completed the quorum', () => {
    const state = took(took(asking({ quorum: 2 }), by('ann')), by('bob', { decisionId: 'last' }));
    expect(settledBy(state, 'r1')).toMatchObject({ decisionId: 'last', actor: 'bob' });
    expect(state.reviews).toEqual({});
  });
});

describe('R2: a quorum', () => {
  it('is met by as many different people', () => {
    const one = took(asking({ quorum: 2 }), by('ann'));
    expect(one.reviews.r1).toMatchObject({ approvedBy: ['ann'] });
    expect(refusalOf(one, by('ann'))).toBe('decided_before');
    expect(refusalOf(one, by('ann', { decision: 'reject' }))).toBe('decided_before');
    expect(took(one, by('bob')).reviews).toEqual({});
  });

  it.each(['reject', 'stop', 'revise', 'edit'] as const)('is not needed to %s', (decision) => {
    const content = { commentSha256: OTHER_SHA256, outputSha256: OTHER_SHA256 };
    expect(took(asking({ quorum: 3 }), by('ann', { decision, ...content })).reviews).toEqual({});
  });

  it('counts no stand-in for two', () => {
    const handed = took(asking({ quorum: 2 }), by('ann', { decision: 'delegate', to: 'bob' }));
    const one = took(handed, by('bob'));
    expect(refusalOf(one, by('bob'))).toBe('decided_before');
    expect(refusalOf(one, by('ann'))).toBe('handed_over');
    expect(took(one, by('eve')).reviews).toEqual({});
  });
});

describe('R3: who may decide', () => {
  it.each<[string, Partial<Review>]>([
    ['a quorum', { quorum: 2 }],
    ['groups', { groups: ['legal'] }],
    ['that it is not the starter', { notStarter: true }],
  ])(
    'is somebody who was signed in where it asks for %s, also where the team allows others',
    (_, review) => {
      expect(refusalOf(asking(review), by('ann'), UNKNOWN, OPEN)).toBe('unverified');
    },
  );

  it('is anybody only where the team allows it', () => {
    expect(refusalOf(asking(), by('ann'), UNKNOWN)).toBe('unverified');
    expect(took(asking(), by('ann'), UNKNOWN, OPEN).decisions).toMatchObject({
      [`d${ids}`]: expect.not.objectContaining({ verified: true }),
    });
  });

  it('is recorded as verified where it is known', () => {
    expect(Object.values(took(asking(), by('ann')).decisions)).toMatchObject([{ verified: true }]);
  });

  it('is nobody from outside of its groups, until it is handed to them', () => {
    const state = asking({ groups: ['legal', 'board'] });
    expect(refusalOf(state, by('ann'), of('sales'))).toBe('not_in_group');
    expect(refusalOf(state, by('ann'), of('sales', 'board'))).toBe('acceptable');
    const handed = took(state, by('ann', { decision: 'delegate', to: 'eve' }), of('legal'));
    expect(refusalOf(handed, by('eve'), of('sales'))).toBe('acceptable');
    expect(refusalOf(handed, by('bob'), of('sales'))).toBe('not_in_group');
  });

  it('is a group more once it has gone a level up', () => {
    const deadline = { remindMs: 1, escalateMs: 2, decideMs: 3, default: 'stop' as const };
    const state = asking({ groups: ['legal'], deadline: { ...deadline, escalateTo: ['board'] } });
    expect(refusalOf(state, by('ann'), of('board'))).toBe('not_in_group');
    const up = next(state, { type: 'review_escalated', reviewId: 'r1' });
    expect(refusalOf(up, by('ann'), of('board'))).toBe('acceptable');
    expect(refusalOf(up, by('bob'), of('legal'))).toBe('acceptable');
  });

  it('is everybody still where nobody was named and it went up', () => {
    const deadline = { remindMs: 1, escalateMs: 2, decideMs: 3, default: 'stop' as const };
    const state = asking({ deadline: { ...deadline, escalateTo: ['board'] } });
    const up = next(state, { type: 'review_escalated', reviewId: 'r1' });
    expect(refusalOf(up, by('ann'))).toBe('acceptable');
  });

  it('is not who started the run or has it work for them, where the review says so', () => {
    for (const starter of ['sam', 'carl']) {
      expect(refusalOf(asking({ notStarter: true }), by(starter))).toBe('own_run');
      expect(refusalOf(asking(), by(starter))).toBe('acceptable');
      const handed = by('ann', { decision: 'delegate', to: starter });
      expect(refusalOf(asking({ notStarter: true }), handed)).toBe('cannot_delegate');
    }
  });

  it('never lets decisions of nobody in particular settle a review that asks who it was', () => {
    const decision = fc.record({
      actor: fc.constantFrom('ann', 'bob', 'eve', 'sam'),
      decision: fc.constantFrom('approve', 'delegate', 'reject', 'edit', 'stop'),
      to: fc.constantFrom('ann', 'bob', 'eve'),
    });
    const terms = fc.constantFrom<Partial<Review>>(
      { quorum: 2 },
      { groups: ['legal'] },
      { notStarter: true },
    );
    fc.assert(
      fc.property(terms, fc.array(decision, { maxLength: 12 }), (asked, all) => {
        const start = asking(asked);
        const end = all.reduce((state, { to, ...one }) => {
          const sent = by(one.actor, { ...one, to, outputSha256: SOME_SHA256 } as Decision);
          return take(state, sent, UNKNOWN, OPEN) ?? state;
        }, start);
        expect(end).toEqual(start);
      }),
    );
  });
});

describe('handing over', () => {
  const handOver = (actor: string, to: string) => by(actor, { decision: 'delegate', to });

  it('leaves who did it without a say, down the chain, and no way back', () => {
    const chain = took(took(asking(), handOver('ann', 'bob')), handOver('bob', 'eve'));
    expect(chain.reviews.r1?.delegations).toEqual([
      { from: 'ann', to: 'bob' },
      { from: 'bob', to: 'eve' },
    ]);
    for (const gone of ['ann', 'bob']) {
      expect(refusalOf(chain, by(gone))).toBe('handed_over');
      expect(refusalOf(chain, handOver('eve', gone))).toBe('cannot_delegate');
    }
    expect(took(chain, by('eve')).reviews).toEqual({});
  });

  it.each<[string, string]>([
    ['oneself', 'ann'],
    ['somebody who has approved', 'bob'],
    ['somebody who stands in already', 'eve'],
  ])('is refused to %s', (_, to) => {
    const approved = took(asking({ quorum: 3 }), by('bob'));
    const state = took(approved, handOver('dan', 'eve'));
    expect(refusalOf(state, handOver('ann', to))).toBe('cannot_delegate');
  });

  it('ends somewhere', () => {
    let state = asking();
    for (let hop = 0; hop < DELEGATIONS_MAX; hop++)
      state = took(state, handOver(`p${hop}`, `p${hop + 1}`));
    expect(refusalOf(state, handOver(`p${DELEGATIONS_MAX}`, 'last'))).toBe('cannot_delegate');
  });

  it('leaves somebody who may decide, whoever hands over to whom', () => {
    const people = fc.constantFrom('ann', 'bob', 'eve', 'dan', 'kim');
    fc.assert(
      fc.property(fc.array(fc.tuple(people, people), { maxLength: 30 }), (hops) => {
        const end = hops.reduce(
          (state, [from, to]) => take(state, handOver(from, to), of('legal')) ?? state,
          asking({ groups: ['legal'] }),
        );
        const last = end.reviews.r1?.delegations?.at(-1)?.to ?? 'ann';
        expect(refusalOf(end, by(last), of('legal'))).toBe('acceptable');
      }),
    );
  });
});

describe('a decision', () => {
  it.each(['revise', 'edit', 'respond', 'delegate', 'top_up'] as const)(
    'to %s is refused without what it needs',
    (decision) => {
      const state = asking({ options: [decision] });
      expect(refusalOf(state, by('ann', { decision }))).toBe('incomplete');
    },
  );

  it('raises a budget to the most that a run may have, and no further', () => {
    const state = asking();
    const room = BUDGET_MICRO_USD.max - 1_000;
    const add = (addMicroUsd: number) => by('ann', { decision: 'top_up', addMicroUsd });
    expect(refusalOf(state, add(room + 1))).toBe('too_much');
    expect(took(state, add(room)).budgetMicroUsd).toBe(BUDGET_MICRO_USD.max);
  });

  it.each(['no_artifact', 'bad_edit'] as const)(
    'is refused as %s when its content is',
    (refused) => {
      expect(refusalOf(asking(), by('ann'), { groups: [], refused })).toBe(refused);
    },
  );

  it.each<[string, object]>([
    ['an endless list of groups', { groups: Array.from({ length: 101 }, (_, n) => `g${n}`) }],
    ['groups that are no texts', { groups: [1] }],
    ['no groups', { groups: undefined }],
    ['something more', { groups: [], more: 1 }],
  ])('with a proof of %s is malformed', (_, proof) => {
    const sent = { ...by('ann'), proof: { mac: SOME_SHA256, ...proof } };
    expect(checkDecision(PLAN, asking(), sent)).toEqual({ refused: 'malformed' });
  });

  it('is recorded without its proof', () => {
    const proof = { groups: ['legal'], mac: SOME_SHA256 };
    const made: TakenDecision = taken({ ...by('ann'), proof }, SIGNED_IN);
    expect(made).not.toHaveProperty('proof');
  });
});
