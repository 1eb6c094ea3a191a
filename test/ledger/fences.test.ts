import { runKey } from '../../contracts/ids';
import type { AttemptBegun, StepClaim } from '../../contracts/ledger';
import {
  type LedgerCall,
  type LedgerProcesses,
  startLedgerProcesses,
} from '../support/ledger-processes';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
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

const PROCESSES = 8;
let test: TestLedger;
let processes: LedgerProcesses;
beforeAll(async () => {
  test = await openTestLedger();
  processes = await startLedgerProcesses(test.url, PROCESSES);
});
afterAll(async () => {
  await processes.stop();
  await test.drop();
});

/** Each process makes its call; all of them go on at the same moment. */
const atOnce = <T>(key: string, calls: LedgerCall[]): Promise<T[]> =>
  test.together(key, calls.length, () => processes.atOnce<T>(calls));

const freshRound = async () => roundOf(await openRun(test));
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('beginning an attempt', () => {
  it('gives each Temporal run id a generation in the order of their coming, and keeps it', async () => {
    const round = await freshRound();
    const first = await begin(test, round, { temporalRunId: 'a' });
    const afterReset = await begin(test, round, { temporalRunId: 'b' });
    expect([first.generation, afterReset.generation]).toEqual([1, 2]);
    const again = await begin(test, { ...round, round: 2 }, { temporalRunId: 'a' });
    expect(again.generation).toBe(1);
  });

  it('L1 orders fences by generation, then entry, then attempt', async () => {
    const round = await freshRound();
    const of = (temporalRunId: string, entry: number, attempt: number) =>
      test.ledger.beginAttempt(attemptAt(round, { temporalRunId, entry, attempt }));
    const outcomes = async (...attempts: Promise<AttemptBegun>[]) =>
      (await Promise.all(attempts)).map(({ outcome }) => outcome);
    await of('a', 2, 2);
    expect(await outcomes(of('a', 2, 1), of('a', 1, 9))).toEqual(['fenced', 'fenced']);
    await of('a', 3, 1); // entries count before attempts
    await of('b', 1, 1); // a reset counts before entries
    expect(await outcomes(of('a', 9, 9))).toEqual(['fenced']);
    expect(await outcomes(of('b', 1, 1))).toEqual(['begun']); // the same again: its answer was lost
  });

  it('gives one generation each to resets that race, and none twice', async () => {
    const round = await freshRound();
    const begun = await atOnce<AttemptBegun>(
      round.runKey,
      times(PROCESSES, (index) => ({
        method: 'beginAttempt',
        args: [attemptAt({ ...round, round: index + 1 }, { temporalRunId: `run-${index >> 1}` })],
      })),
    );
    const generations = begun.map((one) => (one.outcome === 'begun' ? one.fence.generation : 0));
    expect([...new Set(generations)].sort()).toEqual([1, 2, 3, 4]);
    for (const [index, generation] of generations.entries())
      expect(generation).toBe(generations[index ^ 1]);
  });

  it('tells what is recorded in the round, and its prompt once there is one', async () => {
    const round = await freshRound();
    const fence = await begin(test, round);
    const claim = claimOf(round, fence);
    await test.ledger.claimStep(claim);
    await test.ledger.recordOutcome(outcomeOf(claim, 'answer'));
    await test.ledger.claimStep(claimOf(round, fence, { turn: 2 }));
    expect(await test.ledger.keepPrompt(round, SOME_SHA256)).toBe(SOME_SHA256);
    expect(await test.ledger.keepPrompt(round, OTHER_SHA256)).toBe(SOME_SHA256);
    expect(await test.ledger.beginAttempt(attemptAt(round, { attempt: 2 }))).toEqual({
      outcome: 'begun',
      fence: { generation: 1, entry: 1, attempt: 2 },
      crashes: 1,
      start: { waitedMs: 0 },
      takesOver: true,
      promptSha256: SOME_SHA256,
      recorded: {
        [claim.stepKey]: {
          requestDigest: claim.requestDigest,
          outcomeSha256: outcomeOf(claim, 'answer').outcomeSha256,
        },
      },
    });
    const other = await test.ledger.beginAttempt(attemptAt({ ...round, round: 2 }));
    expect(other).toMatchObject({ recorded: {}, crashes: 0 });
  });
});

