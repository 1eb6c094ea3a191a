import type { ReviewKind } from '../../../contracts/reviews';
import { recordRun, SOME_DIGEST } from './recorded-run';
import { type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
beforeAll(async () => {
  here = await serveSignedIn();
  const run = await recordRun(here.ledger.ledger, 'asks', { namespace: here.namespace });
  const open = (kind: ReviewKind, options: ('approve' | 'resume' | 'stop')[]) =>
    run.happen({
      type: 'review_opened',
      review: {
        id: kind,
        kind,
        phase: 'research',
        reason: kind === 'operator' ? 'authentication' : 'always',
        digest: SOME_DIGEST,
        options,
      } as never,
    });
  await run.happen({
    type: 'phase_started',
    phase: 'research',
    round: 1,
    allowanceMicroUsd: 100,
  });
  await open('operator', ['resume', 'stop']);
  await open('approval', ['approve', 'stop']);
});
afterAll(() => here.close());

describe('a decision', () => {
  it('is of whoever has the role that its review is for', async () => {
    const reviewer = here.as((await here.tokenFor('ann', ['reviewer'])).token);
    const operator = here.as((await here.tokenFor('oto', ['operator'])).token);
    const decide = (as: typeof reviewer, reviewId: string, decision: string) =>
      as('/runs/asks/decisions', 'POST', { reviewId, decision });
    const refused = await decide(reviewer, 'operator', 'resume');
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'The review operator is for the role operator: you have reviewer.',
    ]);
    expect((await decide(operator, 'approval', 'approve')).status).toBe(403);
    // Who has it gets as far as the workflow, which a recorded run has not.
    const wayOpen = /was not taken: the workflow/;
    expect((await decide(operator, 'operator', 'resume')).body.detail).toMatch(wayOpen);
    expect((await decide(reviewer, 'approval', 'approve')).body.detail).toMatch(wayOpen);
    const unknown = await decide(reviewer, 'later', 'approve');
    expect([unknown.status, unknown.body.detail]).toEqual([
      409,
      expect.stringContaining('asks nothing under the id later'),
    ]);
  });
});
