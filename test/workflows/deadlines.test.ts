import { DEADLINE_ACTOR, type ReviewDeadline } from '../../contracts/deadline';
import type { DefinedTeam } from '../../contracts/team/define';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const NEVER_MS = 3_600_000;
const deadline = (changes: Partial<ReviewDeadline>): ReviewDeadline => ({
  remindMs: NEVER_MS,
  escalateMs: NEVER_MS,
  decideMs: NEVER_MS,
  default: 'stop',
  ...changes,
});
/** An approval offers no more than these. */
type OfApproval = Partial<ReviewDeadline> & { default?: 'approve' | 'stop' };
const approving = (changes: OfApproval): DefinedTeam =>
  team([
    phase('first', {
      review: {
        when: 'always',
        deadline: { ...deadline(changes), default: changes.default ?? 'stop' },
      },
    }),
    phase('second', { needs: ['first'] }),
  ]);

describe.each([
  ...CACHE_MODES.map(([name, cached]) => [name, cached, undefined] as const),
  ['continuing as new after every phase', 100, 5] as const,
])('a question that nobody answers, %s', (_mode, cachedWorkflowsMax, historyEventsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({
      cachedWorkflowsMax,
      ...(historyEventsMax === undefined ? {} : { historyEventsMax }),
    });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(() => test.stop());

  const told = async (id: string) =>
    (await test.tuesday.history(id, { limit: 200 })).entries.filter(({ type }) =>
      /^review|^decision/.test(type),
    );

  it('is asked again, goes a level up, and is decided as declared', async () => {
    const times = { remindMs: 1_000, escalateMs: 1_500, decideMs: 2_000 };
    const { id } = await test.tuesday.startRun(approving({ ...times, default: 'approve' }), ask);
    const open = await test.until(id, ({ reviews }) => reviews.length === 1);
    const openedAt = Date.parse(open.reviews[0]?.openedAt ?? '');
    expect(open.reviews[0]?.unanswered).toEqual({
      remindAt: new Date(openedAt + 1_000).toISOString(),
      escalateAt: new Date(openedAt + 1_500).toISOString(),
      decideAt: new Date(openedAt + 2_000).toISOString(),
      decision: 'approve',
    });
    expect(open.phases[0]?.next).toMatch(/; unanswered for 2 s → approve$/);
    await test.until(id, ({ reviews }) => reviews[0]?.remindedAt !== undefined);
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    const entries = await told(id);
    expect(entries.map(({ type }) => type)).toEqual([
      'review_opened',
      'review_reminded',
      'review_escalated',
      'decision_taken',
    ]);
    const reviewId = open.reviews[0]?.id ?? '';
    expect(entries.map(({ what }) => what).slice(1)).toEqual([
      `reminded of ${reviewId}`,
      `took ${reviewId} a level up`,
      `decided ${reviewId}: approve, by its deadline`,
    ]);
    const { decisions, phases } = await test.tuesday.getRun(id);
    expect(decisions).toEqual([
      {
        id: `deadline-${reviewId}`,
        ...{ reviewId, decision: 'approve', actor: DEADLINE_ACTOR },
        ...{ verified: false, settles: true },
      },
    ]);
    expect(phases[0]?.recoveries.map(({ failure, action }) => [failure, action])).toEqual([
      ['no_answer', 'remind'],
      ['no_answer', 'escalate'],
      ['no_answer', 'default_decision'],
    ]);
    expect((await test.tuesday.rebuild(id)).equal).toBe(true);
  });

  it('is left alone once a person has answered', async () => {
    const { id } = await test.tuesday.startRun(approving({ decideMs: 2_000 }), ask);
    await test.until(id, ({ reviews }) => reviews.length === 1);
    await test.tuesday.decide(id, { decision: 'approve' });
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    expect((await told(id)).map(({ type }) => type)).toEqual(['review_opened', 'decision_taken']);
  });

  it('of an operator ends the run where that is the default, with what there is', async () => {
    test.simulator.addFault({
      kind: 'http_error',
      status: 401,
      idempotencyKeyContains: '/second/',
    });
    const { definition } = team(row(phase('first'), phase('second')));
    const own = { ...definition, deadline: deadline({ decideMs: 1_000, default: 'approve' }) };
    const { id } = await test.tuesday.startRun(own, ask);
    const result = await test.tuesday.result(id);
    // An operator is not asked for approval: where the declared decision is not offered, it stops.
    expect(result).toMatchObject({ status: 'stopped', completedPhases: ['first'] });
    const { entries } = await test.tuesday.history(id, { limit: 200 });
    expect(entries.at(-1)?.why).toMatch(/^nobody answered second-\d+ in time$/);
  });

  it('cannot be answered under the name of its deadline', async () => {
    const { id } = await test.tuesday.startRun(approving({}), ask);
    await test.until(id, ({ reviews }) => reviews.length === 1);
    await expect(
      test.tuesday.decide(id, { decision: 'approve', actor: DEADLINE_ACTOR }),
    ).rejects.toThrow(/actor is the name under which questions decide themselves/);
    await test.tuesday.decide(id, { decision: 'stop' });
    await test.tuesday.result(id);
  });
});