describe('lost attempts', () => {
  const crashesAt = async (round: Parameters<typeof attemptAt>[0], attempt: number) => {
    const begun = await test.ledger.beginAttempt(attemptAt(round, { attempt }));
    return begun.outcome === 'begun' ? begun.crashes : undefined;
  };

  it('are counted in a row, each once', async () => {
    const round = await freshRound();
    expect(await crashesAt(round, 1)).toBe(0);
    expect(await crashesAt(round, 2)).toBe(1);
    expect(await crashesAt(round, 2)).toBe(1); // the same attempt asks again
    expect(await crashesAt(round, 3)).toBe(2);
  });

  it('are none where the attempt said that it ended', async () => {
    const round = await freshRound();
    await test.ledger.endAttempt(round, await begin(test, round));
    expect(await crashesAt(round, 2)).toBe(0);
  });

  it('are not undone by an older attempt that ends late', async () => {
    const round = await freshRound();
    const old = await begin(test, round);
    await begin(test, round, { attempt: 2 });
    await test.ledger.endAttempt(round, old);
    expect(await crashesAt(round, 3)).toBe(2);
  });

  it('count from none again once a step is recorded', async () => {
    const round = await freshRound();
    await begin(test, round);
    const fence = await begin(test, round, { attempt: 2 });
    const claim = claimOf(round, fence);
    await test.ledger.claimStep(claim);
    await test.ledger.recordOutcome(outcomeOf(claim, 'answer'));
    expect(await crashesAt(round, 3)).toBe(1);
  });
});

