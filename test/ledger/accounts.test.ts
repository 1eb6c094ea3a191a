import fc from 'fast-check';
import { type RunId, runKey } from '../../contracts/ids';
import type { ClaimStep, Fence, StepClaim } from '../../contracts/ledger';
import { eventually } from '../support/eventually';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import {
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

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const ALLOWANCE = 1_000;
const PHASES = ['research', 'writing'] as const;

/** What one of several workers does next; numbers pick among what is there. */
type Action =
  | { do: 'begin'; round: number; entry: boolean }
  | { do: 'claim'; round: number; fence: number; turn: number; reserve: number; twice: boolean }
  | { do: 'record'; call: number; cost: number; twice: boolean }
  | { do: 'fail'; call: number; billed: boolean; twice: boolean };

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant('begin'), round: fc.nat(3), entry: fc.boolean() }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      round: fc.nat(3),
      // Mostly the newest fence, sometimes an older one.
      fence: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)),
      turn: fc.nat(3),
      reserve: fc.oneof(fc.nat(ALLOWANCE / 2), fc.constant(0)),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('record'),
      call: fc.nat(100),
      cost: fc.integer({ min: 0, max: 100 }),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail'),
      call: fc.nat(100),
      billed: fc.boolean(),
      twice: fc.boolean(),
    }),
  },
) as fc.Arbitrary<Action>;

/** A run on which actions are carried out: two phases with two rounds each. */
class Workers {
  readonly calls: ClaimStep[] = [];
  private readonly rounds;
  private readonly fences: Fence[][] = [[], [], [], []];

  constructor(readonly run: RunId) {
    this.rounds = PHASES.flatMap((phase) => [1, 2].map((round) => roundOf(run, { phase, round })));
  }

  async act(action: Action): Promise<void> {
    const repeat = 'twice' in action && action.twice ? 2 : 1;
    const { ledger } = test;
    switch (action.do) {
      case 'begin': {
        const [entry, attempt] = [this.newest(action.round)?.entry ?? 1, this.begun(action.round)];
        const round = this.rounds[action.round];
        const next = action.entry ? { entry: entry + 1, attempt: 1 } : { entry, attempt };
        if (!round) return;
        const begun = await ledger.beginAttempt({
          round,
          temporalRunId: 'temporal-1',
          worker: 'w',
          waitedMs: 0,
          ...next,
        });
        if (begun.outcome === 'begun') this.fences[action.round]?.push(begun.fence);
        return;
      }
      case 'claim': {
        const round = this.rounds[action.round];
        const fence = this.fences[action.round]?.at(-1 - action.fence);
        if (!round || !fence) return;
        const claim = claimOf(round, fence, {
          turn: action.turn,
          reserveMicroUsd: action.reserve,
          allowanceMicroUsd: ALLOWANCE,
        });
        for (let time = 0; time < repeat; time++) {
          const { outcome } = await ledger.claimStep(claim);
          if (outcome === 'claimed' && time === 0) this.calls.push(claim);
        }
        return;
      }
      case 'record': {
        const call = this.pick(action.call);
        if (!call) return;
        const costMicroUsd = Math.floor((call.reserveMicroUsd * action.cost) / 100);
        const outcome = outcomeOf(call, call.callId, { costMicroUsd });
        for (let time = 0; time < repeat; time++) await ledger.recordOutcome(outcome);
        return;
      }
      case 'fail': {
        const call = this.pick(action.call);
        if (!call) return;
        const disposition = action.billed ? 'unsettled' : 'released';
        for (let time = 0; time < repeat; time++)
          await ledger.failCall(failureOf(call, { disposition }));
      }
    }
  }

  private pick(call: number): ClaimStep | undefined {
    return this.calls[call % Math.max(1, this.calls.length)];
  }
  private newest(round: number): Fence | undefined {
    return this.fences[round]?.at(-1);
  }
  private begun(round: number): number {
    return (this.newest(round)?.attempt ?? 0) + 1;
  }
}

interface Account {
  phase: string;
  open: number;
  settled: number;
  unsettled: number;
}

/** The account of each phase, as it is kept and as the calls say. */
async function accounts(run: RunId): Promise<{ kept: Account[]; called: Account[] }> {
  const key = [runKey(run)];
  const kept = await test.rows<Account>(
    `SELECT phase, open_micro_usd::int AS open, settled_micro_usd::int AS settled,
            unsettled_micro_usd::int AS unsettled FROM phase_accounts WHERE run_key = $1 ORDER BY 1`,
    key,
  );
  const sum = (amount: string, status: string) =>
    `coalesce(sum(${amount}) FILTER (WHERE status = '${status}'), 0)::int`;
  const called = await test.rows<Account>(
    `SELECT phase, ${sum('reserved_micro_usd', 'open')} AS open,
            ${sum('cost_micro_usd', 'settled')} AS settled,
            ${sum('reserved_micro_usd', 'unsettled')} AS unsettled
     FROM calls WHERE run_key = $1 GROUP BY phase ORDER BY 1`,
    key,
  );
  const known = new Set(called.map(({ phase }) => phase));
  const nothing = ({ phase, open, settled, unsettled }: Account) =>
    !known.has(phase) && open + settled + unsettled === 0;
  return { kept: kept.filter((account) => !nothing(account)), called };
}

