/** Agents that never come to an end by themselves: the same call for ever, a reviewer who is never content. */
import { join } from 'node:path';
import { SAME_CALL_TURNS_MAX } from '../../contracts/limits';
import type { RunView } from '../../contracts/views';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const DOCUMENTS = join(__dirname, '..', '..', 'docs');
const ask = { question: 'What do the documents say about budgets?', user: 'tester' };
const SEARCH = { name: 'search_documents', input: { query: 'budget' } };

const limits = { turnsMax: 5, roundsMax: 2 };
const searching = team([phase('search', { tools: [SEARCH.name], limits })], {
  documents: 'required',
});

let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday();
});
afterAll(() => test.stop());
afterEach(() => test.simulator.clearFaults());

const billedOf = (id: string) =>
  test.simulator
    .bill()
    .filter(({ headers }) => headers['idempotency-key']?.includes(`/${id}/`) ?? false);

function expectWithinAllowances({ phases }: RunView): void {
  for (const { spend, allowanceMicroUsd } of phases) {
    expect(spend.settledMicroUsd).toBeGreaterThan(0);
    expect(spend.settledMicroUsd + spend.unsettledMicroUsd).toBeLessThan(allowanceMicroUsd);
  }
}

it('ends an agent that makes the same call for ever within its turns', async () => {
  test.simulator.addFault({ kind: 'tool_calls', calls: [SEARCH] });
  const run = await test.tuesday.startRun(searching, { ...ask, documents: DOCUMENTS });
  const { status, limitations, outputs } = await test.tuesday.result(run);
  expect(status).toBe('completed_with_limitations');
  expect(limitations).toEqual([{ kind: 'incomplete_search', phase: 'search', failure: 'loop' }]);
  expect(outputs).toMatchObject({ search: { output: {} } });
  expect(billedOf(run.id)).toHaveLength(SAME_CALL_TURNS_MAX + 1);
  expectWithinAllowances(await test.tuesday.getRun(run.id));
});

it('ends one that calls even where it may not within its rounds, and takes no such call', async () => {
  test.simulator.addFault({ kind: 'tool_calls', calls: [SEARCH], anyTurn: true });
  const run = await test.tuesday.startRun(searching, { ...ask, documents: DOCUMENTS });
  const parked = await test.until(run.id, ({ status }) => status === 'waiting_for_review');
  expect(parked.reviews).toMatchObject([{ phase: 'search', reason: 'loop' }]);
  expect(billedOf(run.id).length).toBeLessThanOrEqual(limits.turnsMax * limits.roundsMax);
  const taken = (await test.tuesday.trace(run.id)).filter(({ kind }) => kind === 'tool');
  expect(taken.length).toBeLessThanOrEqual((limits.turnsMax - 1) * limits.roundsMax);
  expectWithinAllowances(parked);
  await test.tuesday.decide(run.id, { decision: 'stop' });
  expect((await test.tuesday.result(run)).status).toBe('stopped');
});

it('ends a writer and a reviewer who never agree within their revisions', async () => {
  const verdict = {
    type: 'object',
    properties: { verdict: { type: 'string', enum: ['approve', 'revise'] } },
    required: ['verdict'],
    additionalProperties: false,
  };
  const revises = { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 2 };
  test.simulator.addFault({
    kind: 'answer_fields',
    fields: { verdict: 'revise' },
    phase: 'review',
  });
  const run = await test.tuesday.startRun(
    team([phase('write'), phase('review', { needs: ['write'], produces: verdict, revises })]),
    ask,
  );
  const result = await test.tuesday.result(run);
  expect(result.status).toBe('completed_with_limitations');
  expect(result.limitations).toMatchObject([{ kind: 'review_unresolved', phase: 'review' }]);
  expect(result.outputs).toMatchObject({ write: {}, review: { output: { verdict: 'revise' } } });
  expect(billedOf(run.id)).toHaveLength(2 * (1 + revises.revisionsMax));
  expectWithinAllowances(await test.tuesday.getRun(run.id));
});
