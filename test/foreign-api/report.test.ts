import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunHandle } from '../../client/types';
import { report } from '../../teams';
import { writeFiles } from '../support/document-folder';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { DOCUMENTS, QUESTION, REPORT_SCRIPT } from './report-script';
import { SCRIPTED_USAGE, type ScriptedApi, startScriptedApi } from './scripted-api';

type Outputs = NonNullable<(typeof report)['outputs']>;

describe('the report team at a Messages API of other authors', () => {
  let documents: string;
  let api: ScriptedApi;
  let test: TestTuesday;
  let run: RunHandle<Outputs>;

  beforeAll(async () => {
    documents = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
    writeFiles(documents, DOCUMENTS);
    api = await startScriptedApi(REPORT_SCRIPT);
    test = await startTestTuesday({ modelUrl: api.url });
    run = await test.tuesday.startRun(report, { question: QUESTION, documents, user: 'tester' });
    await test.tuesday.result(run);
  });
  afterAll(async () => {
    await test.stop();
    await api.close();
    await rm(documents, { recursive: true });
  });

  const saidTo = (role: string) =>
    api.requestsOf(role).map(({ messages }) => JSON.stringify(messages));

  it('follows the whole script, asks nothing beyond it, and asks nobody else', () => {
    expect(api.leftOver()).toEqual({ unused: [], unanswered: 0 });
    expect(test.simulator.requests()).toEqual([]);
  });

  it('researches with tools, several at once, and learns of its slips', () => {
    const [, , read, slip, repair] = saidTo('You are a researcher');
    expect(read).toContain('Most of the grain went to Antwerp');
    expect(slip).toContain('there is no tool');
    expect(slip).toContain('fromLine: ');
    expect(repair).toContain('does not stand in harbour.md');
    expect(saidTo('You are an analyst')[1]).toContain('cites \\"F9\\"');
  });

  it('revises what its reviewer sends back, and publishes the revision', async () => {
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');
    expect(result.outputs.research?.output.findings).toMatchObject([
      { document: 'harbour.md', line: 3 },
      { document: 'trade/grain.txt', line: 1 },
    ]);
    expect(saidTo('You are a writer')[1]).toContain('Say it better.');

    const published = await readFile(join(test.publishDir, result.published[0]?.path ?? ''));
    const text = published.toString('utf8');
    expect(text).toContain('# What the dredging did');
    expect(text).toContain('Second draft. [F1] [F2]');
    expect(text).toContain('harbour.md, line 3: “The old harbour was dredged to nine metres');
  });

  it('books the usage that this API reports, call by call', async () => {
    const { costs } = await test.tuesday.result(run);
    const steps = (await test.tuesday.trace(run.id)).filter(({ kind }) => kind === 'model');
    const calls = steps.flatMap((step) => step.calls);
    const settled = calls.filter(({ status }) => status === 'settled');
    // Haiku 5.5 at 0.10 and 0.50 dollars a million tokens, sonnet 5.5 at 2 and 10.
    const { input_tokens, output_tokens } = SCRIPTED_USAGE;
    const haiku = 0.1 * input_tokens + 0.5 * output_tokens;
    const sonnet = 2 * input_tokens + 10 * output_tokens;
    expect(settled.map(({ costMicroUsd }) => costMicroUsd).sort((a, b) => a - b)).toEqual([
      ...Array(5).fill(haiku),
      ...Array(6).fill(sonnet),
    ]);
    expect(costs.settledMicroUsd).toBe(5 * haiku + 6 * sonnet);
    expect(costs.unsettledMicroUsd).toBe(0);
    expect(calls.filter(({ status }) => status === 'released')).toHaveLength(2);
  });

  it('keeps the key of a call that is made again', () => {
    const keys = api.headers().map((headers) => headers['idempotency-key']);
    expect(keys).toHaveLength(13);
    expect(new Set(keys).size).toBe(11);
  });
});
