import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('decisions, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterAll(() => test.stop());

  const parked = (id: string) => test.until(id, ({ status }) => status === 'waiting_for_review');
  const asking = (name: string) => phase(name, { review: 'always' });

  it('records a signalled decision that it cannot take, and goes on waiting', async () => {
    const run = await test.tuesday.startRun(
      team([asking('only')], { unverifiedDecisions: 'allowed' }),
      ask,
    );
    const { reviews } = await parked(run.id);
    const handle = test.temporal.workflow.getHandle(run.id);
    const base = { reviewId: reviews[0]?.id, actor: 'tester' };
    await handle.signal('decideSignal', { ...base, decisionId: 's1', decision: 'resume' });
    await handle.signal('decideSignal', { ...base, decisionId: 's2', decision: 'approve' });
    await test.tuesday.result(run);
    const state = await handle.query<{ decisions: object; version: number }>('state');
    expect(Object.keys(state.decisions)).toEqual(['s2']);
  });

  it('answers a decision that comes again with what it has done, while the run goes on and after', async () => {
    const run = await test.tuesday.startRun(team([asking('one'), asking('two')]), ask);
    const { reviews } = await test.until(run.id, (view) => view.reviews.length === 2);
    const reviewId = reviews.find((review) => review.phase === 'one')?.id ?? '';
    const decision = { decision: 'approve', decisionId: 'd1' } as const;
    const first = await test.tuesday.decide(run.id, { ...decision, reviewId });
    expect(first).toMatchObject({ applied: true, reviewId });

    const again = { applied: false, reviewId, decision: 'approve' };
    expect(await test.tuesday.decide(run.id, { ...decision, reviewId })).toMatchObject(again);
    const { decisions } = await test.until(run.id, (view) => view.decisions.length === 1);
    expect(decisions).toEqual([
      { id: 'd1', reviewId, decision: 'approve', actor: 'local', verified: true, settles: true },
    ]);
    // What comes again is never taken for an answer to what is asked meanwhile.
    expect(await test.tuesday.decide(run.id, decision)).toMatchObject(again);

    const handle = test.temporal.workflow.getHandle(run.id);
    const straight = { decisionId: 'd1', reviewId: 'other', decision: 'stop', actor: 'tester' };
    expect(await handle.executeUpdate('decide', { args: [straight] })).toMatchObject(again);
    await test.tuesday.decide(run.id, { decision: 'approve', decisionId: 'd2' });
    expect((await test.tuesday.result(run)).status).toBe('completed');

    expect(await test.tuesday.decide(run.id, decision)).toMatchObject(again);
    expect(await test.tuesday.decide(run.id, { ...decision, reviewId })).toMatchObject(again);
    const other = test.tuesday.decide(run.id, { decision: 'stop', decisionId: 'd3', reviewId });
    await expect(other).rejects.toMatchObject({
      kind: 'conflict',
      message: 'The decision was not taken: the review has been decided already.',
    });
  });

  it('answers a decision whose run has ended between the look at it and the call', async () => {
    const run = await test.tuesday.startRun(team([asking('one')]), ask);
    const { reviews } = await parked(run.id);
    const decision = {
      decision: 'stop',
      decisionId: 'd1',
      reviewId: reviews[0]?.id ?? '',
    } as const;
    const receipts = await Promise.all(
      Array.from({ length: 6 }, () => test.tuesday.decide(run.id, decision)),
    );
    expect(receipts.filter(({ applied }) => applied)).toHaveLength(1);
    expect((await test.tuesday.result(run)).status).toBe('stopped');
  });
});
