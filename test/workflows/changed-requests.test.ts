import { Client as Database } from 'pg';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

describe.each(CACHE_MODES)('a recorded step, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  let database: Database;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
    database = new Database({ connectionString: test.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await test.stop();
  });

  /** Parked at the second turn of its only round. */
  async function parkedAtSecondTurn(): Promise<string> {
    test.simulator.addFault({ kind: 'malformed_json', idempotencyKeyContains: '/1/1.model' });
    test.simulator.addFault({
      kind: 'http_error',
      status: 401,
      idempotencyKeyContains: '/1/2.model',
    });
    const { id } = await test.tuesday.startRun(team([phase('only')]), {
      question: 'What is worth a note?',
    });
    await test.until(id, ({ reviews }) => reviews.length === 1);
    test.simulator.clearFaults();
    return id;
  }
  const turnsBought = (id: string) =>
    test.simulator
      .bill()
      .flatMap(({ headers }) => headers['idempotency-key'] ?? [])
      .filter((key) => key.includes(`/${id}/`))
      .map((key) => key.split('/').slice(-2).join('/'));

  it('is read back for nothing where it was asked the same', async () => {
    const id = await parkedAtSecondTurn();
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    expect(turnsBought(id)).toEqual(['1/1.model', '1/2.model']);
  });

  it('that was asked otherwise is not used: the round starts over, and says so', async () => {
    const id = await parkedAtSecondTurn();
    // As after a deployment whose code asks another request under the same key.
    const changed = await database.query(
      `UPDATE steps SET request_digest = repeat('0', 64) WHERE step_key LIKE $1`,
      [`%/${id}/%/1.model`],
    );
    expect(changed.rowCount).toBe(1);
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await test.tuesday.result(id)).toMatchObject({ status: 'completed' });
    expect(turnsBought(id)).toEqual(['1/1.model', '2/1.model']);
    const { entries } = await test.tuesday.history(id, { limit: 200 });
    expect(entries.find(({ type }) => type === 'output_rejected')).toMatchObject({
      why: expect.stringMatching(/^request_changed; recovery: start_over/),
    });
    const last = (await test.tuesday.trace(id)).at(-1);
    expect(JSON.stringify(await test.tuesday.composedRequest(last?.requestSha256 ?? ''))).toContain(
      'Begin anew',
    );
  });
});
