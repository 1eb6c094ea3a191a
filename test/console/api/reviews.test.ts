import { putJson, putText } from '../../../contracts/content';
import type { Question } from '../../../contracts/reviews';
import type { RunEventBody } from '../../../contracts/run-state';
import { ask } from './ask';
import { recordRun, SOME_DIGEST } from './recorded-run';
import { serveTestInstallation, type TestInstallation } from './served-api';

let here: TestInstallation;
beforeAll(async () => {
  here = await serveTestInstallation();
});
afterAll(() => here.close());

const started = (phase = 'research'): RunEventBody => ({
  type: 'phase_started',
  phase,
  round: 1,
  allowanceMicroUsd: 1_000,
});
const opened = (changes: Partial<Question> = {}): RunEventBody => ({
  type: 'review_opened',
  review: {
    id: 'research-3',
    kind: 'approval',
    phase: 'research',
    reason: 'low_confidence',
    also: ['cost_above'],
    digest: SOME_DIGEST,
    options: ['approve', 'revise', 'delegate', 'stop'],
    ...changes,
  },
});
const decided = (
  type: 'decision_taken' | 'decision_counted',
  decision: 'approve' | 'delegate' | 'revise',
  actor: string,
  more = {},
): RunEventBody => ({
  type,
  decision: {
    decisionId: `${decision}-${actor}`,
    reviewId: 'research-3',
    decision,
    actor,
    ...more,
  },
});

const listed = async (query: string) => {
  const { body } = await ask(`${here.api.url}/v1/reviews?${query}`);
  return body.reviews.map(({ run }: { run: string }) => run);
};

describe('open reviews across runs', () => {
  it('are listed oldest first, a page at a time', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) {
      const run = await recordRun(here.ledger.ledger, name, { team: 'paging' });
      await run.happen(started(), opened());
    }
    const first = await ask(`${here.api.url}/v1/reviews?team=paging&limit=2`);
    expect(first.body.reviews.map(({ run }: { run: string }) => run)).toEqual(['page-a', 'page-b']);
    const second = await ask(
      `${here.api.url}/v1/reviews?team=paging&limit=2&cursor=${first.body.cursor}`,
    );
    expect(second.body.reviews.map(({ run }: { run: string }) => run)).toEqual(['page-c']);
    expect(second.body).not.toHaveProperty('cursor');
    const [one] = first.body.reviews;
    expect(one).toMatchObject({ id: 'research-3', quorum: 1, approvedBy: [], user: 'u1' });
  });

  it('are found by kind, user, group and whether they have gone a level up', async () => {
    const at = (name: string, user: string) =>
      recordRun(here.ledger.ledger, name, { team: 'filters', user });
    await (await at('f-approval', 'ann')).happen(started(), opened({ groups: ['legal'] }));
    await (await at('f-operator', 'bob')).happen(
      started(),
      opened({ kind: 'operator', reason: 'authentication', options: ['resume', 'stop'] }),
      { type: 'review_escalated', reviewId: 'research-3' },
    );
    expect(await listed('team=filters&kind=operator')).toEqual(['f-operator']);
    expect(await listed('team=filters&user=ann')).toEqual(['f-approval']);
    expect(await listed('team=filters&group=legal')).toEqual(['f-approval']);
    expect(await listed('team=filters&escalated=true')).toEqual(['f-operator']);
    expect(await listed('team=filters&escalated=false')).toEqual(['f-approval']);
    expect((await here.remote.reviews({ team: 'filters', kind: 'operator' })).reviews).toEqual(
      (await here.local.reviews({ team: 'filters', kind: 'operator' })).reviews,
    );
  });

  it('are found by who may decide: not who has approved, has handed over or is in no group', async () => {
    const run = await recordRun(here.ledger.ledger, 'who', { team: 'who' });
    await run.happen(started(), opened({ quorum: 2, groups: ['legal'] }));
    const may = async (id: string, groups: string[] = []) =>
      (await here.local.reviews({ team: 'who', decidableBy: { id, groups } })).reviews.length > 0;
    expect(await may('ann', ['legal'])).toBe(true);
    expect(await may('ann', ['sales'])).toBe(false);
    expect(await may('cid')).toBe(false);
    await run.happen(
      decided('decision_counted', 'approve', 'ann'),
      decided('decision_counted', 'delegate', 'bob', { to: 'cid' }),
    );
    expect(await may('ann', ['legal'])).toBe(false);
    expect(await may('bob', ['legal'])).toBe(false);
    expect(await may('cid')).toBe(true);
  });

  it('are gone once they are decided or their run has ended', async () => {
    const run = await recordRun(here.ledger.ledger, 'gone-1', { team: 'gone' });
    await run.happen(started(), opened(), decided('decision_taken', 'approve', 'ann'));
    const other = await recordRun(here.ledger.ledger, 'gone-2', { team: 'gone' });
    await other.happen(started(), opened());
    expect(await listed('team=gone')).toEqual(['gone-2']);
    await other.happen({ type: 'run_ended', status: 'stopped' });
    expect(await listed('team=gone')).toEqual([]);
  });

  it.each([
    ['cursor=nonsense', 'cursor'],
    ['kind=nonsense', 'kind'],
    ['escalated=perhaps', 'escalated'],
    ['limit=0', 'limit'],
  ])('refuse %s, naming the field', async (query, field) => {
    const { status, body } = await ask(`${here.api.url}/v1/reviews?${query}`);
    expect(status).toBe(400);
    expect(body.errors[0].path).toBe(field);
  });
});

