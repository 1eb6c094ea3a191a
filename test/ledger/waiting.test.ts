import { benchAudit } from '../../bench/support/bench-secret';
import type { RunId } from '../../contracts/ids';
import { type OpenLedger, openLedger } from '../../ledger';
import { CHANGES_CHANNEL } from '../../ledger/changes';
import { eventually } from '../support/eventually';
import {
  begin,
  claimOf,
  closingOf,
  eventsOf,
  openRun,
  openTestLedger,
  recordEvents,
  roundOf,
  runId,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
/** Another worker, with connections of its own. */
let worker: OpenLedger;
beforeAll(async () => {
  test = await openTestLedger();
  worker = await openLedger(test.url, undefined, benchAudit());
});
afterAll(async () => {
  await worker.close();
  await test.drop();
});

/** Far beyond what any of these tests takes. */
const LONG_MS = 30_000;
const opened = (run: RunId) =>
  recordEvents(
    worker.ledger,
    run,
    eventsOf(1, { type: 'run_opened', budgetMicroUsd: 1, phases: ['research'] }),
  );
const elapsed = async (waiting: Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await waiting;
  return performance.now() - began;
};

describe('waiting for a change of a run', () => {
  it('ends at once where the run has changed already', async () => {
    const run = await openRun(test);
    await opened(run);
    expect(await elapsed(test.reader.waitForChange(run.workflowId, 0, LONG_MS))).toBeLessThan(
      2_000,
    );
  });

  it('ends when its time is over', async () => {
    const run = await openRun(test);
    for (const timeoutMs of [0, 1, 200, 700]) {
      const took = await elapsed(test.reader.waitForChange(run.workflowId, 0, timeoutMs));
      // Timers of Node may be early by a millisecond or two.
      expect(took).toBeGreaterThanOrEqual(timeoutMs - 5);
      expect(took).toBeLessThan(timeoutMs + 2_000);
    }
  });

  it('ends with the event that another process records, not with the next look', async () => {
    const wakings: number[] = [];
    for (let again = 0; again < 5; again++) {
      const run = await openRun(test);
      const waiting = test.reader.waitForChange(run.workflowId, 0, LONG_MS);
      // It looks first, and finds nothing; its next look by itself is half a second away.
      for (let later = 0; later < 5; later++) await test.reader.getRun(run.workflowId);
      await opened(run);
      wakings.push(await elapsed(waiting));
    }
    expect(Math.min(...wakings)).toBeLessThan(250);
  });

  it('does not end with changes of other runs', async () => {
    const run = await openRun(test);
    let ended = false;
    const waiting = test.reader.waitForChange(run.workflowId, 0, LONG_MS).then(() => {
      ended = true;
    });
    for (let other = 0; other < 5; other++) await opened(await openRun(test));
    expect(ended).toBe(false);
    await opened(run);
    await waiting;
  });

  it('ends with a step that begins and with the end of the run', async () => {
    const run = await openRun(test);
    const round = roundOf(run);
    const fence = await begin(test, round);
    const step = test.reader.waitForChange(run.workflowId, 0, LONG_MS);
    await worker.ledger.claimStep(claimOf(round, fence));
    expect(await elapsed(step)).toBeLessThan(5_000);
    const { revision = 0 } = (await test.reader.getRun(run.workflowId)) ?? {};
    const end = test.reader.waitForChange(run.workflowId, revision, LONG_MS);
    await worker.ledger.closeRun(closingOf(run, 'stopped'));
    expect(await elapsed(end)).toBeLessThan(5_000);
  });

  it('may begin before there is a run of that key', async () => {
    const run = runId();
    const waiting = test.reader.waitForChange(run.workflowId, -1, LONG_MS);
    await openRun(worker, { run });
    expect(await elapsed(waiting)).toBeLessThan(5_000);
  });

  it.each(['error', 'newListener', 'removeListener'])(
    'works for a run of the key "%s"',
    async (workflowId) => {
      const run = await openRun(test, { workflowId });
      const others = test.reader.waitForChange((await openRun(test)).workflowId, 0, 300);
      const waiting = test.reader.waitForChange(workflowId, 0, LONG_MS);
      await opened(run);
      await Promise.all([waiting, others]);
    },
  );

  it('goes on when the connection that listens is cut, and listens again', async () => {
    const listeners = `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND query = 'LISTEN ${CHANGES_CHANNEL}'`;
    const pids = async () => (await test.rows<{ pid: number }>(listeners)).map(({ pid }) => pid);
    const before = await pids();
    expect(before).toHaveLength(2); // the test's and the worker's
    const run = await openRun(test);
    const waiting = test.reader.waitForChange(run.workflowId, 0, LONG_MS);
    for (const pid of before) await test.rows('SELECT pg_terminate_backend($1)', [pid]);
    await opened(run);
    expect(await elapsed(waiting)).toBeLessThan(5_000);
    await eventually(async () => {
      const after = await pids();
      expect(after).toHaveLength(2);
      for (const pid of before) expect(after).not.toContain(pid);
    });
  });
});