async function check(workers: Workers): Promise<void> {
  const { kept, called } = await accounts(workers.run);
  expect(kept).toEqual(called);
  for (const { phase, open, settled, unsettled } of kept) {
    expect(open + settled + unsettled).toBeLessThanOrEqual(ALLOWANCE);
    expect((await test.ledger.reportOf(runKey(workers.run), phase)).spend).toEqual({
      settledMicroUsd: settled,
      unsettledMicroUsd: unsettled + open,
    });
  }
  const twins = await test.rows(
    `SELECT step_key FROM calls WHERE run_key = $1 AND status = 'open'
     GROUP BY step_key HAVING count(*) > 1`,
    [runKey(workers.run)],
  );
  expect(twins).toEqual([]);
}

describe('the account of a phase', () => {
  const actions = (maxLength: number) =>
    fc.array(anyAction, { minLength: 5, maxLength, size: 'max' });

  it('L4 L5 is the sum of its calls and within its allowance, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(actions(40), async (sequence) => {
        const workers = new Workers(await openRun(test));
        for (const action of sequence) await workers.act(action);
        await check(workers);
      }),
      { numRuns: 40 },
    );
  });

  it('L4 L5 is so also when everything happens at once on many connections', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(actions(8), { minLength: 3, maxLength: 6 }), async (batches) => {
        const workers = new Workers(await openRun(test));
        for (const batch of batches) await Promise.all(batch.map((action) => workers.act(action)));
        await check(workers);
      }),
      { numRuns: 40 },
    );
  });

  it('L5 has nothing open once the run is closed, and late outcomes still settle', async () => {
    await fc.assert(
      fc.asyncProperty(actions(15), actions(10), async (before, late) => {
        const workers = new Workers(await openRun(test));
        for (const action of before) await workers.act(action);
        const run = workers.run;
        await Promise.all([
          test.ledger.closeRun(closingOf(run, 'stopped')),
          ...late.map((action) => workers.act(action)),
        ]);
        await check(workers);
        expect((await accounts(run)).kept.map(({ open }) => open).filter(Boolean)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the allowance of a phase', () => {
  const PROCESSES = 4;
  let processes: LedgerProcesses;
  beforeAll(async () => {
    processes = await startLedgerProcesses(test.url, PROCESSES);
  });
  afterAll(() => processes.stop());

  it('L4 says how much is booked when a call does not fit, and books nothing for it', async () => {
    const round = roundOf(await openRun(test));
    const fence = await begin(test, round);
    await test.ledger.claimStep(claimOf(round, fence, { reserveMicroUsd: 700 }));
    const next = claimOf(round, fence, { turn: 2, reserveMicroUsd: 301 });
    const refused = { outcome: 'no_room', bookedMicroUsd: 700 };
    expect(await test.ledger.claimStep(next)).toEqual(refused);
    expect(await test.rows('SELECT 1 FROM calls WHERE call_id = $1', [next.callId])).toEqual([]);
    expect(await test.ledger.claimStep({ ...next, reserveMicroUsd: 300 })).toMatchObject({
      outcome: 'claimed',
    });
  });

  it('L4 does not keep a tool that costs nothing from being called', async () => {
    const round = roundOf(await openRun(test));
    const fence = await begin(test, round);
    await test.ledger.claimStep(claimOf(round, fence, { reserveMicroUsd: 1_000 }));
    const free = claimOf(round, fence, { turn: 2, reserveMicroUsd: 0, allowanceMicroUsd: 500 });
    expect(await test.ledger.claimStep(free)).toMatchObject({ outcome: 'claimed' });
  });

  it('L4 books calls that lost their attempt even where the next one does not fit any more', async () => {
    const round = roundOf(await openRun(test));
    const lost = claimOf(round, await begin(test, round), { reserveMicroUsd: 600 });
    await test.ledger.claimStep(lost);
    const fence = await begin(test, round, { attempt: 2 });
    expect(await test.ledger.claimStep(claimOf(round, fence, { reserveMicroUsd: 600 }))).toEqual({
      outcome: 'no_room',
      bookedMicroUsd: 600,
    });
    expect(await test.rows('SELECT status FROM calls WHERE call_id = $1', [lost.callId])).toEqual([
      { status: 'unsettled' },
    ]);
  });

  it('L4 is never exceeded by processes that book at the same moment', async () => {
    for (let again = 0; again < 10; again++) {
      const run = await openRun(test);
      const claims: ClaimStep[] = [];
      for (let index = 0; index < PROCESSES; index++) {
        const round = roundOf(run, { round: index + 1 });
        claims.push(
          claimOf(round, await begin(test, round), { reserveMicroUsd: 400, artifacts: [] }),
        );
      }
      const answers = await test.together(runKey(run), PROCESSES, () =>
        processes.atOnce<StepClaim>(
          claims.map((claim) => ({ method: 'claimStep', args: [claim] })),
        ),
      );
      const outcomes = answers.map(({ outcome }) => outcome).sort();
      expect(outcomes).toEqual(['claimed', 'claimed', 'no_room', 'no_room']);
      expect((await test.ledger.reportOf(runKey(run), 'research')).spend).toEqual({
        settledMicroUsd: 0,
        unsettledMicroUsd: 800,
      });
    }
  });

  it('L5 is exact after a process is killed in the middle of its calls', async () => {
    const workers = new Workers(await openRun(test));
    const round = roundOf(workers.run);
    const fence = await begin(test, round);
    const burst = Array.from({ length: PROCESSES }, (_, index) => ({
      method: 'claimStep' as const,
      args: [claimOf(round, fence, { turn: index + 1, artifacts: [] })],
    }));
    const answers = processes.atOnce(burst).catch(() => 'killed');
    await processes.kill(0);
    await answers;
    // The server may still be at the query of the process that is gone.
    await eventually(() => check(workers));
  });
});
