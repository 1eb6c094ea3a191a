import type { Fault } from '../../simulator';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
/** Quick policies, so that exhausting them does not take long. */
const quick = { modelTriesMax: 2, roundsMax: 2 };
/** A stall is noticed soon, but no answer of a busy machine is taken for one. */
const soonStalled = { stallMs: 2_000 };

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('recoveries, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => {
    test.simulator.clearFaults();
    test.simulator.setApiKeys(undefined);
  });
  afterAll(() => test.stop());

  const parked = (id: string) => test.until(id, ({ status }) => status === 'waiting_for_review');
  /** Resolves when so many requests wait at the simulator. */
  const requestsHeld = (count: number) =>
    new Promise<void>((resolve) => {
      let held = 0;
      const stop = test.simulator.onRequest(({ fault }) => {
        if (fault === 'hold') held += 1;
        if (held < count) return;
        stop();
        // The last one begins to wait once its listeners have heard of it.
        setImmediate(resolve);
      });
    });
  const billOf = (id: string) =>
    test.simulator.bill().filter(({ headers }) => headers['idempotency-key']?.includes(id));

  it.each<[string, Fault]>([
    [
      'rate limited',
      {
        kind: 'http_error',
        status: 429,
        type: 'rate_limit_error',
        message: 'slow down',
        retryAfterSeconds: 0,
        times: 1,
      },
    ],
    [
      'overloaded',
      {
        kind: 'http_error',
        status: 529,
        type: 'overloaded_error',
        message: 'Overloaded',
        times: 1,
      },
    ],
    ['overloaded in the middle of the stream', { kind: 'sse_error', times: 1 }],
    ['dropped before an answer', { kind: 'drop', where: 'before_headers', times: 1 }],
    ['dropped in the middle of the stream', { kind: 'drop', where: 'mid_stream', times: 1 }],
    [
      'stalled in the middle of the stream',
      { kind: 'hold', where: 'mid_stream', until: 'release', times: 1 },
    ],
  ])('a model call that is %s is made again', async (_kind, fault) => {
    test.simulator.addFault(fault);
    const run = await test.tuesday.startRun(team([phase('only', { limits: soonStalled })]), ask);
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');

    const [step] = await test.tuesday.trace(run.id);
    expect(step?.calls).toHaveLength(2);
    const refused = fault.kind === 'http_error';
    expect(step?.calls.map(({ status }) => status)).toEqual([
      refused ? 'released' : 'unsettled',
      'settled',
    ]);
    const booked = result.costs.settledMicroUsd + result.costs.unsettledMicroUsd;
    expect(billOf(run.id)).toHaveLength(refused ? 1 : 2);
    expect(result.costs.unsettledMicroUsd > 0).toBe(!refused);
    expect(booked).toBeLessThanOrEqual(result.costs.budgetMicroUsd);
  });

  it('parks on a wrong API key and goes on when it is mended, buying nothing twice', async () => {
    const key = `wrong-key-${cachedWorkflowsMax}`;
    test.simulator.addFault({
      kind: 'http_error',
      status: 401,
      idempotencyKeyContains: `/${key}/`,
      nth: 2,
      times: 1_000,
    });
    const phases = row(phase('first'), phase('second'));
    const run = await test.tuesday.startRun(team(phases), { ...ask, key });
    const view = await parked(run.id);
    expect(view.reviews).toMatchObject([
      { kind: 'operator', reason: 'authentication', phase: 'second', options: ['resume', 'stop'] },
    ]);
    expect(view.explanation).toContain('ANTHROPIC_API_KEY');

    test.simulator.clearFaults();
    await test.tuesday.decide(run.id, { decision: 'resume' });
    expect((await test.tuesday.result(run)).status).toBe('completed');
    expect(billOf(run.id)).toHaveLength(2);
  });

  it('asks an operator when the tries of a model call are used up', async () => {
    test.simulator.addFault({ kind: 'http_error', status: 529 });
    const run = await test.tuesday.startRun(team([phase('only', { limits: quick })]), ask);
    const view = await parked(run.id);
    expect(view.reviews).toMatchObject([{ reason: 'overloaded' }]);
    const [step] = await test.tuesday.trace(run.id);
    expect(step?.calls).toHaveLength(quick.modelTriesMax);
    test.simulator.clearFaults();
    await test.tuesday.decide(run.id, { decision: 'resume' });
    expect((await test.tuesday.result(run)).status).toBe('completed');
  });

  it('repairs an answer that breaks its contract in the same conversation', async () => {
    test.simulator.addFault({ kind: 'schema_violation', times: 1 });
    const run = await test.tuesday.startRun(team([phase('only')]), ask);
    expect((await test.tuesday.result(run)).status).toBe('completed');
    const steps = await test.tuesday.trace(run.id);
    expect(steps.map(({ round, turn }) => [round, turn])).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  it('gives an answer that was cut off more room, once', async () => {
    test.simulator.addFault({ kind: 'max_tokens_cut', times: 1 });
    const run = await test.tuesday.startRun(team([phase('only')]), ask);
    expect((await test.tuesday.result(run)).status).toBe('completed');
    const steps = await test.tuesday.trace(run.id);
    expect(steps.map(({ ending }) => ending)).toEqual(['truncated', 'answer']);
  });

  it.each<[string, Fault['kind'], string]>([
    ['malformed JSON', 'malformed_json', 'format_violation'],
    ['missing fields', 'schema_violation', 'missing_fields'],
    ['nothing', 'empty_text', 'empty_output'],
    ['an answer cut off', 'max_tokens_cut', 'truncated'],
    ['a refusal', 'refusal', 'refused_by_model'],
  ])('asks a person when every round ends in %s', async (_words, kind, reason) => {
    test.simulator.addFault({ kind } as Fault);
    const run = await test.tuesday.startRun(team([phase('only', { limits: quick })]), ask);
    const view = await parked(run.id);
    expect(view.reviews).toMatchObject([{ kind: 'operator', reason, phase: 'only' }]);
    expect(view.phases[0]?.round).toBe(kind === 'refusal' ? 1 : quick.roundsMax);
    await test.tuesday.decide(run.id, { decision: 'stop' });
    expect((await test.tuesday.result(run)).status).toBe('stopped');
  });

  it('goes on without an optional phase, and says what is missing', async () => {
    const key = `optional-${cachedWorkflowsMax}`;
    test.simulator.addFault({ kind: 'refusal', idempotencyKeyContains: '/extra/' });
    const phases = [
      phase('extra', { required: false, limits: quick }),
      phase('main'),
      phase('last', { needs: ['extra', 'main'] }),
    ];
    const run = await test.tuesday.startRun(team(phases), { ...ask, key });
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toMatchObject([
      { kind: 'incomplete_extra', phase: 'extra', failure: 'refused_by_model' },
    ]);
    expect(result.completedPhases).toEqual(['main', 'last']);
    expect(result.outputs).not.toHaveProperty('extra');
    const told = test.simulator
      .requests()
      .filter(({ headers }) => headers['idempotency-key']?.includes(`${key}/`))
      .map(({ body }) => JSON.stringify(body));
    expect(told.at(-1)).toContain('The phase extra gave no result.');
  });

  it('ends with what it has when the budget is used up, and never spends more', async () => {
    const run = await test.tuesday.startRun(
      team(row(phase('first'), phase('second', { model: { name: 'claude-opus-5-5' } }))),
      { ...ask, budgetMicroUsd: 60_000 },
    );
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('budget_exhausted');
    expect(result.completedPhases).toEqual(['first']);
    expect(Object.keys(result.outputs)).toEqual(['first']);
    expect(result.costs.settledMicroUsd + result.costs.unsettledMicroUsd).toBeLessThanOrEqual(
      60_000,
    );
    expect(result.explanation).toMatch(
      /no room for the next call of second: .* up to \$0\.\d+, and \$0\.0\d+ of \$0\.0600 .* 1 of 2 phases/,
    );
    expect(result.limitations).toEqual([
      { kind: 'phase_not_done', phase: 'second', failure: 'budget_exhausted' },
    ]);
    expect((await test.tuesday.getRun(run.id)).phases[1]?.status).toBe('unfinished');
  });

  it('lets a phase have what others did not need of the budget', async () => {
    const heavy = phase('heavy', { limits: { budgetShare: 1, maxOutputTokens: 50_000 } });
    const light = phase('light', { needs: ['heavy'], limits: { budgetShare: 1_000 } });
    const run = await test.tuesday.startRun(team([heavy, light]), {
      ...ask,
      budgetMicroUsd: 60_000,
    });
    expect((await test.tuesday.result(run)).status).toBe('completed');
  });

  it('tells an agent what its receivers expect, and holds its answer to it', async () => {
    // The contract says that it is a string: no answer can please both.
    const expects = { type: 'object', properties: { note: { type: 'number' } } };
    const run = await test.tuesday.startRun(
      team([
        phase('first', { limits: quick }),
        phase('second', { needs: [{ phase: 'first', expects }] }),
      ]),
      ask,
    );
    const view = await parked(run.id);
    expect(view.reviews).toMatchObject([{ phase: 'first', reason: 'format_violation' }]);
    const [first] = test.simulator
      .requests()
      .filter(({ headers }) => headers['idempotency-key']?.includes(run.id));
    expect(JSON.stringify(first?.body)).toContain('<expected by=');
    await test.tuesday.decide(run.id, { decision: 'stop' });
  });

  it.each([
    ['a text of a thousand million characters', { note: { type: 'string', minLength: 1e9 } }],
    [
      'a list of a thousand million items',
      { note: { type: 'array', minItems: 1e9, items: { type: 'string' } } },
    ],
  ])('ends at a person where a contract asks for %s', async (_words, properties) => {
    const produces = {
      type: 'object',
      properties,
      required: ['note'],
      additionalProperties: false,
    };
    const run = await test.tuesday.startRun(
      team([phase('only', { produces, limits: quick })]),
      ask,
    );
    expect((await parked(run.id)).reviews).toMatchObject([{ phase: 'only' }]);
    await test.tuesday.decide(run.id, { decision: 'stop' });
  });

  it('sends work back as often as the team allows, then decides on it as it is', async () => {
    const verdict = {
      type: 'object',
      properties: { verdict: { type: 'string', enum: ['revise'] } },
      required: ['verdict'],
      additionalProperties: false,
    };
    const run = await test.tuesday.startRun(
      team([
        phase('write'),
        phase('check', {
          needs: ['write'],
          produces: verdict,
          revises: { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 2 },
        }),
      ]),
      ask,
    );
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toMatchObject([{ kind: 'review_unresolved', phase: 'check' }]);
    expect(billOf(run.id)).toHaveLength(6);
  });

  it('runs phases in parallel where the graph allows', async () => {
    test.simulator.addFault({ kind: 'hold', where: 'before_headers', until: 'release' });
    const bothHeld = requestsHeld(2);
    const run = await test.tuesday.startRun(
      team([phase('left'), phase('right'), phase('join', { needs: ['left', 'right'] })]),
      ask,
    );
    await test.until(
      run.id,
      ({ phases }) => phases.filter(({ current }) => current.length > 0).length === 2,
    );
    // A call is on record before it arrives: one that comes after the release would be held for good.
    await bothHeld;
    test.simulator.clearFaults();
    test.simulator.release();
    expect((await test.tuesday.result(run)).status).toBe('completed');
  });

  it('stops a run that is cancelled in Temporal, with its partial result', async () => {
    test.simulator.addFault({
      kind: 'hold',
      where: 'before_headers',
      until: 'release',
      idempotencyKeyContains: '/second/',
    });
    const run = await test.tuesday.startRun(team(row(phase('first'), phase('second'))), ask);
    await test.until(run.id, ({ phases }) => phases[1]?.current.length === 1);
    await test.temporal.workflow.getHandle(run.id).cancel();
    const result = await test.tuesday.result(run);
    test.simulator.release();
    expect(result.status).toBe('stopped');
    expect(result.completedPhases).toEqual(['first']);
    expect(result.costs.unsettledMicroUsd).toBeGreaterThan(0);
  });

  it('refuses a start with the reason, and lets its key be used again', async () => {
    const key = `refused-${cachedWorkflowsMax}`;
    const unpriced = team([phase('only', { model: { name: 'made-up-model' } })]);
    const refused = await test.tuesday.startRun(unpriced, { ...ask, key });
    await expect(test.tuesday.result(refused)).rejects.toThrow(
      'No price is known for made-up-model',
    );
    expect((await test.tuesday.getRun(key)).status).toBe('refused');
    const again = await test.tuesday.startRun(team([phase('only')]), { ...ask, key });
    expect((await test.tuesday.result(again)).status).toBe('completed');
  });

  it('is the same run for the same key and request, and a conflict for another request', async () => {
    const key = `same-${cachedWorkflowsMax}`;
    const only = team([phase('only')]);
    const [one, two] = await Promise.all([
      test.tuesday.startRun(only, { ...ask, key }),
      test.tuesday.startRun(only, { ...ask, key }),
    ]);
    expect(one.firstRunId).toBe(two.firstRunId);
    expect([one.reused, two.reused].sort()).toEqual([false, true]);
    await test.tuesday.result(one);
    expect((await test.tuesday.startRun(only, { ...ask, key })).reused).toBe(true);
    await expect(
      test.tuesday.startRun(only, { ...ask, key, question: 'Another question?' }),
    ).rejects.toMatchObject({ kind: 'conflict' });
    expect(billOf(key)).toHaveLength(1);
  });
});
