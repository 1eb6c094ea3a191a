import { breakerScope, type RoundId } from '../../contracts/ids';
import type { ClaimStep, FailCall, Fence, StepClaim } from '../../contracts/ledger';
import { BREAKER } from '../../contracts/limits';
import { eventually } from '../support/eventually';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import {
  attemptAt,
  begin,
  claimOf,
  closingOf,
  failureOf,
  openRun,
  openTestLedger,
  outcomeOf,
  roundOf,
  type TestLedger,
} from '../support/test-ledger';

const PROCESSES = 4;
const LEASE_MS = 60_000;
let test: TestLedger;
let processes: LedgerProcesses;
let scope: string;
let models = 0;
beforeAll(async () => {
  test = await openTestLedger();
  processes = await startLedgerProcesses(test.url, PROCESSES);
});
afterAll(async () => {
  await processes.stop();
  await test.drop();
});
beforeEach(() => {
  models += 1;
  scope = breakerScope('model', `model-${models}`);
});

interface Caller {
  round: RoundId;
  fence: Fence;
  close(): Promise<unknown>;
}
async function caller(): Promise<Caller> {
  const run = await openRun(test);
  const round = roundOf(run);
  return {
    round,
    fence: await begin(test, round),
    close: () => test.ledger.closeRun(closingOf(run, 'stopped')),
  };
}
const callers = (count: number) => Promise.all(Array.from({ length: count }, caller));
const asking = ({ round, fence }: Caller, leaseMs = LEASE_MS): ClaimStep =>
  claimOf(round, fence, { breaker: { scope, leaseMs } });
const failing = (claim: ClaimStep, changes: Partial<FailCall> = {}): FailCall =>
  failureOf(claim, { breaker: { scope }, ...changes });
const answered = (claim: ClaimStep) => outcomeOf(claim, 'answer', { breaker: scope });

/** The outcome of a claim by somebody else. */
async function asked(leaseMs = LEASE_MS) {
  const claim = asking(await caller(), leaseMs);
  return { claim, answer: await test.ledger.claimStep(claim) };
}
async function claimed(): Promise<ClaimStep> {
  const { claim, answer } = await asked();
  expect(answer.outcome).toBe('claimed');
  return claim;
}
const breaker = async () =>
  (await test.rows<Record<string, unknown>>('SELECT * FROM breakers WHERE scope = $1', [scope]))[0];
/** As when the time until the probe has passed. */
const due = () => test.rows('UPDATE breakers SET probe_at = now() WHERE scope = $1', [scope]);
async function opened() {
  for (let failures = 1; failures <= BREAKER.failuresInARow; failures++)
    await test.ledger.failCall(failing(await claimed()));
  expect((await breaker())?.opened_at).toEqual(expect.any(Date));
}

