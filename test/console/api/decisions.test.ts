/** Every decision as a person takes it over HTTP, to the end of its run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecideBody } from '../../../contracts/api';
import { getJson } from '../../../contracts/content';
import type { RunResult, RunView } from '../../../contracts/views';
import { type DecidingPeople, decidingPeople } from '../../support/deciding-people';
import { phase, row, team } from '../../support/teams';
import { startTestTuesday, type TestTuesday } from '../../support/test-tuesday';

let test: TestTuesday;
let people: DecidingPeople;
beforeAll(async () => {
  test = await startTestTuesday();
  people = await decidingPeople(test, { ann: ['legal'], bob: ['legal'], eve: ['sales'] });
});
afterAll(async () => {
  await people.close();
  await test.stop();
});
afterEach(() => test.simulator.clearFaults());

const publishing = {
  effects: [{ tool: 'publish_file', input: { path: '{{run.id}}.md', content: '{{output.note}}' } }],
};
type Phases = Parameters<typeof team>[0];

async function asking(phases: Phases, changes: Parameters<typeof team>[1] = {}, more = {}) {
  const { id } = await test.tuesday.startRun(team(phases, changes), {
    question: 'What is worth a note?',
    user: 'tester',
    ...more,
  });
  return { id, ...(await parked(id)) };
}
const isParked = ({ status }: RunView) => status === 'waiting_for_review';

async function parked(id: string, last?: string) {
  const run = await test.until(id, (view) => isParked(view) && view.reviews[0]?.id !== last);
  const [review] = run.reviews;
  if (!review) throw new Error('it asks nothing');
  return { run, review };
}
async function take(id: string, who: string, body: DecideBody) {
  const { status, body: answer } = await people.decide(id, who, body);
  expect([status, answer]).toEqual([
    200,
    expect.objectContaining({ decision: body.decision, applied: true }),
  ]);
}
const refused = async (id: string, who: string, body: DecideBody) => {
  const { status, body: answer } = await people.decide(id, who, body);
  return `${status}: ${answer.detail}`;
};
const published = async ({ published: [file] }: Pick<RunResult, 'published'>) =>
  file && readFile(join(test.publishDir, file.path), 'utf8');
const told = async (id: string) =>
  (await test.tuesday.history(id, { limit: 200 })).entries.map(
    ({ who, what }) => `${'id' in who && who.id ? who.id : who.kind}: ${what}`,
  );

describe('approve', () => {
  it('hands the output on and carries its effects out, by the bytes that were shown', async () => {
    const { id, review } = await asking([phase('only', { ...publishing, review: 'always' })]);
    expect(review).toMatchObject({
      kind: 'approval',
      options: ['approve', 'reject', 'revise', 'edit', 'delegate', 'stop'],
      effects: [{ tool: 'publish_file' }],
    });
    await take(id, 'ann', { decision: 'approve', digest: review.digest });
    const result = await test.tuesday.result(id);
    expect({ note: await published(result) }).toEqual(result.outputs.only?.output);
    expect(await told(id)).toContain(`ann: decided ${review.id}: approve, signed in`);
  });

  it('of what has changed meanwhile is refused, also where only one review is open', async () => {
    test.simulator.addFault({ kind: 'answer_fields', round: 2, fields: { note: 'Short.' } });
    const { id, review } = await asking([phase('only', { review: 'always' })]);
    await take(id, 'ann', { decision: 'revise', comment: 'Shorter.' });
    const next = await parked(id, review.id);
    expect(next.review.digest).not.toBe(review.digest);
    const stale = { decision: 'approve', digest: review.digest } as const;
    expect(await refused(id, 'bob', stale)).toBe(
      '409: The decision was not taken: what the decision is about has changed meanwhile; look at the review again.',
    );
    expect(await refused(id, 'bob', { ...stale, reviewId: review.id })).toBe(
      '409: The decision was not taken: the review has been decided already.',
    );
    await take(id, 'bob', { decision: 'approve', digest: next.review.digest });
    await test.tuesday.result(id);
  });
});

it('reject ends the run as rejected, with what there is', async () => {
  const { id, review } = await asking(
    row(phase('first'), phase('second', { ...publishing, review: 'always' })),
  );
  await take(id, 'ann', { decision: 'reject', comment: 'Not fit to be printed.' });
  const result = await test.tuesday.result(id);
  expect(result).toMatchObject({
    status: 'rejected',
    completedPhases: ['first'],
    limitations: [{ kind: 'phase_not_done', phase: 'second' }],
    published: [],
  });
  expect(result.explanation).toContain('A person rejected the run after 1 of 2 phases (first)');
  expect(await told(id)).toContain(`ann: decided ${review.id}: reject, signed in`);
  expect(await refused(id, 'bob', { decision: 'approve', reviewId: review.id })).toBe(
    '409: The decision was not taken: the review has been decided already.',
  );
});

it('stop ends the run as stopped', async () => {
  const { id } = await asking([phase('only', { review: 'always' })]);
  await take(id, 'ann', { decision: 'stop' });
  expect((await test.tuesday.result(id)).status).toBe('stopped');
});

describe('revise', () => {
  it('has the phase done again with the comment, and what follows waits for it', async () => {
    const phases = row(phase('first', { review: 'always' }), phase('second'));
    const { id, review } = await asking(phases);
    await take(id, 'ann', { decision: 'revise', comment: 'Name the harbour-master.' });
    const again = await parked(id, review.id);
    expect(again.run.phases.map(({ name, round }) => [name, round])).toEqual([
      ['first', 2],
      ['second', 0],
    ]);
    const steps = await test.tuesday.trace(id);
    const request = await test.tuesday.composedRequest(steps.at(-1)?.requestSha256 ?? '');
    expect(JSON.stringify(request)).toContain('Name the harbour-master.');
    await take(id, 'bob', { decision: 'approve' });
    expect((await test.tuesday.result(id)).completedPhases).toEqual(['first', 'second']);
    const events = await told(id);
    expect(events).toContain('ann: sent the work back to first');
  });

  it('asks for a comment', async () => {
    const { id } = await asking([phase('only', { review: 'always' })]);
    expect(await refused(id, 'ann', { decision: 'revise' })).toBe(
      '409: The decision was not taken: revise and respond need a comment, edit an output, delegate a person, top_up an amount.',
    );
    await take(id, 'ann', { decision: 'stop' });
  });
});

describe('edit', () => {
  it('puts a person’s output in the place of the agent’s, and its effects are made of it', async () => {
    const { id, run, review } = await asking([phase('only', { ...publishing, review: 'always' })]);
    await take(id, 'ann', { decision: 'edit', output: { note: 'In my own words.' } });
    const result = await test.tuesday.result(id);
    expect(result.status).toBe('completed');
    expect(result.outputs.only?.output).toEqual({ note: 'In my own words.' });
    expect(await published(result)).toBe('In my own words.');
    expect(await test.tuesday.trace(id)).toHaveLength(1);
    const { decisions } = await test.tuesday.getRun(id);
    expect(decisions).toMatchObject([
      { actor: 'ann', decision: 'edit', verified: true, outputSha256: result.outputs.only?.sha256 },
    ]);
    expect(await told(id)).toContain(
      'ann: gave the output of only in place of its agent (entry 2)',
    );
    expect(run.phases[0]?.outputSha256).toBe(review.digest);
  });

  it('that does not fit the contract is refused with the exact places', async () => {
    const { id } = await asking([phase('only', { review: 'always' })]);
    const badly = { decision: 'edit', output: { note: 7, more: true } } as const;
    expect(await refused(id, 'ann', badly)).toBe(
      '400: The output does not fit the contract of only: output must NOT have additional properties ("more"); output/note must be string.',
    );
    await take(id, 'ann', { decision: 'stop' });
  });

  it('that its effects cannot be made of asks for another one', async () => {
    const named = {
      effects: [{ tool: 'publish_file', input: { path: '{{output.note}}', content: 'x' } }],
    };
    test.simulator.addFault({ kind: 'answer_fields', fields: { note: 'fine.md' } });
    const { id, review } = await asking([phase('only', { ...named, review: 'always' })]);
    await take(id, 'ann', { decision: 'edit', output: { note: '../etc/passwd' } });
    const asked = await parked(id, review.id);
    expect(asked.review).toMatchObject({
      kind: 'approval',
      reason: 'format_violation',
      options: ['reject', 'revise', 'edit', 'delegate', 'stop'],
      explanation:
        'The output that a person gave for only cannot be taken: see what is wrong with it, and edit gives another.',
    });
    await take(id, 'bob', { decision: 'edit', output: { note: `${id}.md` } });
    const { published: files } = await test.tuesday.result(id);
    expect(files.map(({ path }) => path.split('/').pop())).toEqual([`${id}.md`]);
  });

  it('counts as its author’s approval, and others have to approve it where more are asked', async () => {
    const { id, review } = await asking([phase('only', { review: { quorum: 2 } })]);
    await take(id, 'ann', { decision: 'edit', output: { note: 'Mine.' } });
    const asked = await parked(id, review.id);
    expect(asked.review).toMatchObject({ quorum: 2, approvedBy: ['ann'] });
    expect(await refused(id, 'ann', { decision: 'approve' })).toBe(
      '409: The decision was not taken: this person has approved already: somebody else has to.',
    );
    await take(id, 'bob', { decision: 'approve' });
    expect((await test.tuesday.result(id)).outputs.only?.output).toEqual({ note: 'Mine.' });
  });
});

describe('respond', () => {
  const asks = (question: string) =>
    test.simulator.addFault({
      kind: 'tool_calls',
      turn: 1,
      calls: [{ name: 'ask_person', input: { question } }],
    });

  it('answers what an agent asks, who goes on with it', async () => {
    asks('Which harbour is meant?');
    const { id, review } = await asking([phase('only', { tools: ['ask_person'] })]);
    expect(review).toMatchObject({
      kind: 'question',
      reason: 'question',
      options: ['respond', 'delegate', 'stop'],
    });
    expect(await getJson(test.tuesday.content, review.digest)).toEqual({
      tool: 'ask_person',
      input: { question: 'Which harbour is meant?' },
    });
    await take(id, 'ann', { decision: 'respond', comment: 'The one in the north.' });
    expect((await test.tuesday.result(id)).status).toBe('completed');
    const steps = await test.tuesday.trace(id);
    expect(steps.map(({ name }) => name)).toEqual([
      'claude-haiku-5-5',
      'ask_person',
      'claude-haiku-5-5',
    ]);
    const request = await test.tuesday.composedRequest(steps.at(-1)?.requestSha256 ?? '');
    expect(JSON.stringify(request)).toContain('The one in the north.');
  });

  it('is for the groups of the phase, and may come from who started the run', async () => {
    asks('Which one?');
    const { id } = await asking(
      [phase('only', { tools: ['ask_person'], review: { when: 'never', groups: ['legal'] } })],
      {},
      { user: 'ann' },
    );
    const answer = { decision: 'respond', comment: 'This one.' } as const;
    expect(await refused(id, 'eve', answer)).toBe(
      '409: The decision was not taken: this review is for another group of reviewers.',
    );
    await take(id, 'ann', answer);
    await test.tuesday.result(id);
  });

  it('stands in for an effect that an agent asks for, which is not carried out', async () => {
    test.simulator.addFault({
      kind: 'tool_calls',
      turn: 1,
      calls: [{ name: 'publish_file', input: { path: 'by-agent.md', content: 'x' } }],
    });
    const { id, review } = await asking([
      phase('only', { tools: ['publish_file'], review: 'always' }),
    ]);
    expect(review).toMatchObject({
      options: ['approve', 'respond', 'reject', 'delegate', 'stop'],
      effects: [{ tool: 'publish_file' }],
    });
    await take(id, 'ann', { decision: 'respond', comment: 'Not now: hand in the text.' });
    const output = await parked(id, review.id);
    expect(output.review.options).toContain('edit');
    const steps = await test.tuesday.trace(id);
    const request = await test.tuesday.composedRequest(steps.at(-1)?.requestSha256 ?? '');
    expect(JSON.stringify(request)).toContain('Not now: hand in the text.');
    await take(id, 'ann', { decision: 'approve' });
    expect((await test.tuesday.result(id)).published).toEqual([]);
  });
});

it('delegate hands the review over, and only so far', async () => {
  const { id, review } = await asking([phase('only', { review: { groups: ['legal'] } })]);
  expect(await refused(id, 'eve', { decision: 'approve' })).toBe(
    '409: The decision was not taken: this review is for another group of reviewers.',
  );
  expect(await refused(id, 'ann', { decision: 'delegate', to: 'ann' })).toBe(
    '409: The decision was not taken: the review cannot be handed over to that person.',
  );
  await take(id, 'ann', { decision: 'delegate', to: 'eve' });
  const { reviews } = await test.until(id, (view) => view.reviews[0]?.delegations.length === 1);
  expect(reviews).toMatchObject([{ id: review.id, delegations: [{ from: 'ann', to: 'eve' }] }]);
  expect(await refused(id, 'ann', { decision: 'approve' })).toBe(
    '409: The decision was not taken: this person has handed the review over to somebody else.',
  );
  await take(id, 'eve', { decision: 'approve' });
  expect((await test.tuesday.result(id)).status).toBe('completed');
  expect(await told(id)).toContain(`ann: handed ${review.id} over to eve, signed in`);
});

describe('top_up', () => {
  const TIGHT = {
    budgetMicroUsd: 1_000,
    recoveries: { budget_exhausted: ['ask_top_up', 'end_run'] },
  };
  it('adds to the budget until there is room for the next call', async () => {
    const { id, review, run } = await asking([phase('only')], TIGHT as never);
    expect(review).toMatchObject({
      kind: 'top_up',
      reason: 'budget_exhausted',
      options: ['top_up', 'resume', 'delegate', 'stop'],
    });
    expect(run.budgetMicroUsd).toBe(1_000);
    const needMicroUsd = review.needMicroUsd ?? 0;
    await take(id, 'ann', { decision: 'top_up', addMicroUsd: needMicroUsd - 1 });
    const still = await parked(id, review.id);
    expect(still.review.needMicroUsd).toBe(1);
    await take(id, 'ann', { decision: 'top_up', addMicroUsd: 1 });
    const { status, costs } = await test.tuesday.result(id);
    expect([status, costs.budgetMicroUsd]).toEqual(['completed', 1_000 + needMicroUsd]);
    expect((await test.tuesday.getRun(id)).budgetMicroUsd).toBe(1_000 + needMicroUsd);
    expect(costs.settledMicroUsd).toBeLessThanOrEqual(costs.budgetMicroUsd);
  });

  it('that is refused by resume goes down the ladder', async () => {
    const { id } = await asking([phase('only')], TIGHT as never);
    await take(id, 'ann', { decision: 'resume' });
    expect((await test.tuesday.result(id)).status).toBe('budget_exhausted');
  });

  it('is no way beyond the largest budget, nor to no amount', async () => {
    const { id } = await asking([phase('only')], TIGHT as never);
    expect(await refused(id, 'ann', { decision: 'top_up', addMicroUsd: 10_000_000_000 })).toBe(
      '409: The decision was not taken: a top-up may not raise the budget beyond the largest that a run may have.',
    );
    expect(await refused(id, 'ann', { decision: 'top_up', addMicroUsd: 0 })).toMatch(
      /^400: .*addMicroUsd/,
    );
    await take(id, 'ann', { decision: 'stop' });
  });
});

describe('who decides', () => {
  it('is not who started the run, where the team says so', async () => {
    const { id } = await asking(
      [phase('only', { review: { notStarter: true } })],
      {},
      { user: 'ann' },
    );
    expect(await refused(id, 'ann', { decision: 'approve' })).toBe(
      '409: The decision was not taken: who started a run, or has it work for them, may not decide on it here.',
    );
    await take(id, 'bob', { decision: 'approve' });
    await test.tuesday.result(id);
  });

  it('is who has signed in: nobody speaks for another', async () => {
    const { id } = await asking([phase('only', { review: 'always' })]);
    expect(await refused(id, 'ann', { decision: 'approve', actor: 'bob' })).toMatch(/^403: /);
    await take(id, 'ann', { decision: 'approve', actor: 'ann' });
    await test.tuesday.result(id);
  });
});

it('says what cannot be decided here', async () => {
  const { id } = await asking([phase('only', { review: 'always' })]);
  expect(await refused(id, 'ann', { decision: 'resume' })).toBe(
    '409: The decision was not taken: this review does not offer that decision.',
  );
  expect(await refused(id, 'ann', { decision: 'approve', reviewId: 'only-99' })).toBe(
    '409: The decision was not taken: there is no open review of this id.',
  );
  await take(id, 'ann', { decision: 'approve', decisionId: 'mine' });
  await test.tuesday.result(id);
  const again = await people.decide(id, 'bob', { decision: 'stop', decisionId: 'mine' });
  expect([again.status, again.body]).toEqual([
    200,
    expect.objectContaining({ decision: 'approve', applied: false }),
  ]);
  expect(await refused(id, 'ann', { decision: 'approve' })).toBe(
    `409: The run "${id}" has ended (completed): there is nothing to decide any more.`,
  );
});
