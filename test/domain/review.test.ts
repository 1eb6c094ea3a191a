import fc from 'fast-check';
import type { RunPlan } from '../../contracts/plan';
import type { Decision, Review } from '../../contracts/reviews';
import type { RunState } from '../../contracts/run-state';
import { RUN_ENDS } from '../../contracts/run-status';
import { checkDecision } from '../../domain/review';
import { emptyState } from '../../domain/run-state';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';

const review: Review = {
  id: 'writing-7',
  kind: 'approval',
  phase: 'writing',
  reason: 'always',
  digest: SOME_SHA256,
  options: ['approve', 'stop'],
  openedAt: 1,
};
/** Of a run that asks nobody who they are. */
const PLAN: RunPlan = {
  team: 't',
  version: '1',
  resolvedTeamSha256: SOME_SHA256,
  budgetMicroUsd: 1,
  phases: [],
  ladders: {},
};
const decision: Decision = {
  decisionId: 'd1',
  reviewId: review.id,
  decision: 'approve',
  digest: SOME_SHA256,
  actor: 'someone',
};
const waiting: RunState = {
  ...emptyState(0),
  status: 'waiting_for_review',
  reviews: { [review.id]: review },
};

describe('checkDecision', () => {
  it('takes an offered decision on an open review, seen as it is', () => {
    expect(checkDecision(PLAN, waiting, decision)).toBe('acceptable');
    expect(checkDecision(PLAN, waiting, { ...decision, decision: 'stop' })).toBe('acceptable');
  });

  it('takes a decision that names no digest', () => {
    const { digest: _digest, ...without } = decision;
    expect(checkDecision(PLAN, waiting, without)).toBe('acceptable');
  });

  it('refuses a decision that the review does not offer', () => {
    expect(checkDecision(PLAN, waiting, { ...decision, decision: 'resume' })).toEqual({
      refused: 'not_an_option',
    });
  });

  it('refuses a decision on something that has changed meanwhile', () => {
    expect(checkDecision(PLAN, waiting, { ...decision, digest: OTHER_SHA256 })).toEqual({
      refused: 'stale_digest',
    });
  });

  it.each(['writing-8', 'constructor', 'toString', '__proto__'])(
    'refuses a decision on review "%s", which is not open',
    (reviewId) => {
      expect(checkDecision(PLAN, waiting, { ...decision, reviewId })).toEqual({
        refused: 'unknown_review',
      });
    },
  );

  it.each(['constructor', 'toString', '__proto__'])(
    'takes a new decision whose caller calls it "%s"',
    (decisionId) => {
      expect(checkDecision(PLAN, waiting, { ...decision, decisionId })).toBe('acceptable');
    },
  );

  it.each(RUN_ENDS)('refuses every decision on a run that ended as %s', (status) => {
    expect(checkDecision(PLAN, { ...waiting, status }, decision)).toEqual({ refused: 'run_ended' });
  });

  it('knows a decision that was taken, also after the end and whatever it says now', () => {
    const decided: RunState = { ...waiting, reviews: {}, decisions: { d1: decision } };
    expect(checkDecision(PLAN, decided, decision)).toBe('taken_before');
    expect(checkDecision(PLAN, decided, { ...decision, decision: 'stop' })).toBe('taken_before');
    expect(checkDecision(PLAN, { ...decided, status: 'completed' }, decision)).toBe('taken_before');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'approve'],
    ['a list', [decision]],
    ['an empty object', {}],
    ['an id that is no text', { ...decision, decisionId: {} }],
    ['an empty id', { ...decision, reviewId: '' }],
    ['an id that cannot be stored', { ...decision, decisionId: 'a\u0000b' }],
    ['half a character', { ...decision, actor: '\ud800' }],
    ['an endless id', { ...decision, decisionId: 'x'.repeat(201) }],
    ['no actor', { ...decision, actor: undefined }],
    ['a kind that is no text', { ...decision, decision: ['approve'] }],
    ['a digest that is no text', { ...decision, digest: 5 }],
    ['something more', { ...decision, comment: 'x' }],
  ])('refuses %s as malformed', (_, value) => {
    expect(checkDecision(PLAN, waiting, value)).toEqual({ refused: 'malformed' });
  });

  it('never throws, whatever a signal carries', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        expect(checkDecision(PLAN, waiting, value)).toEqual({ refused: 'malformed' });
      }),
    );
  });

  it('accepts nothing but what is open and on offer, whatever the ids', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (decisionId, reviewId) => {
        fc.pre(reviewId !== review.id);
        const check = checkDecision(PLAN, waiting, { ...decision, decisionId, reviewId });
        expect(check).toEqual({ refused: expect.stringMatching(/^(unknown_review|malformed)$/) });
      }),
    );
  });
});
