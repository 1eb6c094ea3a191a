/** Rounds that are held otherwise than the last one: with more room, in parts, on a compacted context. */
import type { Fault } from '../../simulator';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const property = { type: 'string' };
const produces = {
  type: 'object',
  properties: { title: property, summary: property, outlook: property },
  required: ['title', 'summary', 'outlook'],
  additionalProperties: false,
};

describe.each(CACHE_MODES)('rounds, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(() => test.stop());

  const bodiesOf = (id: string) =>
    test.simulator
      .requests()
      .filter(({ headers }) => headers['idempotency-key']?.includes(`/${id}/`))
      .map(
        ({ body }) =>
          body as {
            max_tokens: number;
            output_config: { format: { schema: { properties: object } } };
          },
      );

  it('gives an output that is cut off more room, then asks for it in parts', async () => {
    for (const round of [1, 2]) test.simulator.addFault({ kind: 'max_tokens_cut', round });
    const limits = { maxOutputTokens: 1_000 };
    const run = await test.tuesday.startRun(team([phase('only', { produces, limits })]), ask);
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');
    expect(Object.keys(result.outputs.only?.output as object).sort()).toEqual([
      'outlook',
      'summary',
      'title',
    ]);
    const bodies = bodiesOf(run.id);
    expect(bodies.map(({ max_tokens }) => max_tokens)).toEqual([
      ...[1_000, 2_000],
      ...[2_000, 4_000],
      ...[1_000, 1_000, 1_000],
    ]);
    const asked = bodies.map(({ output_config }) =>
      Object.keys(output_config.format.schema.properties),
    );
    expect(asked.slice(4)).toEqual([['title'], ['summary'], ['outlook']]);
    const billed = test.simulator
      .bill()
      .filter(({ headers }) => headers['idempotency-key']?.includes(`/${run.id}/`));
    expect(billed).toHaveLength(7);
  });

  it('keeps a reviewer’s comments when the revised output is rejected', async () => {
    const verdict = {
      type: 'object',
      properties: { verdict: { type: 'string', enum: ['approve', 'revise'] }, why: property },
      required: ['verdict', 'why'],
      additionalProperties: false,
    };
    const revises = { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 1 };
    const why = 'too many adverbs';
    const answer = (fields: { verdict: string; why: string }, round: number) =>
      test.simulator.addFault({ kind: 'answer_fields', fields, phase: 'check', round });
    answer({ verdict: 'revise', why }, 1);
    answer({ verdict: 'approve', why: '' }, 2);
    test.simulator.addFault({ kind: 'malformed_json', phase: 'write', round: 2 });
    const run = await test.tuesday.startRun(
      team([phase('write'), phase('check', { needs: ['write'], produces: verdict, revises })]),
      ask,
    );
    expect((await test.tuesday.result(run)).status).toBe('completed');
    const bodies = bodiesOf(run.id).map((body) => JSON.stringify(body));
    // Written, checked, revised badly twice, revised in another round, checked.
    expect(bodies.map((body) => body.includes(why))).toEqual([
      ...[false, false],
      ...[true, true],
      ...[true, false],
    ]);
    expect(bodies[4]).toContain('<report>');
  });

  it('runs what a receiver checks in the round of the phase that it needs', async () => {
    const fields = { note: 'It took 4711 days.' };
    test.simulator.addFault({ kind: 'answer_fields', fields, phase: 'first', round: 1 });
    const needs = [{ phase: 'first', checks: ['numbersAppearInSources' as const] }];
    const run = await test.tuesday.startRun(
      team([phase('first'), phase('second', { needs })]),
      ask,
    );
    expect((await test.tuesday.result(run)).status).toBe('completed');
    const steps = await test.tuesday.trace(run.id);
    // Told and asked again in its round, then another round; the receiver comes after it.
    expect(steps.map((step) => [step.phase, step.round, step.turn])).toEqual([
      ['first', 1, 1],
      ['first', 1, 2],
      ['first', 2, 1],
      ['second', 1, 1],
    ]);
    const [, repair, again] = bodiesOf(run.id).map((body) => JSON.stringify(body));
    const report = 'which appears in none of its sources; give it as they do, or leave it out';
    expect(repair).toContain(`${report} (expected by second)`);
    expect(again).toContain(`${report} (expected by second)`);
  });

  it.each<[string, Fault]>([
    [
      'refused for its length',
      {
        kind: 'http_error',
        status: 400,
        message: 'prompt is too long: 210000 tokens > 200000 maximum',
        round: 1,
        phase: 'second',
      },
    ],
    ['too large', { kind: 'http_error', status: 413, round: 1, phase: 'second' }],
    [
      'filled up by the answer',
      { kind: 'ending', stopReason: 'model_context_window_exceeded', round: 1, phase: 'second' },
    ],
  ])('goes on with a compacted context where the window is %s', async (_how, fault) => {
    test.simulator.addFault(fault);
    const phases = [phase('first'), phase('second', { needs: ['first'] })];
    const run = await test.tuesday.startRun(team(phases), ask);
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toEqual([
      { kind: 'context_compacted', phase: 'second', failure: 'context_exceeded' },
    ]);
    expect(bodiesOf(run.id)).toHaveLength(3);
  });
});
