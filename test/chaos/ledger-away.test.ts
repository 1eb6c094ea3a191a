/**
 * A ledger that goes away under a worker: what is waited for is waited for, and told once it is back;
 * where that recovery is switched off, the run ends with that failure.
 */
import { benchAudit } from '../../bench/support/bench-secret';
import { startTcpProxy, type TcpProxy } from '../../bench/support/tcp-proxy';
import { LedgerUnavailable } from '../../contracts/errors';
import type { Ledger } from '../../contracts/ledger';
import { RECOVERY } from '../../domain/recovery';
import { openLedger } from '../../ledger';
import { freePort } from '../../ledger/embedded/process/free-port';
import { eventually } from '../support/eventually';
import { recoveriesCounted } from '../support/metrics';
import { phase, row, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';
import { useWorkerProcesses, type WorkerProcess } from '../support/worker-process';

jest.setTimeout(120_000);

const WAITED = { failure: 'ledger_unavailable', action: 'wait', count: 1 };
const WORKER_LOST = { failure: 'worker_lost', action: 'retry_behind_fence', count: 1 };

const ask = { question: 'What is worth a note?', user: 'tester' };
const two = team(row(phase('one'), phase('two')));

/** A way to the ledger that can be cut. */
async function wayTo(databaseUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
  const url = new URL(databaseUrl);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${proxy.port}`;
  return { proxy, url: url.href };
}

/** Holds the only model call of the phase `two` at the simulator; resolves when it is there. */
function secondHeld({ simulator }: TestTuesday): Promise<void> {
  simulator.addFault({
    ...{ kind: 'hold', where: 'before_headers', until: 'release' },
    ...{ times: 1, phase: 'two' },
  });
  return new Promise((resolve) => {
    const stop = simulator.onRequest(({ fault }) => {
      if (fault !== 'hold') return;
      stop();
      // It begins to wait once its listeners have heard of it.
      setImmediate(resolve);
    });
  });
}

/** An attempt that found no ledger is being tried again. */
const triedAgain = ({ temporal }: TestTuesday, key: string) =>
  eventually(async () => {
    const { raw } = await temporal.workflow.getHandle(key).describe();
    expect(raw.pendingActivities?.[0]?.attempt).toBeGreaterThan(2);
  }, 30_000);

describe('under a worker that waits', () => {
  const workers = useWorkerProcesses();
  let test: TestTuesday;
  let proxy: TcpProxy;
  let address: string;
  let worker: WorkerProcess;
  beforeAll(async () => {
    test = await startTestTuesday({ hasWorker: false });
  });
  beforeEach(async () => {
    const way = await wayTo(test.databaseUrl);
    proxy = way.proxy;
    address = `127.0.0.1:${await freePort()}`;
    worker = await workers.start(test, { databaseUrl: way.url, metricsAddress: address });
  });
  afterEach(async () => {
    test.simulator.clearFaults();
    test.simulator.release();
    await worker.kill();
    await proxy.close();
  });
  afterAll(() => test.stop());

  const toldEvents = async (id: string) =>
    (await test.tuesday.history(id)).entries
      .filter(({ type }) => type === 'recovery_taken')
      .map(({ what }) => what);

  it('before a run is opened: one wait of the run as a whole, however often it is tried', async () => {
    await proxy.close();
    const run = await test.tuesday.startRun(two, ask);
    await triedAgain(test, run.id);
    await proxy.open();
    const { status, recoveries } = await test.tuesday.result(run);
    expect([status, recoveries]).toEqual(['completed', [WAITED]]);
    expect((await test.tuesday.getRun(run.id)).recoveries).toEqual([WAITED]);
    expect(await toldEvents(run.id)).toEqual(['recovered from ledger_unavailable: wait']);
    expect(await recoveriesCounted(address)).toEqual({ 'ledger: ledger_unavailable → wait': 1 });
  });

  it('that is killed: the loss is told once, by the attempt that takes over', async () => {
    const held = secondHeld(test);
    const run = await test.tuesday.startRun(two, ask);
    await held;
    await worker.kill();
    address = `127.0.0.1:${await freePort()}`;
    worker = await workers.start(test, { metricsAddress: address });
    const { status, recoveries } = await test.tuesday.result(run);
    expect([status, recoveries]).toEqual(['completed', [{ phase: 'two', ...WORKER_LOST }]]);
    expect(await toldEvents(run.id)).toEqual([
      'recovered in two from worker_lost: retry_behind_fence',
    ]);
    expect(await recoveriesCounted(address)).toEqual({
      'run: worker_lost → retry_behind_fence': 1,
    });
  });
});

describe('in the middle of a step', () => {
  /** How many more calls of each find the ledger away. */
  let away: Partial<Record<keyof Ledger, number>> = {};
  let test: TestTuesday;
  beforeAll(async () => {
    test = await startTestTuesday({
      async workerLedger(databaseUrl) {
        const opened = await openLedger(databaseUrl, undefined, benchAudit());
        return { ...opened, ledger: awayAtTimes(opened.ledger) };
      },
    });
  });
  afterAll(() => test.stop());

  function awayAtTimes(ledger: Ledger): Ledger {
    const entries = Object.entries(ledger).map(([name, call]) => [
      name,
      typeof call === 'function' ? (...args: unknown[]) => orAway(name, () => call(...args)) : call,
    ]);
    return Object.fromEntries(entries);
  }

  async function orAway<T>(name: string, call: () => T): Promise<T> {
    const left = away[name as keyof Ledger] ?? 0;
    if (left <= 0) return call();
    away[name as keyof Ledger] = left - 1;
    throw new LedgerUnavailable('away');
  }

  /** Starts a run, whose second phase finds the ledger away so often. */
  async function runThrough(calls: typeof away) {
    const held = secondHeld(test);
    const run = await test.tuesday.startRun(two, ask);
    await held;
    away = calls;
    test.simulator.clearFaults();
    test.simulator.release();
    const result = await test.tuesday.result(run);
    const { entries } = await test.tuesday.history(run.id);
    const told = entries.filter(({ type }) => type === 'recovery_taken').map(({ what }) => what);
    const steps = await test.tuesday.trace(run.id);
    return { result, told, steps };
  }

  it('an answer is held: one wait of that step, told everywhere once the ledger is back', async () => {
    const { result, told, steps } = await runThrough({ recordOutcome: 3 });
    const { status, recoveries } = result;
    expect([status, recoveries]).toEqual(['completed', [{ phase: 'two', ...WAITED }]]);
    expect(told).toEqual(['recovered in two from ledger_unavailable: wait']);
    expect(steps.map(({ phase: name, recoveries: taken }) => [name, taken])).toEqual([
      ['one', []],
      ['two', [WAITED]],
    ]);
    expect(steps.flatMap(({ calls }) => calls)).toHaveLength(2);
  });

  it.each([
    ['for a moment', { reportOf: 1 }],
    ['and cannot be told that the attempt ends', { reportOf: 1, endAttempt: 2 }],
  ])('it is away %s: one wait, and no worker counts as lost', async (_how, calls) => {
    const { result, told } = await runThrough(calls);
    const { status, recoveries } = result;
    expect([status, recoveries]).toEqual(['completed', [{ phase: 'two', ...WAITED }]]);
    expect(told).toEqual(['recovered in two from ledger_unavailable: wait']);
  });
});

describe('under a worker that does not wait for it', () => {
  let test: TestTuesday;
  let proxy: TcpProxy;
  beforeAll(async () => {
    test = await startTestTuesday({
      recoveries: {
        ...RECOVERY,
        ledger_unavailable: { ...RECOVERY.ledger_unavailable, ladder: [] },
      },
      async workerLedger(databaseUrl) {
        const way = await wayTo(databaseUrl);
        proxy = way.proxy;
        return openLedger(way.url, undefined, benchAudit());
      },
    });
  });
  afterAll(async () => {
    await test.stop();
    await proxy.close();
  });

  it('ends the run with that failure, as soon as the ledger can be told', async () => {
    const held = secondHeld(test);
    const run = await test.tuesday.startRun(two, ask);
    await held;
    await proxy.close();
    test.simulator.release();
    // Its end is tried until it is on record.
    await triedAgain(test, run.id);
    await proxy.open();
    const result = await test.tuesday.result(run);
    expect(result).toMatchObject({ status: 'failed', completedPhases: ['one'] });
    expect(result.explanation).toContain('The ledger does not answer');
    expect(result.limitations).toEqual([
      { kind: 'phase_not_done', phase: 'two', failure: 'ledger_unavailable' },
    ]);
    expect(result.costs.unsettledMicroUsd).toBeGreaterThan(0);
  });
});
