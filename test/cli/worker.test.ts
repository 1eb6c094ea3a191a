import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';
import { freshPlace, interrupt, type Place } from './installation-process';
import { onlySentence, tuesday } from './tuesday-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

describe('`tuesday worker`', () => {
  const workers = useWorkerProcesses();
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({ hasWorker: false });
  });
  afterAll(() => test.stop());

  const ask = { question: 'What is worth a note?', user: 'tester' };
  /** Holds the next request of a step at the simulator and resolves when it is there. */
  const requestHeld = (idempotencyKeyContains: string) => {
    test.simulator.addFault({
      kind: 'hold',
      until: 'release',
      where: 'before_headers',
      times: 1,
      idempotencyKeyContains,
    });
    return new Promise<void>((resolve) => {
      const stop = test.simulator.onRequest(({ fault }) => {
        if (fault !== 'hold') return;
        stop();
        resolve();
      });
    });
  };
  /** The phases that were billed for a run, in order. */
  const stepsBilled = (id: string) =>
    test.simulator
      .bill()
      .map(({ headers }) => headers['idempotency-key']?.split('/') ?? [])
      .filter(([, workflowId]) => workflowId === id)
      .map(([, , , name]) => name);

  it('works for runs that others have started, and ends cleanly', async () => {
    const worker = await workers.start(test);
    expect(worker.said()).toMatch(/^worker: ready on task queue test-/m);
    const run = await test.tuesday.startRun(team([phase('only')]), { ...ask, key: 'clean' });
    expect((await test.tuesday.result(run)).status).toBe('completed');
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(worker.said()).toContain('goes on elsewhere');
  });

  it('takes over what a killed one had under way, and buys only that again', async () => {
    const killed = await workers.start(test);
    const held = requestHeld('/second/');
    const phases = row(phase('first'), phase('second'));
    const run = await test.tuesday.startRun(team(phases), { ...ask, key: 'taken-over' });
    await held;
    await killed.kill();
    await workers.start(test);
    expect((await test.tuesday.result(run)).status).toBe('completed');
    expect(stepsBilled('taken-over')).toEqual(['first', 'second', 'second']);
  });

  it('lets go of what it has under way when it is asked to end, for others to go on', async () => {
    const leaving = await workers.start(test);
    const held = requestHeld('/left/');
    const { id } = await test.tuesday.startRun(team([phase('only')]), { ...ask, key: 'left' });
    await held;
    leaving.signal('SIGTERM');
    expect(await leaving.ended).toBe(0);
    await workers.start(test);
    expect((await test.tuesday.result(id)).status).toBe('completed');
  });

  it('ends at once at the second signal', async () => {
    const worker = await workers.start(test);
    const held = requestHeld('/twice/');
    await test.tuesday.startRun(team([phase('only')]), { ...ask, key: 'twice' });
    await held;
    worker.signal('SIGINT');
    const heard = performance.now();
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(130);
    expect(performance.now() - heard).toBeLessThan(2_000);
  });
});

describe('what `tuesday worker` needs', () => {
  let place: Place;
  beforeAll(async () => {
    place = await freshPlace();
  });
  afterAll(() => place.remove());

  /** Nothing may be asked for these: a server that was tried would say so. */
  const unreachable = {
    ANTHROPIC_API_KEY: 'any',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/x',
  };
  const fails = async (env: Record<string, string>, args: string[] = []) => {
    const { dataDir } = place;
    const ended = await tuesday(['worker', ...args], {
      env: { TUESDAY_DATA_DIR: dataDir, ...env },
    });
    const progress = /^(model calls|ledger|Temporal): .*\n/gm;
    const sentence = onlySentence({ ...ended, stderr: `${ended.stderr}\n`.replace(progress, '') });
    expect(sentence).not.toContain('secret');
    return [ended.exitCode, sentence];
  };

  it('is named where it is not set: 2, with the variable and the other way', async () => {
    const { TEMPORAL_ADDRESS, DATABASE_URL } = unreachable;
    for (const [env, variable] of [
      [{}, 'DATABASE_URL'],
      [{ TEMPORAL_ADDRESS }, 'DATABASE_URL'],
      [{ DATABASE_URL }, 'TEMPORAL_ADDRESS'],
    ] as const)
      expect(await fails(env)).toEqual([
        2,
        expect.stringMatching(new RegExp(`^tuesday: .*${variable}.*tuesday up`)),
      ]);
  });

  it('is named where it cannot be: 2 for what is wrong in itself', async () => {
    const wrong = [
      [{ DATABASE_URL: 'mysql://x' }, [], 'DATABASE_URL'],
      [{ TEMPORAL_ADDRESS: 'http://x' }, [], 'TEMPORAL_ADDRESS'],
      [{ ANTHROPIC_BASE_URL: 'no-url' }, [], 'ANTHROPIC_BASE_URL'],
      [{ TUESDAY_PRICES: '/nowhere.json' }, [], 'TUESDAY_PRICES'],
      [{ TUESDAY_METRICS_ADDRESS: 'here' }, [], 'TUESDAY_METRICS_ADDRESS'],
      [{}, ['--data-dir', '/proc/x'], '--data-dir'],
      [{}, ['--publish-dri', 'x'], '--publish-dri'],
    ] as const;
    for (const [env, args, named] of wrong)
      expect(await fails({ ...unreachable, ...env }, [...args])).toEqual([
        2,
        expect.stringContaining(named),
      ]);
  });

  it('is named where it does not answer: 3, naming where, not the password', async () => {
    const { DATABASE_URL } = place.env;
    expect(await fails(unreachable)).toEqual([3, expect.stringContaining('127.0.0.1:1/x')]);
    expect(await fails({ ...unreachable, DATABASE_URL: DATABASE_URL ?? '' })).toEqual([
      3,
      expect.stringContaining('127.0.0.1:1 '),
    ]);
  });

  it('is a folder that it can publish into: 2, naming the flag', async () => {
    const { exitCode, stderr } = await place.tuesday([
      'worker',
      '--simulator',
      '--publish-dir',
      '/proc/x',
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/\/proc\/x.*--publish-dir/)]);
  });

  it('is a key: without one it does not take the simulator by itself', async () => {
    for (const without of [{}, { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' }])
      expect(await fails({ ...unreachable, ANTHROPIC_API_KEY: '', ...without })).toEqual([
        2,
        'tuesday: A worker alone needs ANTHROPIC_API_KEY, as the installation it works for has it; with --simulator it answers by the offline simulator instead.',
      ]);
  });

  it('is no key with --simulator: the simulator answers, key or not, and it says so', async () => {
    const worker = place.start(['worker', '--json', '--simulator'], { ANTHROPIC_API_KEY: 'any' });
    const { provider, taskQueue } = JSON.parse(await worker.result(/taskQueue/));
    expect(provider).toContain('offline simulator');
    expect(taskQueue).toBe(place.env.TUESDAY_TASK_QUEUE);
    expect(await worker.line(/^model calls: /)).toContain('offline simulator');
    expect(await interrupt(worker)).toMatchObject({ exitCode: 0 });
  });
});
