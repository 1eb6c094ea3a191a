/** Two of three have to approve: one hands over, nobody else answers, it goes up, and then decides itself. */
import type { RunView } from '../../contracts/views';
import { CACHE_MODES } from '../support/cache-modes';
import { type DecidingPeople, decidingPeople } from '../support/deciding-people';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const REVIEW: NonNullable<Parameters<typeof phase>[1]>['review'] = {
  when: 'always',
  quorum: 2,
  groups: ['legal'],
  notStarter: true,
  deadline: {
    remindMs: 1_000,
    escalateMs: 2_000,
    // Long enough for all that people do meanwhile on a busy machine.
    decideMs: 12_000,
    escalateTo: ['board'],
    default: 'reject',
  },
};
const GROUPS = { ann: ['legal'], bob: ['legal'], carl: ['legal'], eve: [], kim: ['board'] };

describe.each(CACHE_MODES)('a quorum of two of three, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  let people: DecidingPeople;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
    people = await decidingPeople(test, GROUPS);
  });
  afterAll(async () => {
    await people.close();
    await test.stop();
  });

  async function start(): Promise<{ id: string; reviewId: string }> {
    const phases = row(phase('first'), phase('second', { review: REVIEW }));
    const ask = { question: 'What is worth a note?', user: 'ann' };
    const { id } = await test.tuesday.startRun(team(phases), ask);
    const { reviews } = await test.until(id, ({ reviews: open }) => open.length === 1);
    return { id, reviewId: reviews[0]?.id ?? '' };
  }
  const says = async (id: string, who: string, body: object) => {
    const answer = await people.decide(id, who, body as never);
    return answer.status === 200 ? 'taken' : answer.body.detail.replace(/^.*taken: /, '');
  };
  const asked = (id: string, wanted: (review: RunView['reviews'][number]) => boolean) =>
    test.until(id, ({ reviews: [review] }) => review !== undefined && wanted(review));
  const told = async (id: string) =>
    (await test.tuesday.history(id, { limit: 200 })).entries
      .filter(({ type }) => /^(review|decision|run_ended)/.test(type))
      .map(({ who, what }) => `${who.id ?? who.kind}: ${what.replaceAll(/second-\d+/g, 'REVIEW')}`);

  it('is handed over, reminded of, taken a level up, and rejected when the second never comes', async () => {
    const { id, reviewId } = await start();
    expect(await says(id, 'ann', { decision: 'approve' })).toMatch(/^who started a run/);
    expect(await says(id, 'eve', { decision: 'approve' })).toMatch(/^this review is for another/);
    expect(await says(id, 'bob', { decision: 'approve' })).toBe('taken');
    expect(await says(id, 'bob', { decision: 'approve' })).toMatch(/^this person has approved/);
    expect(await says(id, 'carl', { decision: 'delegate', to: 'eve' })).toBe('taken');
    expect(await says(id, 'carl', { decision: 'approve' })).toMatch(/^this person has handed/);
    expect(await says(id, 'eve', { decision: 'delegate', to: 'carl' })).toMatch(/cannot be handed/);

    const reminded = await asked(id, ({ remindedAt }) => remindedAt !== undefined);
    expect(reminded.reviews).toMatchObject([
      {
        id: reviewId,
        quorum: 2,
        approvedBy: ['bob'],
        delegations: [{ from: 'carl', to: 'eve' }],
        unanswered: { decision: 'reject' },
      },
    ]);
    const escalated = await asked(id, ({ escalatedAt }) => escalatedAt !== undefined);
    expect(escalated.reviews).toMatchObject([{ id: reviewId, groups: ['legal', 'board'] }]);

    const result = await test.tuesday.result(id);
    expect(result).toMatchObject({ status: 'rejected', completedPhases: ['first'] });
    const { decisions } = await test.tuesday.getRun(id);
    expect(decisions.map(({ actor, decision, settles }) => [actor, decision, settles])).toEqual([
      ['bob', 'approve', false],
      ['carl', 'delegate', false],
      ['deadline', 'reject', true],
    ]);
    const all = await told(id);
    expect(all.filter((event) => event.startsWith('workflow'))).toEqual([
      'workflow: asked a person (REVIEW): approve, reject, revise, edit, delegate, stop?',
      'workflow: reminded of REVIEW',
      'workflow: took REVIEW a level up',
      'workflow: decided REVIEW: reject, by its deadline',
      'workflow: ended the run: rejected',
    ]);
    expect(all.filter((event) => !event.startsWith('workflow'))).toEqual([
      'bob: approved REVIEW, signed in; it needs more than one',
      'carl: handed REVIEW over to eve, signed in',
    ]);
    expect(await says(id, 'eve', { decision: 'approve', reviewId })).toBe(
      'the review has been decided already.',
    );
  });

  it('is complete with the one who stands in, or with one of a level up', async () => {
    const [down, up] = [await start(), await start()];
    for (const { id } of [down, up])
      expect(await says(id, 'bob', { decision: 'approve' })).toBe('taken');
    expect(await says(down.id, 'carl', { decision: 'delegate', to: 'eve' })).toBe('taken');
    expect(await says(down.id, 'eve', { decision: 'approve' })).toBe('taken');
    await asked(up.id, ({ escalatedAt }) => escalatedAt !== undefined);
    expect(await says(up.id, 'kim', { decision: 'approve' })).toBe('taken');
    for (const { id } of [down, up])
      expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
  });
});

it('of people nobody knows is never complete, however often they approve', async () => {
  const test = await startTestTuesday();
  try {
    const deadline = { remindMs: 1_000, escalateMs: 2_000, decideMs: 60_000 };
    const { id } = await test.tuesday.startRun(
      team([phase('only', { review: { quorum: 2, deadline } })], {
        unverifiedDecisions: 'allowed',
      }),
      { question: 'What is worth a note?', user: 'tester' },
    );
    const { reviews } = await test.until(id, ({ reviews: open }) => open.length === 1);
    const handle = test.temporal.workflow.getHandle(id);
    const sent = ['ann', 'bob', 'eve'].map((actor) => ({
      ...{ decisionId: `d-${actor}`, reviewId: reviews[0]?.id, decision: 'approve', actor },
    }));
    for (const decision of sent) {
      await handle.signal('decideSignal', decision);
      await expect(handle.executeUpdate('decide', { args: [decision] })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('signed in') },
      });
    }
    const forged = { ...sent[0], proof: { groups: [], mac: 'a'.repeat(64) } };
    await expect(handle.executeUpdate('decide', { args: [forged] })).rejects.toThrow();
    const { status, decisions } = await test.tuesday.getRun(id);
    expect([status, decisions]).toEqual(['waiting_for_review', []]);
    const { entries } = await test.tuesday.history(id, { limit: 200 });
    expect(entries.filter(({ type }) => type === 'decision_refused')).toHaveLength(3);
  } finally {
    await test.stop();
  }
});
