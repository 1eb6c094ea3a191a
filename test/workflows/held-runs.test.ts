import type { Workflow } from '@temporalio/client';
import type { StartRequest } from '../../client/types';
import type { Reconciled } from '../../contracts/activities';
import { RECONCILE } from '../../contracts/limits';
import { RECONCILE_WORKFLOW } from '../../contracts/messages';
import type { DefinedTeam } from '../../contracts/team/define';
import type { RunView } from '../../contracts/views';
import { CACHE_MODES } from '../support/cache-modes';
import { eventually } from '../support/eventually';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const TWO = team(row(phase('first'), phase('second')));
const publishing = {
  effects: [{ tool: 'publish_file', input: { path: 'note.md', content: '{{output.note}}' } }],
};

describe.each(CACHE_MODES)('runs that are held up, %s', (_mode, cachedWorkflowsMax) => {
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ cachedWorkflowsMax });
  });
  afterEach(async () => {
    test.simulator.clearFaults();
    test.simulator.release();
    for (const { scope, name } of await test.tuesday.switches())
      if (scope !== 'run')
        await test.tuesday.turnOffSwitch({ scope, ...(name === undefined ? {} : { name }) });
  });
  afterAll(() => test.stop());

  const holdCalls = (part: string) =>
    test.simulator.addFault({
      kind: 'hold',
      where: 'before_headers',
      until: 'release',
      idempotencyKeyContains: part,
    });
  const start = async (of: DefinedTeam = TWO, more: Partial<StartRequest> = {}) =>
    (await test.tuesday.startRun(of, { question: 'What is worth a note?', user: 'u-1', ...more }))
      .id;
  const busy = (id: string) => test.until(id, isBusy);
  const isBusy = ({ phases }: RunView) => phases.some(({ current }) => current.length > 0);
  const paused = (id: string) => test.until(id, ({ status }) => status === 'paused');
  const asked = (id: string, kind: string) =>
    test.until(id, ({ reviews }) => reviews.some((review) => review.kind === kind));
  const callsOf = (id: string) =>
    test.simulator.bill().filter(({ headers }) => headers['idempotency-key']?.includes(`/${id}/`));
  const eventsOf = async (id: string) =>
    (await test.tuesday.history(id, { limit: 200 })).entries.map(({ type }) => type);

  describe('a pause', () => {
    it('lets the call under way finish, begins nothing more, and goes on where it stopped', async () => {
      holdCalls('/first/');
      const id = await start();
      await busy(id);
      const receipt = await test.tuesday.pause(id, { reason: 'let me look', actor: 'ann' });
      expect(receipt).toMatchObject({ applied: true, told: 1, switch: { mode: 'pause' } });
      const draining = await test.until(id, ({ heldBy }) => heldBy !== undefined);
      expect(draining.status).toBe('running');
      expect(draining.explanation).toMatch(
        /^Working on first.*\. ann has paused this run\. Since /,
      );
      test.simulator.release();
      const run = await paused(id);
      expect(run.reviews).toEqual([]);
      expect(run).toMatchObject({ heldBy: { scope: 'run', name: id, by: 'ann' } });
      expect(run.explanation).toMatch(
        /^The run is paused after 1 of 2 phases .*: ann has paused this run\. Since .*, because “let me look”\.$/,
      );
      expect(callsOf(id)).toHaveLength(1);
      expect(await test.tuesday.resume(id, { actor: 'bob' })).not.toHaveProperty('heldBy');
      const result = await test.tuesday.result(id);
      expect(result.status).toBe('completed');
      expect(callsOf(id)).toHaveLength(2);
      expect(await test.tuesday.getRun(id)).not.toHaveProperty('heldBy');
    });

    it('is met at the next step, and the phase can be taken over', async () => {
      const id = await start(team([phase('only', { ...publishing })]));
      // Before the run has heard of anything.
      await test.tuesday.setSwitch({ scope: 'model', name: 'claude-haiku-5-5', mode: 'pause' });
      const { reviews } = await asked(id, 'take_over');
      expect(reviews[0]).toMatchObject({ phase: 'only', options: ['edit', 'delegate', 'stop'] });
      const output = { note: 'Written by ann.' };
      await test.tuesday.decide(id, { decision: 'edit', output, actor: 'ann' });
      const run = await test.until(id, ({ reviews: open }) => open.length === 0);
      expect(run.status).not.toBe('completed');
      await test.tuesday.turnOffSwitch({ scope: 'model', name: 'claude-haiku-5-5' });
      const result = await test.tuesday.result(id);
      expect(result).toMatchObject({ status: 'completed', outputs: { only: { output } } });
      expect(result.published).toHaveLength(1);
      expect(callsOf(id)).toHaveLength(0);
    });

    it('keeps a decision that is taken meanwhile, and carries it out afterwards', async () => {
      const id = await start(team([phase('only', { ...publishing, review: 'always' })]));
      await asked(id, 'approval');
      await test.tuesday.pause(id);
      await paused(id);
      await test.tuesday.decide(id, { decision: 'approve' });
      const run = await test.until(id, ({ decisions }) => decisions.length === 1);
      expect(run.status).toBe('paused');
      await eventually(async () => expect(await eventsOf(id)).toContain('decision_taken'));
      expect(await test.tuesday.getRun(id)).toMatchObject({ status: 'paused' });
      await test.tuesday.resume(id);
      const result = await test.tuesday.result(id);
      expect(result.status).toBe('completed');
      expect(result.published).toHaveLength(1);
    });

    it('is set once, and resumed once', async () => {
      const id = await start(team([phase('only', { review: 'always' })]));
      await asked(id, 'approval');
      await test.tuesday.pause(id, { switchId: `p-${id}`, actor: 'ann' });
      const again = await test.tuesday.pause(id, { switchId: `p-${id}`, actor: 'ann' });
      expect(again.applied).toBe(false);
      expect(await test.tuesday.pause(id, { actor: 'bob' })).toMatchObject({
        applied: false,
        switch: { by: 'ann' },
      });
      await paused(id);
      await test.tuesday.resume(id);
      await test.until(id, ({ status }) => status === 'waiting_for_review');
      await expect(test.tuesday.resume(id)).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringMatching(/is not paused .*nothing to resume/),
      });
      expect((await eventsOf(id)).filter((type) => type === 'run_held')).toHaveLength(1);
      await test.tuesday.decide(id, { decision: 'approve' });
      await test.tuesday.result(id);
    });

    it('holds while no worker is there, and ends once one is back', async () => {
      const id = await start(team([phase('only', { review: 'always' })]));
      await asked(id, 'approval');
      await test.stopWorker();
      await test.tuesday.pause(id);
      await test.startWorker();
      await paused(id);
      await test.stopWorker();
      await test.tuesday.resume(id);
      await test.startWorker();
      await test.until(id, ({ status }) => status === 'waiting_for_review');
      await test.tuesday.decide(id, { decision: 'approve' });
      expect((await test.tuesday.result(id)).status).toBe('completed');
    });

    it('of its user holds a run before its first phase', async () => {
      await test.tuesday.setSwitch({ scope: 'user', name: 'u-2', mode: 'pause', actor: 'ann' });
      const id = await start(TWO, { user: 'u-2' });
      const run = await paused(id);
      expect(run.heldBy).toMatchObject({ scope: 'user', name: 'u-2', by: 'ann' });
      expect(run.phases.map(({ status }) => status)).toEqual(['pending', 'pending']);
      await expect(test.tuesday.resume(id)).rejects.toThrow(
        /is not paused by itself: ann has paused the user "u-2" since .*kill-switch off/,
      );
      await test.tuesday.turnOffSwitch({ scope: 'user', name: 'u-2' });
      expect((await test.tuesday.result(id)).status).toBe('completed');
    });

    it('becomes a stop', async () => {
      const id = await start(team([phase('only', { review: 'always' })]));
      await asked(id, 'approval');
      await test.tuesday.pause(id, { actor: 'ann' });
      await paused(id);
      await test.tuesday.stop(id, { actor: 'bob', reason: 'no use' });
      const result = await test.tuesday.result(id);
      expect(result.status).toBe('stopped');
      expect(result.explanation).toMatch(/: bob has stopped this run\. Since .* “no use”\.$/);
      await expect(test.tuesday.pause(id)).rejects.toThrow(/has ended \(stopped\)/);
    });
  });

  describe('a stop', () => {
    it('ends a busy run once its call is recorded, with what it had', async () => {
      holdCalls('/second/');
      const id = await start(team(row(phase('first'), phase('second'), phase('third'))));
      await test.until(id, ({ phases }) => phases[1]?.current.length === 1);
      await test.tuesday.stop(id, { actor: 'ann' });
      await expect(test.tuesday.pause(id)).rejects.toThrow(
        /was stopped by ann at .*more than a pause/,
      );
      test.simulator.release();
      const result = await test.tuesday.result(id);
      expect(result).toMatchObject({ status: 'stopped', completedPhases: ['first', 'second'] });
      const calls = (await test.tuesday.trace(id)).flatMap((step) => step.calls);
      expect(calls.map(({ status }) => status)).toEqual(['settled', 'settled']);
      expect(result.costs.unsettledMicroUsd).toBe(0);
    });

    it('hands out what a parked run had and was not approved', async () => {
      const id = await start(team([phase('only', { review: 'always' })]));
      const { phases } = await asked(id, 'approval');
      await test.tuesday.stop(id);
      const result = await test.tuesday.result(id);
      expect(result).toMatchObject({ status: 'stopped', outputs: {} });
      const { sha256, text } = result.partialOutputs.only ?? {};
      expect(sha256).toBe(phases[0]?.outputSha256);
      expect(JSON.parse(text ?? '')).toEqual({ note: expect.any(String) });
    });

    it('does not wait for the next try of a call that failed', async () => {
      test.simulator.addFault({ kind: 'http_error', status: 429, retryAfterSeconds: 3_000 });
      const id = await start();
      await test.until(id, (run) => run.phases[0]?.retrying.length === 1);
      await test.tuesday.stop(id);
      expect((await test.tuesday.result(id)).status).toBe('stopped');
    });

    it('that is turned off in time lets the run go on', async () => {
      holdCalls('/first/');
      const id = await start();
      await busy(id);
      await test.tuesday.setSwitch({ scope: 'team', name: 'test', mode: 'stop' });
      await test.until(id, ({ heldBy }) => heldBy?.mode === 'stop');
      await test.tuesday.turnOffSwitch({ scope: 'team', name: 'test' });
      await test.until(id, ({ heldBy }) => heldBy === undefined);
      test.simulator.release();
      expect((await test.tuesday.result(id)).status).toBe('completed');
    });

    it('refuses new runs, and says who switched them off and why', async () => {
      const off = { scope: 'installation', mode: 'stop', actor: 'ann' } as const;
      await test.tuesday.setSwitch({ ...off, reason: 'it invents sources' });
      const id = await start();
      await expect(test.tuesday.result(id)).rejects.toThrow(
        /ann has stopped everything\. Since .*, because “it invents sources”\. Start the run again/,
      );
      await test.tuesday.turnOffSwitch({ scope: 'installation' });
      const ask = { question: 'What is worth a note?', user: 'u-1', key: id };
      const again = await test.tuesday.startRun(TWO, ask);
      expect((await test.tuesday.result(again)).status).toBe('completed');
    });
  });

  it('tells a run whose signal got lost when runs are reconciled', async () => {
    jest.replaceProperty(RECONCILE, 'quietMs', 0 as never);
    const id = await start(team([phase('only', { review: 'always' })]));
    const { heldBy: _none } = await asked(id, 'approval');
    const run = (await test.ledger.switches.concerned({ scope: 'user', name: 'u-1' })).find(
      ({ workflowId }) => workflowId === id,
    );
    const audit = { from: { way: 'api' } } as const;
    const place = { scope: 'team', name: 'test' } as const;
    await test.ledger.switches.set({ ...place, id: `q-${id}`, mode: 'pause', by: 'ann', audit });
    const reconciled = await test.temporal.workflow.execute<Workflow & (() => Promise<Reconciled>)>(
      RECONCILE_WORKFLOW,
      { workflowId: `reconcile-${id}`, taskQueue: test.taskQueue },
    );
    expect(reconciled.told).toBeGreaterThan(0);
    await paused(id);
    expect(await test.ledger.ledger.strayRuns(0, 100)).not.toContainEqual(run);
    jest.restoreAllMocks();
    await test.tuesday.turnOffSwitch(place);
    await test.tuesday.decide(id, { decision: 'approve' });
    await test.tuesday.result(id);
  });
});
