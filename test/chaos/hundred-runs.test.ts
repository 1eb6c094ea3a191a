/**
 * A hundred runs at once on one worker: all complete, and none sees anything of another. Each has a
 * marker of its own in its question and its document; whatever the model was asked, whatever the
 * ledger keeps of a run and whatever it published holds no other.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as DatabaseClient } from 'pg';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

jest.setTimeout(300_000);

const RUNS_COUNT = 100;
/** What one worker may take for them at most; it took 475 MB. */
const WORKER_MB_MAX = 1_000;
const markerOf = (index: number): string => `zq${String(index).padStart(3, '0')}qz`;
const keyOf = (index: number): string => `run-${index}`;

const noting = team(
  row(
    phase('research', {
      instructions: 'Write one note about what the documents say.',
      tools: ['search_documents', 'read_document'],
    }),
    phase('writing', {
      effects: [
        {
          tool: 'publish_file',
          input: { path: 'note.md', content: '{{question}}\n\n{{output.note}}\n' },
        },
      ],
    }),
  ),
  { documents: 'required' },
);

const workers = useWorkerProcesses();
let test: TestTuesday;
let folder: string;
/** Everything seen of a run, by its key: where, and the text. */
const seen = new Map<string, [where: string, text: string][]>();
const see = (key: string | undefined, where: string, text: string): void => {
  if (key === undefined) throw new Error(`${where} belongs to no run`);
  seen.set(key, [...(seen.get(key) ?? []), [where, text]]);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
  test = await startTestTuesday({ hasWorker: false });
  test.simulator.onRequest(({ headers, body }) => {
    const stepKey = headers['idempotency-key'] ?? '';
    see(stepKey.split('/')[1], `request ${stepKey}`, JSON.stringify(body));
  });
});
afterAll(async () => {
  await test.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startOne(index: number) {
  const marker = markerOf(index);
  const documents = join(folder, keyOf(index));
  await mkdir(documents);
  await writeFile(
    join(documents, 'harbour.md'),
    `# Harbour\n\nThe harbour of ${marker} was rebuilt in 1931 and is worth a note.\n`,
  );
  return test.tuesday.startRun(noting, {
    question: `What is worth a note about the harbour of ${marker}?`,
    documents,
    key: keyOf(index),
    user: `user-${index}`,
  });
}

/** All artifacts that belong to a run: of its steps, its input and its result. */
async function seeArtifacts(): Promise<void> {
  const database = new DatabaseClient({ connectionString: test.databaseUrl });
  await database.connect();
  try {
    const { rows } = await database.query<{ key: string; where: string; bytes: Buffer }>(`
      SELECT workflow_id AS key, used.what AS "where", bytes
      FROM runs
      CROSS JOIN LATERAL (
        SELECT 'request ' || step_key, request_digest FROM steps WHERE steps.run_key = runs.run_key
        UNION ALL SELECT 'outcome ' || step_key, outcome_sha256 FROM steps WHERE steps.run_key = runs.run_key
        UNION ALL SELECT 'prompt ' || round_key, prompt_sha256 FROM rounds WHERE rounds.run_key = runs.run_key
        UNION ALL SELECT 'effect ' || step_key, result_sha256 FROM effects WHERE effects.run_key = runs.run_key
        UNION ALL VALUES ('input', input_sha256), ('documents', documents_sha256), ('result', result_sha256)
      ) AS used (what, sha256)
      JOIN artifacts USING (sha256)`);
    for (const { key, where, bytes } of rows) see(key, where, bytes.toString('utf8'));
  } finally {
    await database.end();
  }
}

/** The most memory that a process ever had, in MB. */
async function mostMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1_024;
}

it('completes all of them, with nothing of one in another', async () => {
  const worker = await workers.start(test);
  const runs = await Promise.all(Array.from({ length: RUNS_COUNT }, (_, index) => startOne(index)));
  const results = await Promise.all(runs.map((run) => test.tuesday.result(run)));
  expect(results.map(({ status }) => status)).toEqual(
    Array.from({ length: RUNS_COUNT }, () => 'completed'),
  );
  const memoryMb = await mostMemoryMb(worker.pid);
  process.stderr.write(`the worker of ${RUNS_COUNT} runs had at most ${memoryMb.toFixed(0)} MB\n`);
  expect(memoryMb).toBeLessThan(WORKER_MB_MAX);

  // A worker that is busy is not taken for a lost one.
  const steps = test.simulator.bill().map(({ headers }) => headers['idempotency-key']);
  expect(steps.filter((step, index) => steps.indexOf(step) !== index)).toEqual([]);

  await seeArtifacts();
  for (const { run, published } of results)
    for (const { path } of published)
      see(run, `published ${path}`, await readFile(join(test.publishDir, path), 'utf8'));

  expect(seen.size).toBe(RUNS_COUNT);
  for (let index = 0; index < RUNS_COUNT; index++) {
    const own = markerOf(index);
    const texts = seen.get(keyOf(index)) ?? [];
    // What is looked at would show it: the marker has come all the way from document to file.
    const kinds = texts.filter(([, text]) => text.includes(own)).map(([where]) => where);
    for (const kind of ['request', 'outcome', 'prompt', 'result', 'published'])
      expect([own, kinds.some((where) => where.startsWith(kind))]).toEqual([own, true]);
    for (const [where, text] of texts) {
      const others = (text.match(/zq\d{3}qz/g) ?? []).filter((marker) => marker !== own);
      expect([where, others]).toEqual([where, []]);
    }
  }
});
