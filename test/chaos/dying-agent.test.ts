/** An agent whose model goes away for good in the middle of its work, in a phase that the run can do without. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { definePhase, defineTeam } from '../../contracts/team/define';
import type { RunView } from '../../contracts/views';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const DOCUMENTS = join(__dirname, '..', '..', 'docs');
const TURNS_BEFORE = 2;
const TRIES = 2;
const GONE = 'The phase research gave no result.';

const sure = { note: z.string(), confidence: z.number().min(0).max(1) };
const model = { name: 'claude-haiku-5-5' };

/** As the report team, small: what research finds is analysed and published. */
const survivor = defineTeam({
  name: 'survivor',
  version: '1.0.0',
  documents: 'required',
  phases: [
    definePhase({
      name: 'research',
      role: 'You are a researcher.',
      instructions: 'Find out what the documents say.',
      model,
      tools: ['search_documents', 'read_document'],
      required: false,
      produces: z.object(sure),
      limits: { modelTriesMax: TRIES },
    }),
    definePhase({
      name: 'analysis',
      role: 'You are an analyst.',
      instructions: 'Say what it means.',
      model,
      needs: ['research'],
      produces: z.object(sure),
    }),
    definePhase({
      name: 'publishing',
      role: 'You are an editor.',
      instructions: 'Write one note.',
      model,
      needs: ['analysis'],
      produces: z.object(sure),
      effects: [
        {
          tool: 'publish_file',
          input: {
            path: 'note.md',
            content:
              '{{output.note}}\n\n## Limitations\n{{#limitations}}\n- {{.}}\n{{/limitations}}',
          },
        },
      ],
    }),
  ],
});

let test: TestTuesday;
let run: RunView;
beforeAll(async () => {
  test = await startTestTuesday();
  test.simulator.addFault({
    kind: 'http_error',
    status: 529,
    phase: 'research',
    nth: TURNS_BEFORE + 1,
    times: 1_000,
  });
  for (const phase of ['analysis', 'publishing'])
    test.simulator.addFault({ kind: 'answer_fields', phase, fields: { confidence: 0.9 } });
  const started = await test.tuesday.startRun(survivor, {
    question: 'What do the documents say about budgets?',
    documents: DOCUMENTS,
    user: 'tester',
  });
  await test.tuesday.result(started);
  run = await test.tuesday.getRun(started.id);
}, 60_000);
afterAll(() => test.stop());

const asked = (phase: string) =>
  test.simulator
    .requests()
    .filter(({ headers }) => headers['idempotency-key']?.includes(`/${phase}/`) ?? false);

it('dies after its second turn, having been tried as often as it may', () => {
  const statuses = asked('research').map(({ status }) => status);
  expect(statuses).toEqual([...Array(TURNS_BEFORE).fill(200), ...Array(TRIES).fill(529)]);
});

it('leaves a run that completes with a limitation, and its output', async () => {
  const result = await test.tuesday.result<{ publishing: { note: string } }>(run.id);
  expect(result.status).toBe('completed_with_limitations');
  expect(result.explanation).toContain('incomplete_research');
  expect(result.limitations).toEqual([
    { kind: 'incomplete_research', phase: 'research', failure: 'overloaded' },
  ]);
  expect(result.completedPhases).toEqual(['analysis', 'publishing']);
  expect(Object.keys(result.outputs).sort()).toEqual(['analysis', 'publishing']);
  expect(result.outputs.publishing?.output.note).not.toBe('');
  expect(run.phases.map(({ status }) => status)).toEqual(['degraded', 'done', 'done']);
});

it('is missed by all that come after it, who are told', () => {
  for (const phase of ['analysis', 'publishing'])
    expect(JSON.stringify(asked(phase).at(-1)?.body)).toContain(GONE);
});

it('is missed by the reader, who is told too', async () => {
  const { published } = await test.tuesday.result(run.id);
  const file = published.find(({ path }) => path.endsWith('note.md'));
  expect(await readFile(join(test.publishDir, file?.path ?? ''), 'utf8')).toContain(`- ${GONE}`);
});

it('makes what rests on it less sure', () => {
  const [, analysis, publishing] = run.phases;
  expect(analysis?.confidence).toEqual({
    stated: 0.9,
    corrected: 0.63,
    because: ['a phase that it needs gave nothing'],
  });
  expect(publishing?.confidence?.corrected).toBe(0.63);
});

it('costs its two turns and no more', () => {
  const bill = test.simulator
    .bill()
    .filter(({ headers }) => headers['idempotency-key']?.includes('/research/'));
  expect(bill).toHaveLength(TURNS_BEFORE);
  const [research] = run.phases;
  expect(research?.spend.unsettledMicroUsd).toBe(0);
  expect(research?.spend.settledMicroUsd).toBeGreaterThan(0);
});
