import { Client } from 'pg';
import { benchAudit } from '../../bench/support/bench-secret';
import { startTcpProxy, type TcpProxy } from '../../bench/support/tcp-proxy';
import { LedgerUnavailable, UserError } from '../../contracts/errors';
import { LEDGER } from '../../contracts/limits';
import type { RunEvent } from '../../contracts/run-state';
import { type OpenLedger, openLedger } from '../../ledger';
import { auditEntry } from '../support/audit';
import { eventually } from '../support/eventually';
import { SOME_SHA256 } from '../support/plans';
import {
  attemptAt,
  begin,
  claimOf,
  closingOf,
  effectOf,
  eventsOf,
  openRun,
  openTestLedger,
  outcomeOf,
  recordEvents,
  roundOf,
  runId,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;
let proxy: TcpProxy;
/** The ledger by a way that tests cut. */
let far: OpenLedger;
let farUrl: string;
beforeAll(async () => {
  // What hangs is given up after many seconds; tests need not wait that long.
  jest.replaceProperty(LEDGER, 'statementMs', 1_000 as never);
  jest.replaceProperty(LEDGER, 'connectMs', 1_000 as never);
  test = await openTestLedger();
  const { hostname, port } = new URL(test.url);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const url = new URL(test.url);
  url.host = `127.0.0.1:${proxy.port}`;
  farUrl = url.href;
  far = await openLedger(farUrl, undefined, benchAudit());
});
afterAll(async () => {
  await far.close();
  await proxy.close();
  await test.drop();
  jest.restoreAllMocks();
});

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error) => error,
  );
const worksAgain = () => eventually(async () => void (await far.reader.listRuns({ limit: 1 })));

/** One call of each kind. */
async function callsOf(opened: OpenLedger) {
  const { ledger, reader, switches, extractions, deliveries, audit, tokens } = opened;
  const run = runId();
  const round = roundOf(run);
  const fence = { generation: 1, entry: 1, attempt: 1 };
  const claim = claimOf(round, fence);
  const events = eventsOf(1, { type: 'run_opened', budgetMicroUsd: 1, phases: [] });
  return [
    ledger.content.put(Buffer.from('x'), 'text/plain'),
    ledger.content.get(SOME_SHA256),
    openRun(opened),
    recordEvents(ledger, run, events),
    ledger.beginAttempt(attemptAt(round, { temporalRunId: 't' })),
    ledger.keepPrompt(round, SOME_SHA256),
    ledger.claimStep(claim),
    ledger.recordOutcome(outcomeOf(claim, 'x')),
    ledger.endAttempt(round, fence),
    ledger.reportOf(round.runKey, 'research'),
    ledger.claimEffect(effectOf(run)),
    ledger.commitEffect('effect', SOME_SHA256),
    ledger.closeRun(closingOf(run, 'stopped')),
    tokens.findToken({ id: 'x' }),
    tokens.listTokens(),
    tokens.hasEnded('x'),
    ledger.holdOn(run),
    ledger.strayRuns(1, 1),
    switches.set({
      id: 's',
      scope: 'user',
      name: 'u',
      mode: 'pause',
      by: 'ann',
      audit: { from: { way: 'api' } },
    }),
    switches.turnOff({ scope: 'user', name: 'u', by: 'ann', audit: { from: { way: 'api' } } }),
    switches.list({ past: true, limit: 1 }),
    switches.concerned({ scope: 'installation', name: '' }),
    switches.holdOn(run),
    reader.getRun('x'),
    reader.listRuns({ limit: 1 }),
    reader.invocations({ limit: 1 }),
    extractions.get(SOME_SHA256, 'v'),
    audit.append(auditEntry('unheard')),
    deliveries.beginDelivery({ run, event: 'run_ended', version: 1, at: 0, channel: 'x' }),
    reader.troubledChannels(),
  ].map(failureOf);
}

describe('a ledger whose server cannot be reached', () => {
  it('says so for every call, soon, and works again afterwards', async () => {
    await proxy.close();
    const began = performance.now();
    for (const failure of await Promise.all(await callsOf(far)))
      expect(failure).toBeInstanceOf(LedgerUnavailable);
    expect(performance.now() - began).toBeLessThan(3_000);
    await proxy.open();
    await worksAgain();
    expect(await openRun(far)).toEqual(expect.anything());
  });

  it('keeps all its connections usable, however often it is cut off', async () => {
    await worksAgain();
    const run = await openRun(far);
    // An idle connection that has been cut breaks at the first word of the next transaction.
    for (let again = 0; again <= LEDGER.poolConnectionsMax; again++) {
      proxy.cut();
      await failureOf(recordEvents(far.ledger, run, []));
      await worksAgain();
    }
    expect(await recordEvents(far.ledger, run, [])).toBe(0);
  });

  it('says so when its server hangs, within the time-out of a statement, and works again', async () => {
    await worksAgain();
    proxy.freeze();
    const began = performance.now();
    for (const failure of await Promise.all(await callsOf(far)))
      expect(failure).toBeInstanceOf(LedgerUnavailable);
    expect(performance.now() - began).toBeLessThan(LEDGER.connectMs + 3_000);
    proxy.thaw();
    await worksAgain();
  });

  it('keeps waiting readers informed as soon as it is back', async () => {
    await worksAgain();
    const run = await openRun(test);
    await proxy.close();
    expect(await failureOf(far.reader.waitForChange(run.workflowId, 0, 1_000))).toBeInstanceOf(
      LedgerUnavailable,
    );
    await proxy.open();
    await worksAgain();
    const waiting = far.reader.waitForChange(run.workflowId, 0, 30_000);
    await recordEvents(
      test.ledger,
      run,
      eventsOf(1, { type: 'run_opened', budgetMicroUsd: 1, phases: [] }),
    );
    await waiting;
  });
});

