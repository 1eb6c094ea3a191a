/** Rounds are used up, and the last output fails nothing but its checks: a person may take it. */
import { sha256Of } from '../../contracts/content';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const cited = {
  type: 'object',
  properties: {
    note: { type: 'string' },
    citations: { type: 'array', items: { type: 'string' } },
  },
  required: ['note', 'citations'],
  additionalProperties: false,
};
const citing = (changes = {}) =>
  phase('cite', {
    produces: cited,
    checks: ['citationsResolve'],
    limits: { roundsMax: 2, turnsMax: 2 },
    effects: [
      { tool: 'publish_file', input: { path: 'note.md', content: 'Cites {{output.citations}}' } },
    ],
    ...changes,
  });

describe.each(CACHE_MODES)('an unverified output, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(() => test.stop());

  const start = async (...phases: Parameters<typeof row>) => {
    test.simulator.addFault({
      kind: 'answer_fields',
      fields: { citations: ['F99'] },
      phase: 'cite',
    });
    return test.tuesday.startRun(team(row(...phases)), ask);
  };
  const parked = (id: string) => test.until(id, ({ status }) => status === 'waiting_for_review');

  it('is taken with a limitation, effects and all, when a person accepts it', async () => {
    const run = await start(citing(), phase('last'));
    const [review] = (await parked(run.id)).reviews;
    expect(review).toMatchObject({
      phase: 'cite',
      reason: 'check_failed',
      options: ['accept', 'resume', 'stop'],
      explanation: expect.stringContaining('accept takes it as it is'),
    });
    await expect(
      test.tuesday.decide(run.id, { decision: 'accept', digest: review?.reportSha256 ?? '' }),
    ).rejects.toThrow('what the decision is about has changed');
    await test.tuesday.decide(run.id, { decision: 'accept', digest: review?.digest ?? '' });

    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toEqual([
      {
        kind: 'unverified_output',
        phase: 'cite',
        failure: 'check_failed',
        detail: '- /citations/0 cites "F99", which no input has; there are none',
      },
    ]);
    expect(result.outputs.cite).toMatchObject({
      sha256: review?.digest,
      output: { citations: ['F99'] },
    });
    expect(result.completedPhases).toEqual(['cite', 'last']);
    expect(result.published).toMatchObject([{ sha256: sha256Of('Cites F99') }]);
    const calls = test.simulator
      .bill()
      .filter(({ headers }) => headers['idempotency-key']?.includes(`/${run.id}/`));
    expect(calls).toHaveLength(5);
  });

  it('gives way to another round when a person says so', async () => {
    const run = await start(citing());
    await parked(run.id);
    test.simulator.clearFaults();
    test.simulator.addFault({ kind: 'answer_fields', fields: { citations: [] }, phase: 'cite' });
    await test.tuesday.decide(run.id, { decision: 'resume' });
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');
    expect(result.outputs.cite?.output).toMatchObject({ citations: [] });
  });

  it('is not offered where the last one does not even fit the contract', async () => {
    test.simulator.addFault({ kind: 'malformed_json', phase: 'cite' });
    const run = await start(citing());
    expect((await parked(run.id)).reviews).toMatchObject([{ options: ['resume', 'stop'] }]);
    await test.tuesday.decide(run.id, { decision: 'stop' });
  });

  it('is not asked about where the phase may degrade', async () => {
    const run = await start(citing({ required: false }), phase('last'));
    const result = await test.tuesday.result(run);
    expect(result.limitations).toMatchObject([
      { kind: 'incomplete_cite', failure: 'check_failed' },
    ]);
    expect(result.outputs).not.toHaveProperty('cite');
  });
});
