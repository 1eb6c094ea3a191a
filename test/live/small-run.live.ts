/** One small run against the real API (or the gateway that `ANTHROPIC_BASE_URL` names). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createAnthropicModel } from '../../activities/model/anthropic';
import { getText } from '../../contracts/content';
import { definePhase, defineTeam } from '../../contracts/team/define';
import { writeFiles } from '../support/document-folder';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

/** Five cents: the ceiling of what this test can cost. */
const BUDGET_MICRO_USD = 50_000;

const DOCUMENTS = {
  'harbour.md':
    '# The harbour\n\nThe old harbour was dredged to nine metres in 1931.\n\nSince then the largest grain ships can berth at low tide.\n',
  'grain.txt':
    'Grain exports doubled between 1931 and 1936.\nMost of the grain went to Antwerp and Rotterdam.\n',
};

const common = {
  model: { name: 'claude-haiku-5-5', effort: 'low' as const },
  limits: { turnsMax: 6, maxOutputTokens: 4_000, callMs: 120_000 },
};
const team = defineTeam({
  name: 'live',
  version: '1.0.0',
  documents: 'required',
  phases: [
    definePhase({
      ...common,
      name: 'research',
      role: 'You are a researcher who works from documents only.',
      instructions:
        'Search the documents and give two findings. `quote` is copied word for word from the document.',
      tools: ['search_documents', 'read_document'],
      checks: ['quotesExist'],
      produces: z.object({
        findings: z
          .array(
            z.object({
              id: z.string().describe('F1, F2, … in order.'),
              claim: z.string().min(1),
              quote: z.string().min(1),
              document: z.string().min(1),
              line: z.int().min(1),
            }),
          )
          .min(1)
          .max(4),
      }),
    }),
    definePhase({
      ...common,
      name: 'writing',
      role: 'You are a writer of short, factual answers.',
      instructions: 'Answer the question in two sentences and cite the findings.',
      needs: ['research'],
      checks: ['citationsResolve'],
      produces: z.object({
        answer: z.string().min(1).max(1_000),
        citations: z.array(z.string()).min(1).describe('Ids of findings, e.g. "F1".'),
      }),
    }),
  ],
});

describe('a small run at the real API', () => {
  let test: TestTuesday;
  let documents: string;
  beforeAll(async () => {
    documents = await mkdtemp(join(tmpdir(), 'tuesday-test-'));
    writeFiles(documents, DOCUMENTS);
    const { ANTHROPIC_API_KEY: apiKey = '', ANTHROPIC_BASE_URL: baseUrl } = process.env;
    test = await startTestTuesday({
      model: createAnthropicModel({ apiKey, ...(baseUrl ? { baseUrl } : {}) }),
    });
  });
  afterAll(async () => {
    await test.stop();
    await rm(documents, { recursive: true });
  });

  it('ends within its budget, with quotes that stand in the documents', async () => {
    const run = await test.tuesday.startRun(team, {
      question: 'What did the dredging of 1931 do for trade?',
      documents,
      budgetMicroUsd: BUDGET_MICRO_USD,
    });
    let reviews: unknown[] = [];
    for await (const view of test.tuesday.watchRun(run, { untilParked: true }))
      reviews = view.reviews;
    // A run that parked says here why.
    expect(reviews).toEqual([]);
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');

    const findings = result.outputs.research?.output.findings ?? [];
    expect(findings.length).toBeGreaterThan(0);
    for (const { quote, document } of findings) {
      const source = result.documents.find(({ name }) => name === document);
      expect(await getText(test.tuesday.content, source?.textSha256 ?? '')).toContain(quote);
    }
    const { settledMicroUsd, unsettledMicroUsd } = result.costs;
    expect(settledMicroUsd).toBeGreaterThan(0);
    expect(settledMicroUsd + unsettledMicroUsd).toBeLessThanOrEqual(BUDGET_MICRO_USD);
    const steps = await test.tuesday.trace(run.id);
    const models = steps.filter(({ kind }) => kind === 'model');
    process.stdout.write(
      `${models.length} calls, ${settledMicroUsd + unsettledMicroUsd} of ${BUDGET_MICRO_USD} µ$: ${result.outputs.writing?.output.answer}\n`,
    );
  });
});