describe('a breaker that is closed', () => {
  it('L11 opens after so many failures in a row, counted over all processes', async () => {
    for (let failures = 1; failures < BREAKER.failuresInARow; failures++) {
      const claim = await claimed();
      await processes.atOnce([{ method: 'failCall', args: [failing(claim)] }]);
    }
    const last = await claimed();
    await test.ledger.failCall(failing(last, { failure: 'stalled' }));
    const { answer } = await asked();
    expect(answer).toMatchObject({ outcome: 'breaker_open', failure: 'stalled' });
    const { waitMs } = answer as Extract<StepClaim, { outcome: 'breaker_open' }>;
    expect(waitMs).toBeGreaterThan(BREAKER.openMs - 2_000);
    expect(waitMs).toBeLessThanOrEqual(BREAKER.openMs);
  });

  it('L11 counts failures that come at the same moment each once', async () => {
    const claims = (await callers(PROCESSES)).map((one) => asking(one));
    for (const claim of claims) await test.ledger.claimStep(claim);
    await processes.atOnce(claims.map((claim) => ({ method: 'failCall', args: [failing(claim)] })));
    expect(await breaker()).toMatchObject({ failures: PROCESSES, opened_at: null });
    for (const claim of claims) await test.ledger.failCall(failing(claim));
    expect(await breaker()).toMatchObject({ failures: PROCESSES });
  });

  it('begins to count anew after a success', async () => {
    for (let failures = 1; failures < BREAKER.failuresInARow; failures++)
      await test.ledger.failCall(failing(await claimed()));
    await test.ledger.recordOutcome(answered(await claimed()));
    expect(await breaker()).toBeUndefined();
    await test.ledger.failCall(failing(await claimed()));
    expect((await asked()).answer.outcome).toBe('claimed');
  });

  it('does not count failures that are nobody’s, nor calls that were lost', async () => {
    const { breaker: _none, ...ours } = failing(await claimed(), { failure: 'authentication' });
    await test.ledger.failCall(ours);
    const lost = await caller();
    const claim = asking(lost);
    await test.ledger.claimStep(claim);
    lost.fence = await begin(test, lost.round, { attempt: 2 });
    await test.ledger.claimStep(asking(lost));
    await test.ledger.failCall(failing(claim));
    expect(await breaker()).toBeUndefined();
  });

  it('L11 makes no claim wait while others count its failures', async () => {
    await test.ledger.failCall(failing(await claimed()));
    const others = await callers(PROCESSES);
    let held = true;
    const holder = test
      .rows(
        `WITH held AS (SELECT 1 FROM breakers WHERE scope = $1 FOR UPDATE)
         SELECT pg_sleep(3) FROM held`,
        [scope],
      )
      .then(() => {
        held = false;
      });
    await eventually(async () => {
      const sleeping = await test.rows(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      expect(sleeping).toHaveLength(1);
    });
    const answers = await processes.atOnce<StepClaim>(
      others.map((one) => ({ method: 'claimStep', args: [asking(one)] })),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(others.map(() => 'claimed'));
    expect(held).toBe(true);
    await holder;
  });

  it('L11 leaves no row behind, and so no lock to wait for, where nothing fails', async () => {
    await test.ledger.recordOutcome(answered(await claimed()));
    expect(await breaker()).toBeUndefined();
  });
});

describe('a breaker that is open', () => {
  beforeEach(opened);

  it('L12 books nothing, stores nothing, and fails nobody', async () => {
    const { claim, answer } = await asked();
    expect(answer.outcome).toBe('breaker_open');
    const [step] = await test.rows('SELECT 1 FROM steps WHERE step_key = $1', [claim.stepKey]);
    expect(step).toBeUndefined();
    const { spend } = await test.ledger.reportOf(claim.round.runKey, 'research');
    expect(spend).toEqual({ settledMicroUsd: 0, unsettledMicroUsd: 0 });
  });

  it('holds back no other model', async () => {
    const other = await caller();
    const claim = claimOf(other.round, other.fence, {
      breaker: { scope: `${scope}-other`, leaseMs: LEASE_MS },
    });
    expect((await test.ledger.claimStep(claim)).outcome).toBe('claimed');
  });

  it('L12 lets exactly one of many processes probe once it is due', async () => {
    await due();
    const all = (await callers(PROCESSES)).map((one) => asking(one));
    const answers = await processes.atOnce<StepClaim>(
      all.map((claim) => ({ method: 'claimStep', args: [claim] })),
    );
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual([
      ...Array.from({ length: PROCESSES - 1 }, () => 'breaker_open'),
      'claimed',
    ]);
    expect((await asked()).answer).toMatchObject({ outcome: 'breaker_open', waitMs: 0 });
  });

  it('L11 closes when the probe succeeds', async () => {
    await due();
    await test.ledger.recordOutcome(answered(await claimed()));
    expect(await breaker()).toBeUndefined();
    await Promise.all([claimed(), claimed()]);
  });

  it('opens again when the probe fails, each time for longer, up to a bound', async () => {
    const waits: number[] = [];
    for (let probe = 1; probe <= 8; probe++) {
      await due();
      const { tries } = await test.ledger.failCall(failing(await claimed()));
      // A probe is made for all who wait.
      expect(tries).toBe(0);
      const { answer } = await asked();
      if (answer.outcome !== 'breaker_open') throw new Error(answer.outcome);
      waits.push(Math.round(answer.waitMs / 1_000));
    }
    expect(waits).toEqual([10, 20, 40, 80, 120, 120, 120, 120]);
  });

  it('waits as long as the provider asks', async () => {
    await due();
    const retryAfterMs = BREAKER.openMsMax * 2;
    await test.ledger.failCall(failing(await claimed(), { breaker: { scope, retryAfterMs } }));
    const { answer } = await asked();
    if (answer.outcome !== 'breaker_open') throw new Error(answer.outcome);
    expect(answer.waitMs).toBeGreaterThan(retryAfterMs - 2_000);
  });

  it('L12 gives the probe to another when its time is over', async () => {
    await due();
    expect((await asked(0)).answer.outcome).toBe('claimed');
    await claimed();
  });

  it('L12 gives the probe to another when its run is closed', async () => {
    await due();
    const stopped = await caller();
    await test.ledger.claimStep(asking(stopped));
    expect((await asked()).answer.outcome).toBe('breaker_open');
    await stopped.close();
    await claimed();
  });

  it('L12 gives the probe to the next attempt when its worker was lost', async () => {
    await due();
    const lost = await caller();
    const probe = asking(lost);
    await test.ledger.claimStep(probe);
    lost.fence = await begin(test, lost.round, { attempt: 2 });
    expect((await test.ledger.claimStep(asking(lost))).outcome).toBe('claimed');
    expect((await asked()).answer.outcome).toBe('breaker_open');
    // The lost one has been answered after all: whoever answers is there.
    await test.ledger.recordOutcome(answered(probe));
    expect(await breaker()).toBeUndefined();
  });

  it('L12 gives the probe to another when its call failed for a reason of its own', async () => {
    await due();
    const { breaker: _none, ...ours } = failing(await claimed(), { failure: 'authentication' });
    await test.ledger.failCall(ours);
    await claimed();
  });

  it('L12 leaves the probe to others where its claim does not fit the allowance', async () => {
    await due();
    const poor = { ...asking(await caller()), allowanceMicroUsd: 1 };
    expect((await test.ledger.claimStep(poor)).outcome).toBe('no_room');
    await claimed();
  });
});

describe('calls that were begun before a breaker opened', () => {
  it('neither close it nor keep it open longer', async () => {
    const [good, bad] = [await claimed(), await claimed()];
    await opened();
    const before = await breaker();
    await test.ledger.recordOutcome(answered(good));
    await test.ledger.failCall(failing(bad));
    expect(await breaker()).toMatchObject({
      opened_at: before?.opened_at,
      probe_at: before?.probe_at,
    });
  });
});

it('a claim of a closed or fenced attempt asks no breaker', async () => {
  await opened();
  await due();
  const fenced = await caller();
  await test.ledger.beginAttempt(attemptAt(fenced.round, { attempt: 2 }));
  expect((await test.ledger.claimStep(asking(fenced))).outcome).toBe('fenced');
  await claimed();
});
