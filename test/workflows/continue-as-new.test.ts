import { getJson } from '../../contracts/content';
import type { RunId } from '../../contracts/ids';
import { runKey } from '../../contracts/ids';
import type { PhaseState, RunState } from '../../contracts/run-state';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
/** So few that every phase is followed by another Temporal run. */
const HISTORY_EVENTS_MAX = 5;

const strict = phase('check', {
  needs: ['third'],
  produces: {
    type: 'object',
    properties: { verdict: { type: 'string', enum: ['revise'] } },
    required: ['verdict'],
    additionalProperties: false,
  },
  revises: { phase: 'second', field: 'verdict', equals: 'revise', revisionsMax: 1 },
});
const publishing = {
  effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
};
const TEAM = team([
  ...row(phase('first'), phase('second', { review: 'always' }), phase('third')),
  strict,
  phase('aside', { required: false }),
  phase('last', { needs: ['check', 'aside'], ...publishing }),
]);

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('a run that continues as new, %s', (_name, cachedWorkflowsMax) => {
  let long: TestTuesday;
  let short: TestTuesday;
  beforeAll(async () => {
    long = await startTestTuesday({ cachedWorkflowsMax, historyEventsMax: HISTORY_EVENTS_MAX });
    short = await startTestTuesday({ cachedWorkflowsMax });
    for (const test of [long, short])
      test.simulator.addFault({ kind: 'refusal', idempotencyKeyContains: '/aside/' });
  });
  afterAll(async () => {
    await long.stop();
    await short.stop();
  });

  /** Runs the team to its end, saying yes to whatever is asked. */
  async function run(test: TestTuesday, name: string): Promise<RunId> {
    const key = keyOf(test, name);
    const { firstRunId } = await test.tuesday.startRun(TEAM, { ...ask, key });
    for await (const view of test.tuesday.watchRun(key))
      for (const review of view.reviews)
        await test.tuesday.decide(key, {
          decision: 'approve',
          reviewId: review.id,
          decisionId: `yes-${review.id}`,
        });
    return { namespace: 'default', workflowId: key, firstRunId };
  }

  // All tests share one namespace.
  const keyOf = (test: TestTuesday, name: string) => `${name}-${test.taskQueue.slice(-6)}`;
  const stateOf = async (test: TestTuesday, id: RunId) =>
    (await test.ledger.ledger.knownRun(id))?.state as RunState;
  /** What a state says, without when, and without what depends on the time of its events. */
  const comparable = ({ startedAt: _s, changedAt: _c, decisions, ...state }: RunState) => ({
    ...state,
    decisions: Object.keys(decisions),
    phases: Object.fromEntries(
      Object.entries(state.phases).map(([name, { spend: _spend, ...kept }]): [string, unknown] => [
        name,
        kept satisfies Partial<PhaseState>,
      ]),
    ),
  });

  it('ends with the same state as one that did not, three Temporal runs and more later', async () => {
    const carried = await run(long, 'carried');
    const plain = await run(short, 'carried');
    const histories = await long.ledger.ledger.historiesOf(carried);
    expect(histories.length).toBeGreaterThan(3);
    expect(await short.ledger.ledger.historiesOf(plain)).toHaveLength(1);
    const state = await stateOf(long, carried);
    expect(state.status).toBe('completed_with_limitations');
    expect(comparable(state)).toEqual(comparable(await stateOf(short, plain)));
  });

  it('has gapless versions, and every history but the last ends by continuing', async () => {
    const id = await run(long, 'gapless');
    const page = await long.tuesday.history(id.workflowId, { limit: 200 });
    expect(page.entries.map(({ version }) => version)).toEqual(
      page.entries.map((_, index) => index + 1),
    );
    const { content } = long.ledger.ledger;
    const [first] = await long.ledger.ledger.historiesOf(id);
    const archived = await getJson<{ events: unknown[] }>(content, first?.historySha256 ?? '');
    expect(archived.events.length).toBeGreaterThan(HISTORY_EVENTS_MAX);
    const handle = long.temporal.workflow.getHandle(id.workflowId, id.firstRunId);
    expect((await handle.describe()).status.name).toBe('CONTINUED_AS_NEW');
  });

  it('is the same run for a second start, and takes no decision twice', async () => {
    const id = await run(long, 'again');
    const key = id.workflowId;
    const again = await long.tuesday.startRun(TEAM, { ...ask, key });
    expect(again).toEqual({ id: key, firstRunId: id.firstRunId, reused: true });
    const [decisionId = ''] = Object.keys((await stateOf(long, id)).decisions);
    const reviewId = decisionId.replace('yes-', '');
    const receipt = await long.tuesday.decide(key, { decision: 'approve', reviewId, decisionId });
    expect(receipt.applied).toBe(false);
  });

  it('takes no decision twice either where it goes on in another Temporal run', async () => {
    const key = keyOf(long, 'replayed');
    await long.tuesday.startRun(TEAM, { ...ask, key });
    const decide = (reviewId: string, decisionId: string) =>
      long.tuesday.decide(key, { decision: 'approve', reviewId, decisionId });
    const first = await long.until(key, ({ reviews }) => reviews.length === 1);
    const firstReview = first.reviews[0]?.id ?? '';
    expect((await decide(firstReview, 'd-1')).applied).toBe(true);
    // The work is sent back, so the same phase asks again, Temporal runs later.
    const second = await long.until(
      key,
      ({ reviews }) => reviews.length === 1 && reviews[0]?.id !== firstReview,
    );
    expect((await decide(firstReview, 'd-1')).applied).toBe(false);
    expect((await long.tuesday.getRun(key)).reviews).toEqual(second.reviews);
    await decide(second.reviews[0]?.id ?? '', 'd-2');
    await long.tuesday.result(key);
  });

  it('keeps its search attributes and steps under the keys of its first Temporal run', async () => {
    const id = await run(long, 'attributes');
    const { typedSearchAttributes, runId } = await long.temporal.workflow
      .getHandle(id.workflowId)
      .describe();
    expect(runId).not.toBe(id.firstRunId);
    const values = Object.fromEntries(
      typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(values).toMatchObject({ TuesdayTeam: 'test', TuesdayUser: 'tester' });
    const steps = await long.tuesday.trace(id.workflowId);
    expect(steps.every(({ stepKey }) => stepKey.startsWith(runKey(id)))).toBe(true);
  });
});
