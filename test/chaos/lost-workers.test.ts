/**
 * What lost workers cost, by the simulator's own bill: workers are processes of their own, killed,
 * frozen and cut off in the middle of a model call, with the settings that ship.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startTcpProxy, type TcpProxy } from '../../bench/support/tcp-proxy';
import { PHASE_LIMITS } from '../../contracts/limits';
import { eventually } from '../support/eventually';
import { temporalAddress } from '../support/servers';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses } from '../support/worker-process';

// A lost worker is noticed after its heartbeat time-out, here several times in a row.
jest.setTimeout(180_000);

const PHASES = ['one', 'two', 'three', 'four', 'five'];
const five = team(
  row(
    ...PHASES.map((name, index) =>
      phase(
        name,
        index < PHASES.length - 1
          ? {}
          : {
              effects: [
                {
                  tool: 'publish_file',
                  input: { path: 'note.md', content: '{{output.note}}\n' },
                },
              ],
            },
      ),
    ),
  ),
);
/** Each phase takes two steps: its first answer breaks the contract, the second mends it. */
const TWO_STEPS = { kind: 'schema_violation', idempotencyKeyContains: '/1/1.model' } as const;

const workers = useWorkerProcesses();
let test: TestTuesday;
beforeAll(async () => {
  test = await startTestTuesday({ hasWorker: false });
});
beforeEach(() => test.simulator.addFault(TWO_STEPS));
afterEach(() => {
  test.simulator.clearFaults();
  test.simulator.release();
});
afterAll(() => test.stop());

const start = (key: string) =>
  test.tuesday.startRun(five, { question: 'What is worth a note?', user: 'tester', key });

/** Holds the next call of a step, as `phase/turn`, at the simulator; resolves when it is there. */
function callHeld(step: string): Promise<void> {
  const [name, turn] = step.split('/');
  const idempotencyKeyContains = `/${name}/-/1/${turn}.model`;
  test.simulator.addFault({
    kind: 'hold',
    where: 'before_headers',
    until: 'release',
    times: 1,
    idempotencyKeyContains,
  });
  return new Promise((resolve) => {
    const stop = test.simulator.onRequest(({ headers }) => {
      if (!headers['idempotency-key']?.includes(idempotencyKeyContains)) return;
      stop();
      // It begins to wait once its listeners have heard of it.
      setImmediate(resolve);
    });
  });
}

/** How often each step of a run was billed, as `phase/turn`. */
function billed(key: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { headers } of test.simulator.bill()) {
    const [, run, , name, , , turn] = headers['idempotency-key']?.split('/') ?? [];
    if (run !== key) continue;
    const step = `${name}/${turn?.split('.')[0]}`;
    counts[step] = (counts[step] ?? 0) + 1;
  }
  return counts;
}

/** Every step once, but for these. */
const onceBut = (others: Record<string, number>) => ({
  ...Object.fromEntries(
    PHASES.flatMap((name) => [
      [`${name}/1`, 1],
      [`${name}/2`, 1],
    ]),
  ),
  ...others,
});

const completed = async (run: Awaited<ReturnType<typeof start>>) => {
  const result = await test.tuesday.result(run);
  expect([result.status, result.published]).toEqual(['completed', [expect.anything()]]);
  return result;
};

it('a worker killed in the middle of each phase in turn: recorded steps are not bought again', async () => {
  let worker = await workers.start(test);
  let held = callHeld('one/2');
  const run = await start('killed');
  for (const [index, name] of PHASES.entries()) {
    await held;
    const next = PHASES[index + 1];
    if (next) held = callHeld(`${next}/2`);
    await worker.kill();
    worker = await workers.start(test);
    // Only what was in flight is bought again: the step before it is read back.
    expect(billed('killed')[`${name}/1`]).toBe(1);
  }
  await completed(run);
  expect(billed('killed')).toEqual(
    onceBut(Object.fromEntries(PHASES.map((name) => [`${name}/2`, 2]))),
  );
});

