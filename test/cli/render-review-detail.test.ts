import { renderReviewDetail } from '../../cli/render/review-detail';
import type { ReviewDetail } from '../../contracts/review-views';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';

const AT = '2026-11-21T08:00:00.000Z';
const review: ReviewDetail = {
  id: 'writing-6',
  kind: 'approval',
  phase: 'writing',
  reason: 'low_confidence',
  explanation: 'A person is asked.',
  digest: SOME_SHA256,
  options: ['approve', 'stop'],
  openedAt: AT,
  run: 'order-1',
  firstRunId: 'first',
  team: 'report',
  user: 'u1',
  quorum: 2,
  approvedBy: ['ann'],
  groups: ['legal'],
  notStarter: true,
  delegations: [{ from: 'bob', to: 'cid' }],
  state: 'open',
  runStatus: 'waiting_for_review',
  question: 'How long?',
  reasons: [{ reason: 'low_confidence', words: 'its confidence is low' }],
  artifact: {
    sha256: SOME_SHA256,
    mediaType: 'application/json',
    bytes: 9,
    content: { title: 'Ten minutes' },
  },
  inputs: [{ tool: 'publish_file', sha256: OTHER_SHA256 }],
  limitations: [{ kind: 'incomplete_research' }],
  restsOn: {
    phases: [{ phase: 'research', status: 'degraded' }],
    documents: [{ name: 'a.md', sha256: SOME_SHA256, textSha256: OTHER_SHA256 }],
    sources: [],
  },
  spentMicroUsd: 20_000,
  budgetMicroUsd: 2_000_000,
  choices: [
    { decision: 'approve', does: 'the run completes' },
    { decision: 'stop', does: 'the run ends with what there is' },
  ],
  ifUnanswered: 'unanswered for 30 days → stop',
  decisions: [
    { id: 'd1', decision: 'approve', actor: 'ann', verified: true, at: AT, settles: false },
  ],
};

describe('a review on the screen', () => {
  it('has all that it takes to decide, and the command of each decision', () => {
    const shown = renderReviewDetail(review);
    for (const told of [
      'order-1: writing-6 (approval in writing',
      'why: low_confidence, its confidence is low',
      'rests on: research (degraded)',
      'document: a.md',
      'limitation: incomplete_research',
      'title: Ten minutes',
      `artifact ${OTHER_SHA256}`,
      'approved: 1 of 2 (ann)',
      'groups: legal',
      'not by who started the run',
      'handed over: bob → cid',
      'unanswered for 30 days → stop',
      'decided: approve by ann at',
    ])
      expect(shown).toContain(told);
    expect(shown).toMatch(
      /approve → the run completes: `.*decide order-1 approve --review writing-6/,
    );
  });

  it('offers no decision on one that is over, and says who was not signed in', () => {
    const over = renderReviewDetail({
      ...review,
      state: 'decided',
      decisions: [
        {
          id: 'd2',
          decision: 'revise',
          actor: 'eve',
          verified: false,
          at: AT,
          settles: true,
          comment: 'Too long.',
        },
      ],
    });
    expect(over).toContain(`decided: revise by eve (not signed in) at ${AT}: Too long.`);
    expect(over).not.toMatch(/decide order-1/);
  });
});