describe('one review', () => {
  const show = (run: string, review = 'research-3') =>
    ask(`${here.api.url}/v1/runs/${run}/reviews/${review}`);

  it('shows what is asked, why, the artifact, what it rests on, and what each decision does', async () => {
    const { content } = here.ledger.ledger;
    const output = { title: 'Result' };
    const digest = await putJson(content, output);
    const input = await putText(content, 'to be published');
    const run = await recordRun(here.ledger.ledger, 'detail');
    await run.happen(
      started(),
      {
        type: 'output_accepted',
        phase: 'research',
        output: SOME_DIGEST,
        limitations: [{ kind: 'source_unavailable', phase: 'research', source: 'filings' }],
        spend: { settledMicroUsd: 40, unsettledMicroUsd: 2 },
        confidence: { stated: 0.9, corrected: 0.4, because: [] },
      },
      { type: 'phase_finished', phase: 'research' },
      started('writing'),
      opened({
        id: 'writing-6',
        phase: 'writing',
        digest,
        effects: [{ tool: 'publish_file', inputSha256: input }],
        deadline: {
          remindMs: 1_000,
          escalateMs: 2_000,
          decideMs: 86_400_000,
          default: 'approve',
        },
      }),
    );
    const { status, body } = await show('detail', 'writing-6');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'open',
      run: 'detail',
      question: 'What of detail?',
      reasons: [{ reason: 'low_confidence' }, { reason: 'cost_above' }],
      artifact: { sha256: digest, mediaType: 'application/json', content: output },
      inputs: [{ tool: 'publish_file', sha256: input, content: 'to be published' }],
      limitations: [{ kind: 'source_unavailable', source: 'filings' }],
      restsOn: {
        phases: [
          {
            phase: 'research',
            status: 'done',
            outputSha256: SOME_DIGEST,
            confidence: { corrected: 0.4 },
          },
        ],
      },
      spentMicroUsd: 42,
      unanswered: { decision: 'approve' },
      decisions: [],
    });
    expect(body.choices).toEqual([
      { decision: 'approve', does: expect.stringContaining('publish_file is carried out') },
      { decision: 'revise', does: expect.stringContaining('with the comment'), asksFor: 'comment' },
      { decision: 'delegate', does: 'somebody else is asked', asksFor: 'to' },
      { decision: 'stop', does: 'the run ends with what there is' },
    ]);
    expect(body.ifUnanswered).toMatch(/→ approve$/);
    expect(await here.remote.review('detail', 'writing-6')).toEqual(body);
  });

  it('names a large artifact without its content', async () => {
    const digest = await putText(here.ledger.ledger.content, 'x'.repeat(70_000));
    const run = await recordRun(here.ledger.ledger, 'large');
    await run.happen(started(), opened({ digest }));
    const { body } = await show('large');
    expect(body.artifact).toEqual({
      sha256: digest,
      mediaType: expect.stringMatching(/^text\/plain/),
      bytes: 70_000,
    });
  });

  it('shows one that was decided as it was then, and who decided how', async () => {
    const comment = await putText(here.ledger.ledger.content, 'Too long.');
    const run = await recordRun(here.ledger.ledger, 'decided');
    await run.happen(
      started(),
      opened({ quorum: 2 }),
      decided('decision_counted', 'approve', 'ann', { verified: true }),
      decided('decision_taken', 'revise', 'bob', { commentSha256: comment }),
    );
    const { body } = await show('decided');
    expect(body).toMatchObject({
      state: 'decided',
      approvedBy: ['ann'],
      decisions: [
        { actor: 'ann', decision: 'approve', settles: false, verified: true },
        { actor: 'bob', decision: 'revise', settles: true, verified: false, comment: 'Too long.' },
      ],
    });
  });

  it('shows one that the end of its run has closed', async () => {
    const run = await recordRun(here.ledger.ledger, 'withdrawn');
    await run.happen(started(), opened(), { type: 'run_ended', status: 'stopped' });
    expect((await show('withdrawn')).body).toMatchObject({
      state: 'withdrawn',
      runStatus: 'stopped',
      decisions: [],
    });
  });

  it('is not found where there is none', async () => {
    await recordRun(here.ledger.ledger, 'without');
    for (const path of ['without/reviews/research-3', 'nobody/reviews/x']) {
      const { status, body } = await ask(`${here.api.url}/v1/runs/${path}`);
      expect(status).toBe(404);
      expect(body.detail).toMatch(/There is no run|has no review/);
    }
  });
});