describe('claiming a step', () => {
  it('L1 is granted to the newest attempt and to no older one, before and after its outcome', async () => {
    const round = await freshRound();
    const old = await begin(test, round);
    const fence = await begin(test, round, { attempt: 2 });
    const claim = claimOf(round, fence);
    const fenced = { outcome: 'fenced' };
    expect(await test.ledger.claimStep(claimOf(round, old))).toEqual(fenced);
    expect(await test.ledger.claimStep(claim)).toEqual({ outcome: 'claimed', tries: 0 });
    await test.ledger.recordOutcome(outcomeOf(claim, 'answer'));
    expect(await test.ledger.claimStep(claimOf(round, old))).toEqual(fenced);
    expect(await test.ledger.claimStep(claimOf(round, fence))).toEqual({
      outcome: 'recorded',
      step: {
        requestDigest: claim.requestDigest,
        outcomeSha256: outcomeOf(claim, 'answer').outcomeSha256,
      },
    });
  });

  it('L1 is granted to nobody who has not begun, nor to a fence higher than the round has', async () => {
    const round = await freshRound();
    const fence = { generation: 1, entry: 1, attempt: 1 };
    expect(await test.ledger.claimStep(claimOf(round, fence))).toEqual({ outcome: 'fenced' });
    await begin(test, round);
    const higher = { ...fence, attempt: 2 };
    expect(await test.ledger.claimStep(claimOf(round, higher))).toEqual({ outcome: 'fenced' });
  });

  it('L1 is granted to exactly one of eight processes that come with the same fence', async () => {
    for (let again = 0; again < 5; again++) {
      const round = await freshRound();
      const fence = await begin(test, round);
      const claims = await atOnce<StepClaim>(
        round.runKey,
        times(PROCESSES, () => ({
          method: 'claimStep',
          args: [claimOf(round, fence, { artifacts: [] })],
        })),
      );
      const outcomes = claims.map(({ outcome }) => outcome).sort();
      expect(outcomes).toEqual(['claimed', ...times(PROCESSES - 1, () => 'fenced')]);
      const calls = await test.rows('SELECT status FROM calls WHERE run_key = $1', [round.runKey]);
      expect(calls).toEqual([{ status: 'open' }]);
    }
  });

  it('L1 leaves one open call, of the highest fence, when eight attempts begin and claim at once', async () => {
    for (let again = 0; again < 5; again++) {
      const round = await freshRound();
      const begun = await atOnce<AttemptBegun>(
        round.runKey,
        times(PROCESSES, (index) => ({
          method: 'beginAttempt',
          args: [attemptAt(round, { attempt: index + 1 })],
        })),
      );
      const fences = times(PROCESSES, (index) => ({
        generation: 1,
        entry: 1,
        attempt: index + 1,
      }));
      const claims = await atOnce<StepClaim>(
        round.runKey,
        fences.map((fence) => ({
          method: 'claimStep',
          args: [claimOf(round, fence, { artifacts: [] })],
        })),
      );
      expect(begun.at(-1)?.outcome).toBe('begun');
      expect(claims.map(({ outcome }) => outcome)).toEqual([
        ...times(PROCESSES - 1, () => 'fenced'),
        'claimed',
      ]);
    }
  });

  it('is the same claim when it comes again because its answer was lost', async () => {
    const round = await freshRound();
    const claim = claimOf(round, await begin(test, round));
    const [one, two] = await Promise.all([
      test.ledger.claimStep(claim),
      test.ledger.claimStep(claim),
    ]);
    expect([one, two]).toEqual(times(2, () => ({ outcome: 'claimed', tries: 0 })));
    expect((await test.ledger.reportOf(round.runKey, 'research')).spend).toEqual({
      settledMicroUsd: 0,
      unsettledMicroUsd: 100,
    });
  });

  it('may follow a call of the same attempt that has failed', async () => {
    const round = await freshRound();
    const fence = await begin(test, round);
    const claim = claimOf(round, fence);
    await test.ledger.claimStep(claim);
    expect(await test.ledger.failCall(failureOf(claim))).toEqual({ tries: 1 });
    expect(await test.ledger.claimStep(claimOf(round, fence))).toEqual({
      outcome: 'claimed',
      tries: 1,
    });
  });

  it('counts tries over attempts, and afresh after a person let the round in again', async () => {
    const round = await freshRound();
    for (const attempt of [1, 2, 3]) {
      const claim = claimOf(round, await begin(test, round, { attempt }));
      expect(await test.ledger.claimStep(claim)).toMatchObject({ tries: attempt - 1 });
      expect(await test.ledger.failCall(failureOf(claim))).toEqual({ tries: attempt });
      expect(await test.ledger.failCall(failureOf(claim))).toEqual({ tries: attempt });
    }
    const reentered = await begin(test, round, { entry: 2 });
    expect(await test.ledger.claimStep(claimOf(round, reentered))).toMatchObject({ tries: 0 });
  });

  it('L2 is granted to nobody once the run is closed, whatever the fence', async () => {
    const run = await openRun(test);
    const round = roundOf(run);
    const fence = await begin(test, round);
    await test.ledger.closeRun(closingOf(run, 'stopped'));
    const closed = { outcome: 'closed' };
    expect(await test.ledger.claimStep(claimOf(round, fence))).toEqual(closed);
    for (const temporalRunId of ['temporal-1', 'after a reset'])
      expect(
        await test.ledger.beginAttempt(attemptAt(round, { temporalRunId, entry: 9, attempt: 9 })),
      ).toEqual(closed);
  });

  it('L2 is granted to nobody in a run that was never opened', async () => {
    const round = { ...roundOf(await openRun(test)), runKey: 'default/nobody/x' };
    expect(await test.ledger.beginAttempt(attemptAt(round))).toEqual({ outcome: 'closed' });
  });

  it('L2 leaves no call open when processes claim while the run is being closed', async () => {
    for (let again = 0; again < 5; again++) {
      const run = await openRun(test);
      const rounds = times(PROCESSES, (index) => roundOf(run, { round: index + 1 }));
      const fences = await Promise.all(rounds.map((round) => begin(test, round)));
      const closing = {
        method: 'closeRun' as const,
        args: [closingOf(run, 'stopped')],
      };
      const claims = rounds.slice(1).map((round, index) => {
        const fence = fences[index + 1];
        if (!fence) throw new Error('every round has begun');
        return { method: 'claimStep' as const, args: [claimOf(round, fence, { artifacts: [] })] };
      });
      const order = [...claims.slice(0, again), closing, ...claims.slice(again)];
      const answers = await atOnce<StepClaim | undefined>(runKey(run), order);
      const granted = answers.filter((answer) => answer?.outcome === 'claimed').length;
      expect(
        await test.rows(
          'SELECT status, count(*)::int AS n FROM calls WHERE run_key = $1 GROUP BY 1',
          [runKey(run)],
        ),
      ).toEqual(granted === 0 ? [] : [{ status: 'unsettled', n: granted }]);
      expect((await test.ledger.reportOf(runKey(run), 'research')).spend).toEqual({
        settledMicroUsd: 0,
        unsettledMicroUsd: granted * 100,
      });
    }
  });
});
