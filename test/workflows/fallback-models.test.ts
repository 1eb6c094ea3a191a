/** Models that a phase falls back on: when, in which order, and what is left when none is. */
import { costOf, PRICES } from '../../domain/prices';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const OWN = 'claude-haiku-5-5';
const SECOND = 'claude-sonnet-5-5';
const THIRD = 'claude-opus-5-5';
const ask = { question: 'What is worth a note?', user: 'tester' };
const fallbackModels = [{ name: SECOND }, { name: THIRD }];
const quick = { modelTriesMax: 2, callMs: 2_000, stallMs: 1_500 };
const only = phase('only', { fallbackModels, limits: quick });

describe.each(CACHE_MODES)('models to fall back on, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(() => test.stop());

  /** The models that were asked, in order, and how each call ended. */
  const asked = async (id: string) =>
    (await test.tuesday.trace(id))
      .filter(({ kind }) => kind === 'model')
      .map(({ round, name, calls }) => [round, name, calls.length]);
  const run = async (...phases: Parameters<typeof team>[0]) => {
    const started = await test.tuesday.startRun(team(phases), ask);
    return { id: started.id, result: await test.tuesday.result(started) };
  };

  it('are asked when the tries of the one before are used up', async () => {
    test.simulator.addFault({ kind: 'http_error', status: 529, model: OWN });
    test.simulator.addFault({ kind: 'http_error', status: 500, model: SECOND });
    const { id, result } = await run(only);
    expect(result).toMatchObject({ status: 'completed', limitations: [] });
    expect(await asked(id)).toEqual([
      [1, OWN, quick.modelTriesMax],
      [2, SECOND, quick.modelTriesMax],
      [3, THIRD, 1],
    ]);
    const [view] = (await test.tuesday.getRun(id)).phases;
    expect(view).toMatchObject({ model: THIRD, round: 3 });
    const taken = result.recoveries.filter(({ action }) => action === 'fallback_model');
    expect(taken.map(({ failure }) => failure).sort()).toEqual(['overloaded', 'server_error']);
  });

  it('are asked at once when one refuses', async () => {
    test.simulator.addFault({ kind: 'refusal', model: OWN });
    const { id, result } = await run(only);
    expect(result.status).toBe('completed');
    expect(await asked(id)).toEqual([
      [1, OWN, 1],
      [2, SECOND, 1],
    ]);
  });

  it('are asked before one that was too slow is asked again', async () => {
    test.simulator.addFault({ kind: 'trickle', everyMs: 400, model: OWN });
    const { id, result } = await run(only);
    expect(result.status).toBe('completed');
    expect(await asked(id)).toEqual([
      [1, OWN, 1],
      [2, SECOND, 1],
    ]);
    const [first] = await test.tuesday.trace(id);
    expect(first?.calls).toMatchObject([{ failure: 'too_slow', status: 'unsettled' }]);
  });

  it('give way to the phase’s own when work is sent back', async () => {
    test.simulator.addFault({ kind: 'refusal', phase: 'write', round: 1 });
    test.simulator.addFault({
      kind: 'answer_fields',
      phase: 'check',
      fields: { verdict: 'revise' },
      times: 1,
    });
    const verdict = {
      type: 'object',
      properties: { verdict: { type: 'string', enum: ['revise', 'fine'] } },
      required: ['verdict'],
      additionalProperties: false,
    };
    const { id, result } = await run(
      phase('write', { fallbackModels, limits: quick }),
      phase('check', {
        needs: ['write'],
        produces: verdict,
        revises: { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 1 },
      }),
    );
    expect(result.status).toMatch(/^completed/);
    const written = (await test.tuesday.trace(id)).filter(({ phase: of }) => of === 'write');
    expect(written.map(({ round, name }) => [round, name])).toEqual([
      [1, OWN],
      [2, SECOND],
      [3, OWN],
    ]);
    const { phases } = await test.tuesday.getRun(id);
    expect(phases[0]).not.toHaveProperty('model');
  });

  it('leave the question to an operator when none is left', async () => {
    test.simulator.addFault({ kind: 'http_error', status: 529 });
    const started = await test.tuesday.startRun(
      team([phase('only', { fallbackModels: [{ name: SECOND }], limits: quick })]),
      ask,
    );
    const { id } = started;
    const view = await test.until(id, ({ status }) => status === 'waiting_for_review');
    expect(view.reviews).toMatchObject([{ kind: 'operator', reason: 'overloaded' }]);
    test.simulator.clearFaults();
    await test.tuesday.decide(id, { decision: 'resume' });
    expect((await test.tuesday.result(started)).status).toBe('completed');
    expect((await test.tuesday.getRun(id)).phases[0]).toMatchObject({ model: SECOND });
  });

  it('leave an optional phase to its limitation when none is left', async () => {
    test.simulator.addFault({ kind: 'refusal', phase: 'extra' });
    const { id, result } = await run(
      phase('extra', { required: false, fallbackModels: [{ name: SECOND }], limits: quick }),
      phase('main'),
    );
    expect(result.status).toBe('completed_with_limitations');
    expect(result.limitations).toMatchObject([
      { kind: 'incomplete_extra', failure: 'refused_by_model' },
    ]);
    const tried = (await test.tuesday.trace(id)).filter(({ phase: of }) => of === 'extra');
    expect(tried.map(({ name }) => name)).toEqual([OWN, SECOND]);
  });

  it('cost their own price, and end the run where their worst case does not fit', async () => {
    test.simulator.addFault({ kind: 'refusal', model: OWN });
    const start = (budgetMicroUsd: number) =>
      test.tuesday.startRun(team([only]), { ...ask, budgetMicroUsd });
    // 8,192 tokens at $0.50 a million fit in, at $10 they do not.
    const poor = await start(20_000);
    const result = await test.tuesday.result(poor);
    expect(result.status).toBe('budget_exhausted');
    expect(result.costs.settledMicroUsd).toBeLessThan(20_000);
    const rich = await start(2_000_000);
    await test.tuesday.result(rich);
    const [, second] = await test.tuesday.trace(rich.id);
    const price = PRICES[SECOND];
    if (!price || !second?.tokens) throw new Error('both are known');
    const { input, output, cacheWrite, cacheRead } = second.tokens;
    const usage = {
      inputTokens: input,
      outputTokens: output,
      cacheWriteTokens: cacheWrite,
      cacheReadTokens: cacheRead,
    };
    expect(second.costMicroUsd).toBe(costOf(price, usage));
  });
});
