import { readdir } from 'node:fs/promises';
import { getJson } from '../../contracts/content';
import { CACHE_MODES } from '../support/cache-modes';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const ask = { question: 'What is worth a note?', user: 'tester' };
const publishing = {
  effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
};
const TEAM = team(
  row(phase('research'), phase('analysis'), phase('writing'), phase('publishing', publishing)),
);

describe.each(CACHE_MODES)('forks, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(() => test.simulator.clearFaults());
  afterAll(() => test.stop());

  const keyOf = (name: string) => `${name}-${test.taskQueue.slice(-6)}`;
  const start = async (name: string, defined = TEAM) => {
    await test.tuesday.startRun(defined, { ...ask, key: keyOf(name) });
    return keyOf(name);
  };
  const callsOf = (id: string) =>
    test.simulator
      .bill()
      .map(({ headers }) => headers['idempotency-key'] ?? '')
      .filter((key) => key.includes(`/${id}/`));
  const outputOf = async (id: string, name: string) =>
    (await test.tuesday.getRun(id)).phases.find((one) => one.name === name)?.outputSha256;

  describe('a fork', () => {
    it('from writing, with another instruction, makes no research and no analysis call', async () => {
      const parent = await start('parent');
      await test.tuesday.result(parent);
      const fork = await test.tuesday.fork(parent, {
        from: 'writing',
        instructions: 'Write one note, as a poem.',
      });
      const result = await test.tuesday.result(fork);
      expect(result.status).toBe('completed');
      const calls = callsOf(fork.id);
      expect(calls.filter((key) => /\/(research|analysis)\//.test(key))).toEqual([]);
      expect(calls.filter((key) => /\/(writing|publishing)\//.test(key))).toHaveLength(2);
      for (const taken of ['research', 'analysis'])
        expect(await outputOf(fork.id, taken)).toBe(await outputOf(parent, taken));
      const [step] = await test.tuesday.trace(fork.id);
      expect(
        JSON.stringify(await test.tuesday.composedRequest(step?.requestSha256 ?? '')),
      ).toContain('as a poem');
    });

    it('carries no effect out unless asked, and shows what it would have done', async () => {
      const parent = await start('effects');
      await test.tuesday.result(parent);
      const published = await readdir(test.publishDir);
      const off = await test.tuesday.result(
        await test.tuesday.fork(parent, { from: 'publishing' }),
      );
      expect(await readdir(test.publishDir)).toEqual(published);
      expect(off).toMatchObject({ published: [], withheld: [{ tool: 'publish_file' }] });
      const input = await getJson<{ content: string }>(
        test.tuesday.content,
        off.withheld[0]?.inputSha256 ?? '',
      );
      expect(off.outputs.publishing?.output).toEqual({ note: input.content });
      const on = await test.tuesday.result(
        await test.tuesday.fork(parent, { from: 'publishing', effects: 'on' }),
      );
      expect(on).toMatchObject({ published: [{ bytes: expect.any(Number) }], withheld: [] });
      expect(await readdir(test.publishDir)).toHaveLength(published.length + 1);
    });

    it('records its ancestry, in its first versions and for whoever looks', async () => {
      const parent = await start('ancestor');
      await test.tuesday.result(parent);
      const { stateVersion, firstRunId } = await test.tuesday.getRun(parent);
      const fork = await test.tuesday.fork(parent, { from: 'writing' });
      const forkedFrom = { run: parent, firstRunId, version: stateVersion, phase: 'writing' };
      expect((await test.tuesday.result(fork)).forkedFrom).toEqual(forkedFrom);
      expect((await test.tuesday.getRun(fork.id)).forkedFrom).toEqual(forkedFrom);
      const { entries } = await test.tuesday.history(fork.id);
      expect(entries[1]).toMatchObject({
        type: 'run_forked',
        what: expect.stringMatching(/(research|analysis), (research|analysis) from ancestor/),
      });
    });

    it('works with an output that a person has edited, another question and another model', async () => {
      const parent = await start('edited');
      await test.tuesday.result(parent);
      const fork = await test.tuesday.fork(parent, {
        from: 'writing',
        question: 'What did a person say?',
        model: 'claude-sonnet-5-5',
        outputs: { analysis: { note: 'A person says otherwise.' } },
      });
      const result = await test.tuesday.result(fork);
      expect(result.question).toBe('What did a person say?');
      expect(result.outputs.analysis?.output).toEqual({ note: 'A person says otherwise.' });
      const [writing, publishing] = await test.tuesday.trace(fork.id);
      expect([writing?.name, publishing?.name]).toEqual(['claude-sonnet-5-5', 'claude-haiku-5-5']);
      const asked = JSON.stringify(
        await test.tuesday.composedRequest(writing?.requestSha256 ?? ''),
      );
      expect(asked).toContain('A person says otherwise.');
    });

    it('of a run that was stopped goes on where it stopped', async () => {
      test.simulator.addFault({
        kind: 'http_error',
        status: 401,
        type: 'authentication_error',
        message: 'no',
        idempotencyKeyContains: '/analysis/',
      });
      const parent = await start('half');
      await test.until(parent, ({ reviews }) => reviews.length === 1);
      test.simulator.clearFaults();
      await test.tuesday.decide(parent, { decision: 'stop' });
      await test.tuesday.result(parent);
      const fork = await test.tuesday.fork(parent, { from: 'analysis' });
      expect(await test.tuesday.result(fork)).toMatchObject({ status: 'completed' });
      expect(callsOf(fork.id).filter((key) => key.includes('/research/'))).toEqual([]);
    });

    it('may send work back to a phase that it took over', async () => {
      const strict = phase('check', {
        needs: ['write'],
        produces: {
          type: 'object',
          properties: { verdict: { type: 'string', enum: ['revise'] } },
          required: ['verdict'],
          additionalProperties: false,
        },
        revises: { phase: 'write', field: 'verdict', equals: 'revise', revisionsMax: 1 },
      });
      const parent = await start('revising', team([phase('write'), strict]));
      await test.tuesday.result(parent);
      const fork = await test.tuesday.fork(parent, { from: 'check' });
      expect(await test.tuesday.result(fork)).toMatchObject({
        status: 'completed_with_limitations',
      });
      expect(callsOf(fork.id).filter((key) => key.includes('/write/'))).toHaveLength(1);
    });

    it('is the same fork under the same key', async () => {
      const parent = await start('same');
      await test.tuesday.result(parent);
      const request = { from: 'writing', key: keyOf('same-fork') };
      const first = await test.tuesday.fork(parent, request);
      expect(await test.tuesday.fork(parent, request)).toMatchObject({ ...first, reused: true });
      await expect(
        test.tuesday.fork(parent, { ...request, instructions: 'Other ones.' }),
      ).rejects.toThrow(/belongs to a run that was started/);
    });

    it.each([
      [
        'an unknown phase',
        { from: 'nothing' },
        /has no phase "nothing" to fork from: it has research/,
      ],
      [
        'an output that breaks its contract',
        { from: 'writing', outputs: { analysis: { remark: 1 } } },
        /outputs\/analysis.* must have required property 'note'/,
      ],
      [
        'an output of no phase',
        { from: 'writing', outputs: { nobody: {} } },
        /no phase "nobody" whose output could be replaced/,
      ],
      ['an empty question', { from: 'writing', question: ' ' }, /must say what the team is/],
      ['a key that is none', { from: 'writing', key: '../x' }, /key may hold letters/],
    ])('is refused for %s', async (_, request, sentence) => {
      const parent = await start('refusing');
      await test.until(parent, ({ phases }) => phases.length > 0);
      await expect(test.tuesday.fork(parent, request)).rejects.toThrow(sentence);
      await test.tuesday.result(parent);
    });

    it('is refused where the output that is given would be made again', async () => {
      const parent = await start('again');
      await test.tuesday.result(parent);
      const fork = await test.tuesday.fork(parent, {
        from: 'writing',
        outputs: { publishing: { note: 'mine' } },
      });
      const view = await test.until(fork.id, ({ status }) => status === 'refused');
      expect(view.explanation).toMatch(
        /cannot be given: a fork from writing takes over research, analysis/,
      );
    });
  });
});
