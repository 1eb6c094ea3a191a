/** Workers killed or frozen between an effect's execution and its commit. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { PublishTargets } from '../../activities/tools/publish-http';
import { sha256Of } from '../../contracts/content';
import type { ReviewView, RunView } from '../../contracts/views';
import { eventually } from '../support/eventually';
import { startTarget, type TestTarget } from '../support/publish-target';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses, type WorkerProcess } from '../support/worker-process';

// Each test starts several processes and waits for a heartbeat that does not come.
jest.setTimeout(120_000);

const ask = { question: 'What is worth a note?', user: 'tester' };

describe('an effect whose worker is lost between its execution and its commit', () => {
  const workers = useWorkerProcesses();
  let test: TestTuesday;
  let server: TestTarget;
  let publishTargetsFile: string;
  beforeAll(async () => {
    server = await startTarget();
    const publishTargets: PublishTargets = {
      once: server.target(),
      asked: server.target({ lookupUrl: `${server.url}/seen/{key}` }),
      store: server.target({ deduplicates: true }),
    };
    test = await startTestTuesday({ hasWorker: false, publishTargets });
    publishTargetsFile = join(test.dataDir, 'targets.json');
    writeFileSync(publishTargetsFile, JSON.stringify(publishTargets));
  });
  beforeEach(() => {
    server.received.splice(0);
    server.behave({ answer: 404 }, 'GET');
  });
  afterAll(async () => {
    await test.stop();
    await server.close();
  });

  const startWorker = () => workers.start(test, { publishTargetsFile });
  /** Starts a run and resolves when its worker has published and waits for the target's answer. */
  async function published(target: string): Promise<{ worker: WorkerProcess; id: string }> {
    const worker = await startWorker();
    server.next('hold');
    const arrival = server.arrival();
    const effects = [{ tool: 'publish_http', input: { target, content: '{{output.note}}' } }];
    const { id } = await test.tuesday.startRun(team([phase('only', { effects })]), ask);
    await arrival;
    return { worker, id };
  }
  /** The review that a run waits for, where it is another one than `before`. */
  async function reviewOf(id: string, before?: ReviewView): Promise<ReviewView> {
    const isNext = ({ status, reviews: [review] }: RunView) =>
      status === 'waiting_for_review' && review?.id !== before?.id;
    return (await test.until(id, isNext)).reviews[0] as ReviewView;
  }
  const asked = async (id: string) => (await reviewOf(id)).reason;
  const ends = async (id: string) => (await test.tuesday.result(id)).status;

  it('is seen once by a target that can say so, and committed', async () => {
    const { worker, id } = await published('asked');
    server.behave({ answer: 200, body: '{"id": "made-1"}' }, 'GET');
    await worker.kill();
    await startWorker();
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it('is seen once by a target that cannot tell, and a person is asked', async () => {
    const { worker, id } = await published('once');
    await worker.kill();
    await startWorker();
    expect(await asked(id)).toBe('effect_unknown');
    await test.tuesday.decide(id, { decision: 'approve' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it('keeps its unknown end on a worker that cannot publish, also when it is resumed there', async () => {
    const { worker, id } = await published('once');
    await worker.kill();
    // Without targets the tool is not installed.
    await workers.start(test);
    const first = await reviewOf(id);
    expect(first.reason).toBe('effect_unknown');
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await reviewOf(id, first)).toMatchObject({
      reason: 'effect_unknown',
      options: ['approve', 'resume', 'stop'],
    });
    expect(await statusOf(id)).toEqual(['unknown']);
    await test.tuesday.decide(id, { decision: 'approve' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it('has failed on a worker that cannot publish where it was never begun, and is published later', async () => {
    const first = await startWorker();
    const effects = [
      { tool: 'publish_http', input: { target: 'once', content: '{{output.note}}' } },
    ];
    const { id } = await test.tuesday.startRun(team([phase('only', { effects })]), {
      ...ask,
      review: 'always',
    });
    const approval = await reviewOf(id);
    await first.kill();
    const unable = await workers.start(test);
    await test.tuesday.decide(id, { decision: 'approve', digest: approval.digest });
    expect(await reviewOf(id, approval)).toMatchObject({
      reason: 'effect_failed',
      options: ['resume', 'stop'],
    });
    await unable.kill();
    await startWorker();
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it('has an unknown end, too, where a restored ledger has lost its claim', async () => {
    const { worker, id } = await published('once');
    await eventually(async () => {
      const word = (await pendingActivity(id))?.heartbeatDetails?.payloads?.[0]?.data;
      expect(String(word)).toContain('claimed');
    }, 30_000);
    await worker.kill();
    const database = await connected();
    await database.query(`DELETE FROM effects WHERE split_part(run_key, '/', 2) = $1`, [id]);
    await database.end();
    await startWorker();
    expect(await asked(id)).toBe('effect_unknown');
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(2);
  });

  it('is published again under the same key where the target recognises it', async () => {
    const { worker, id } = await published('store');
    await worker.kill();
    await startWorker();
    expect(await ends(id)).toBe('completed');
    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('is done when a worker that was frozen hears of it after all, and is not repeated on resume', async () => {
    const { worker, id } = await published('once');
    worker.signal('SIGSTOP');
    await eventually(async () => expect((await pendingActivity(id))?.attempt).toBe(2), 30_000);
    worker.signal('SIGCONT');
    // Its second attempt has found the first one's claim, while that one still waits for the answer.
    expect(await asked(id)).toBe('effect_unknown');
    server.release();
    await eventually(async () => expect(await statusOf(id)).toEqual(['done']), 30_000);
    await test.tuesday.decide(id, { decision: 'resume' });
    expect(await ends(id)).toBe('completed');
    expect(server.received).toHaveLength(1);
  });

  it('leaves one file, whole, where two workers have published it', async () => {
    const worker = await startWorker();
    const content = `The very text of ${process.pid}.`;
    const database = await connected();
    // What is being stored by another transaction is waited for: the worker stops behind its file.
    await database.query('BEGIN');
    await database.query(
      `INSERT INTO artifacts (sha256, media_type, size, bytes) VALUES ($1, 'text/plain', $2, $3)`,
      [sha256Of(content), content.length, Buffer.from(content)],
    );
    const effects = [{ tool: 'publish_file', input: { path: 'note.md', content } }];
    const { id } = await test.tuesday.startRun(team([phase('only', { effects })]), ask);
    await eventually(async () => expect(filesOf(id)).toEqual(['note.md']), 60_000);
    await worker.kill();
    await database.query('ROLLBACK');
    await database.end();
    await startWorker();
    const result = await test.tuesday.result(id);
    expect(result.published).toMatchObject([{ sha256: sha256Of(content) }]);
    expect(filesOf(id)).toEqual(['note.md']);
    const [{ path } = { path: '' }] = result.published;
    expect(readFileSync(join(test.publishDir, path), 'utf8')).toBe(content);
  });

  async function connected(): Promise<Client> {
    const client = new Client({ connectionString: test.databaseUrl });
    await client.connect();
    return client;
  }

  /** Of the run's effects. */
  async function statusOf(id: string): Promise<string[]> {
    const database = await connected();
    const { rows } = await database.query<{ status: string }>(
      `SELECT status FROM effects WHERE split_part(run_key, '/', 2) = $1`,
      [id],
    );
    await database.end();
    return rows.map(({ status }) => status);
  }

  async function pendingActivity(id: string) {
    const { raw } = await test.temporal.workflow.getHandle(id).describe();
    return raw.pendingActivities?.[0];
  }

  /** Names of what a run has published; drafts lie elsewhere. */
  function filesOf(id: string): string[] {
    return readdirSync(test.publishDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath.includes(id))
      .map(({ name }) => name);
  }
});