describe('a ledger that is away while a model call returns', () => {
  let proxy: TcpProxy;
  beforeEach(async () => {
    const { hostname, port } = new URL(test.databaseUrl);
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const databaseUrl = new URL(test.databaseUrl);
    databaseUrl.host = `127.0.0.1:${proxy.port}`;
    await workers.start(test, { databaseUrl: databaseUrl.href });
  });
  afterEach(() => proxy.close());

  const delivered = (key: string) =>
    eventually(async () => {
      const open = test.simulator.bill().filter(({ headers, delivered: isDelivered }) => {
        return !isDelivered && headers['idempotency-key']?.includes(`/${key}/`);
      });
      expect(open).toEqual([]);
    });

  it('frozen for longer than a heartbeat time-out: the answer is held, not bought again', async () => {
    const held = callHeld('two/2');
    const run = await start('frozen-ledger');
    await held;
    proxy.freeze();
    const frozenAt = Date.now();
    test.simulator.release();
    await delivered('frozen-ledger');
    // The attempt lives on: it goes on saying so to Temporal, and no other is begun.
    const handle = test.temporal.workflow.getHandle(run.id);
    await eventually(async () => {
      const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
      const saidAt = Number(pending?.lastHeartbeatTime?.seconds ?? 0) * 1_000;
      expect(pending?.attempt).toBe(1);
      expect(saidAt - frozenAt).toBeGreaterThan(PHASE_LIMITS.heartbeatMs.default);
    }, 30_000);
    proxy.thaw();
    await completed(run);
    expect(billed('frozen-ledger')).toEqual(onceBut({}));
  });

  it('gone: the answer is written when it is back', async () => {
    const held = callHeld('two/2');
    const run = await start('gone-ledger');
    await held;
    await proxy.close();
    test.simulator.release();
    await delivered('gone-ledger');
    await proxy.open();
    await completed(run);
    expect(billed('gone-ledger')).toEqual(onceBut({}));
  });
});

describe('a worker that comes back after another has taken over', () => {
  it('frozen past its heartbeat and thawed: claims nothing and repeats no effect', async () => {
    const frozen = await workers.start(test);
    const held = callHeld('five/1');
    const run = await start('thawed');
    await held;
    frozen.signal('SIGSTOP');
    const other = await workers.start(test);
    const { published } = await completed(run);
    const file = join(test.publishDir, published[0]?.path ?? '');
    const { ino, mtimeMs } = await stat(file);
    test.simulator.release();
    frozen.signal('SIGCONT');
    // It finds its answer, and takes work again when there is nobody else.
    await other.kill();
    await completed(await start('after-thaw'));
    frozen.signal('SIGTERM');
    expect(await frozen.ended).toBe(0);
    expect(billed('thawed')).toEqual(onceBut({ 'five/1': 2 }));
    expect(await stat(file)).toMatchObject({ ino, mtimeMs });
  });

  it('cut off from Temporal only: claims nothing, and takes work again when it is back', async () => {
    const [host = '', port] = temporalAddress().split(':');
    const proxy = await startTcpProxy({ host, port: Number(port) });
    const cutOff = await workers.start(test, { temporalAddress: `127.0.0.1:${proxy.port}` });
    const held = callHeld('three/1');
    const run = await start('cut-off');
    await held;
    await proxy.close();
    const other = await workers.start(test);
    await completed(run);
    test.simulator.release();
    // Its late answer settles its own call: from then on it knows that it may do nothing more.
    await eventually(async () => {
      const steps = await test.tuesday.trace(run.id);
      const step = steps.find(({ phase: name, turn }) => name === 'three' && turn === 1);
      expect(step?.calls.map(({ status }) => status)).toEqual(['settled', 'settled']);
    }, 30_000);
    expect(billed('cut-off')).toEqual(onceBut({ 'three/1': 2 }));

    await other.kill();
    await proxy.open();
    await completed(await start('back'));
    await cutOff.kill();
    await proxy.close();
  });
});
