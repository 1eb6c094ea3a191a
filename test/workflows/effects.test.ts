import { getJson, getText, sha256Of } from '../../contracts/content';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };

describe.each([
  ['with workflows cached', 100],
  ['replaying every workflow task', 0],
])('effects, %s', (_name, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterAll(() => test.stop());

  const parked = (id: string) => test.until(id, ({ status }) => status === 'waiting_for_review');
  const billOf = (id: string) =>
    test.simulator.bill().filter(({ headers }) => headers['idempotency-key']?.includes(id));

  it('waits for an approval without a worker, and publishes only after it', async () => {
    const effects = [
      { tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } },
    ];
    const run = await test.tuesday.startRun(team([phase('only', { effects })]), {
      ...ask,
      review: 'always',
    });
    const view = await parked(run.id);
    expect(view.reviews).toMatchObject([
      {
        kind: 'approval',
        options: ['approve', 'reject', 'revise', 'edit', 'delegate', 'stop'],
        effects: [{ tool: 'publish_file', inputSha256: expect.any(String) }],
      },
    ]);
    await test.stopWorker();
    await test.startWorker();
    const [review] = view.reviews;
    const shown = await getJson<{ path: string; content: string }>(
      test.tuesday.content,
      review?.effects?.[0]?.inputSha256 ?? '',
    );
    expect(shown.path).toBe('note.md');
    await expect(
      test.tuesday.decide(run.id, { decision: 'approve', digest: '0'.repeat(64) }),
    ).rejects.toThrow('changed meanwhile');
    const decision = {
      decision: 'approve',
      decisionId: 'd1',
      digest: review?.digest ?? '',
    } as const;
    expect(await test.tuesday.decide(run.id, decision)).toMatchObject({ applied: true });
    const result = await test.tuesday.result(run);
    expect(result.published).toMatchObject([
      { path: expect.stringContaining('note.md'), sha256: sha256Of(shown.content) },
    ]);
  });

  it('carries out an effect that the agent asks for, once, and tells the agent', async () => {
    const writer = phase('only', {
      tools: ['publish_file'],
      instructions: 'Publish the file note.md with your note, then answer.',
    });
    const run = await test.tuesday.startRun(team([writer]), ask);
    const result = await test.tuesday.result(run);
    expect(result.published).toHaveLength(1);
    const steps = await test.tuesday.trace(run.id);
    expect(steps.map(({ kind, ending }) => [kind, ending])).toEqual([
      ['model', 'tool_calls'],
      ['tool', 'ok'],
      ['model', 'answer'],
    ]);
    expect(billOf(run.id)).toHaveLength(2);
  });

  it('does not overwrite what another phase has published, and says so before a person', async () => {
    const publishing = (content: string) => ({
      effects: [{ tool: 'publish_file', input: { path: '{{run.id}}.md', content } }],
    });
    const run = await test.tuesday.startRun(
      team(row(phase('first', publishing('the first')), phase('second', publishing('the second')))),
      ask,
    );
    const { reviews } = await parked(run.id);
    expect(reviews).toMatchObject([{ phase: 'second', reason: 'effect_failed' }]);
    const report = await getText(test.tuesday.content, reviews[0]?.reportSha256 ?? '');
    expect(report).toContain('has been published by the phase first of this run');
    await test.tuesday.decide(run.id, { decision: 'stop' });
    const result = await test.tuesday.result(run);
    expect(result.published).toMatchObject([{ sha256: sha256Of('the first') }]);
  });
});

describe('an effect that an agent asks for and that cannot be carried out', () => {
  let model: ScriptedModel;
  let test: TestTuesday;
  const paths: Record<string, string> = { '1.model': 'run.json', '2.model': 'note.md' };
  beforeAll(async () => {
    model = await startScriptedModel((stepKey) => {
      const path = paths[stepKey.split('/').at(-1) ?? ''];
      return path === undefined
        ? undefined
        : { tool: 'publish_file', input: { path, content: 'A note.' } };
    });
    test = await startTestTuesday({ modelUrl: model.url });
    model.forwardTo(test.simulator.url);
  });
  afterAll(async () => {
    await test.stop();
    await model.close();
  });

  it('is told to the agent, who asks for something else', async () => {
    const run = await test.tuesday.startRun(
      team([phase('only', { tools: ['publish_file'] })]),
      ask,
    );
    const result = await test.tuesday.result(run);
    expect(result.status).toBe('completed');
    expect(result.published).toMatchObject([{ path: expect.stringMatching(/note\.md$/) }]);
    const tools = (await test.tuesday.trace(run.id)).filter(({ kind }) => kind === 'tool');
    expect(tools.map(({ ending }) => ending)).toEqual(['error:tool_refused', 'ok']);
    const told = await getText(test.tuesday.content, tools[0]?.outcomeSha256 ?? '');
    expect(told).toContain('a name that exports of a run use');
  });
});