describe('closing a ledger', () => {
  it('does not wait for a server that hangs', async () => {
    await worksAgain();
    const leaving = await openLedger(farUrl);
    await Promise.all([1, 2, 3].map(() => leaving.reader.listRuns({ limit: 1 })));
    proxy.freeze();
    await leaving.close();
    proxy.thaw();
  });
});

describe('a session that the server ends', () => {
  /** Ends sessions in which a statement of this kind runs or has run. */
  const endSessions = (like: string) =>
    test.rows(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE $1`,
      [like],
    );

  it('fails the claim in it, which has had no effect and can be made again', async () => {
    const round = roundOf(await openRun(test));
    const claim = claimOf(round, await begin(test, round));
    const holder = new Client({ connectionString: test.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM runs WHERE run_key = $1 FOR UPDATE', [round.runKey]);
    const failing = failureOf(test.ledger.claimStep(claim));
    await eventually(async () => {
      expect(await endSessions('SELECT claim_step(%')).toHaveLength(1);
    });
    const failure = await failing;
    await holder.end();
    expect(failure).toBeInstanceOf(LedgerUnavailable);
    expect(await test.rows('SELECT 1 FROM calls WHERE call_id = $1', [claim.callId])).toEqual([]);
    expect(await test.ledger.claimStep(claim)).toEqual({ outcome: 'claimed', tries: 0 });
  });

  it('is replaced when it was idle, and nobody notices more than one failure', async () => {
    await Promise.all(Array.from({ length: 5 }, () => test.reader.listRuns({ limit: 1 })));
    await endSessions('select%from "runs"%');
    await eventually(async () => void (await test.reader.listRuns({ limit: 1 })));
    const failures = await Promise.all(
      Array.from({ length: 20 }, () => failureOf(test.reader.listRuns({ limit: 1 }))),
    );
    expect(failures.filter((failure) => failure !== undefined)).toEqual([]);
  });
});

describe('a worker that freezes in a transaction', () => {
  it('loses its locks after a while, so that others can go on', async () => {
    jest.replaceProperty(LEDGER, 'transactionIdleMs', 300 as never);
    const frozen = await openLedger(test.url);
    const run = await openRun(test);
    let thaw: () => void = () => undefined;
    const thawed = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    let failing: Promise<unknown> | undefined;
    await new Promise<void>((locked) => {
      const tell = async () => {
        locked();
        await thawed;
        return { events: [], complete: true };
      };
      failing = failureOf(frozen.ledger.rebuild(run, tell));
    });
    await recordEvents(
      test.ledger,
      run,
      eventsOf(1, { type: 'run_opened', budgetMicroUsd: 1, phases: [] }),
    );
    thaw();
    expect(await failing).toBeInstanceOf(LedgerUnavailable);
    await frozen.close();
  });
});

describe('what is not the server’s fault', () => {
  it('stays what it is: a call nobody can make is never tried again', async () => {
    const run = await openRun(test);
    const unknown = { type: 'nobody_knows_it', version: 1, at: 1 } as unknown as RunEvent;
    expect(await failureOf(recordEvents(test.ledger, run, [unknown]))).toBeInstanceOf(TypeError);
    const gap = eventsOf(2, { type: 'run_opened', budgetMicroUsd: 1, phases: [] });
    expect(await failureOf(recordEvents(test.ledger, run, gap))).toBeInstanceOf(RangeError);
    expect(await failureOf(test.ledger.content.get(SOME_SHA256))).toBeInstanceOf(UserError);
    const round = roundOf(run);
    const claim = claimOf(round, await begin(test, round), { reserveMicroUsd: 0.5 });
    const failure = await failureOf(test.ledger.claimStep(claim));
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(LedgerUnavailable);
  });

  it('is told apart from it by what is thrown, with the cause kept', async () => {
    await proxy.close();
    const failure = (await failureOf(far.reader.getRun('x'))) as LedgerUnavailable;
    expect(failure.message).toBe('the ledger is not available');
    expect(failure.cause).toMatchObject({
      code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/),
    });
    await proxy.open();
    await worksAgain();
  });
});
