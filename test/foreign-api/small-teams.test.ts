import { createAnthropicModel } from '../../activities/model/anthropic';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { type Reply, type ScriptedApi, startScriptedApi } from './scripted-api';

const ask = { question: 'What is worth a note?', user: 'tester' };
const note = (text: string): Reply => ({ json: { note: text } });

describe('small teams at a Messages API of other authors', () => {
  let api: ScriptedApi | undefined;
  let test: TestTuesday | undefined;
  afterEach(async () => {
    await test?.stop();
    await api?.close();
  });

  async function start(script: Record<string, Reply[]>) {
    api = await startScriptedApi(script);
    test = await startTestTuesday({ modelUrl: api.url });
    return { api, test };
  }

  it('hands over from phase to phase, in parallel and in a row', async () => {
    const { api, test } = await start({
      'the left agent': [note('from the left')],
      'the right agent': [{ text: 'Sure! Here is a note.' }, note('from the right')],
      'the last agent': [note('from both')],
    });
    const phases = [phase('left'), phase('right'), phase('last', { needs: ['left', 'right'] })];
    const result = await test.tuesday.result(await test.tuesday.startRun(team(phases), ask));

    expect(result.status).toBe('completed');
    expect(result.outputs.last?.output).toEqual({ note: 'from both' });
    expect(api.leftOver()).toEqual({ unused: [], unanswered: 0 });
    expect(JSON.stringify(api.requestsOf('the right agent')[1])).toContain('is not JSON');
    const told = JSON.stringify(api.requestsOf('the last agent')[0]);
    expect(told).toContain('from the left');
    expect(told).toContain('from the right');
  });

  it('parks a run for an operator when the API refuses its key, and goes on after', async () => {
    const { api, test } = await start({
      'the first agent': [note('one')],
      'the second agent': [{ error: { status: 401, type: 'authentication_error' } }, note('two')],
    });
    const run = await test.tuesday.startRun(team(row(phase('first'), phase('second'))), ask);
    const { reviews } = await test.until(run.id, ({ status }) => status === 'waiting_for_review');
    expect(reviews).toMatchObject([{ reason: 'authentication', phase: 'second' }]);
    await test.tuesday.decide(run.id, { decision: 'resume' });
    expect((await test.tuesday.result(run)).status).toBe('completed');
    expect(api.leftOver()).toEqual({ unused: [], unanswered: 0 });
  });

  it('asks nothing beyond the script without saying so', async () => {
    const { api, test } = await start({ 'the first agent': [note('one')] });
    const quick = { modelTriesMax: 1 };
    const phases = row(phase('first'), phase('second', { limits: quick }));
    const run = await test.tuesday.startRun(team(phases), ask);
    const { reviews } = await test.until(run.id, ({ status }) => status === 'waiting_for_review');
    expect(reviews).toMatchObject([{ reason: 'server_error', phase: 'second' }]);
    expect(api.leftOver()).toEqual({ unused: [], unanswered: 1 });
    await test.tuesday.decide(run.id, { decision: 'stop' });
  });

  it('goes by the bytes of a prompt where no endpoint counts its tokens', async () => {
    const { api, test } = await start({ 'the only agent': [note('one')] });
    const model = createAnthropicModel({ apiKey: 'test-key', baseUrl: api.url });
    const prompt = {
      model: 'claude-haiku-5-5',
      system: 'You are nobody.',
      task: 'Say nothing.',
      tools: [],
      outputSchema: { type: 'object', properties: {}, additionalProperties: false },
    };
    const request = { prompt, exchanges: [], maxOutputTokens: 1_000, mayUseTools: false };
    const { signal } = new AbortController();
    expect(await model.countedTokensMax(request, signal)).toBeUndefined();

    // 50,000 bytes at the rate of a cache write and the room for an answer cost up to a cent.
    const wordy = phase('only', { instructions: 'Be brief. '.repeat(5_000) });
    const poor = await test.tuesday.startRun(team([wordy]), { ...ask, budgetMicroUsd: 5_000 });
    expect((await test.tuesday.result(poor)).status).toBe('budget_exhausted');
    const rich = await test.tuesday.startRun(team([wordy]), { ...ask, budgetMicroUsd: 50_000 });
    expect((await test.tuesday.result(rich)).status).toBe('completed');
  });
});
