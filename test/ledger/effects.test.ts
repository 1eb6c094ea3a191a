import { runKey } from '../../contracts/ids';
import type { EffectClaim } from '../../contracts/ledger';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import {
  closingOf,
  effectOf,
  openRun,
  openTestLedger,
  type TestLedger,
} from '../support/test-ledger';

const PROCESSES = 6;
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

const freshEffect = async () => effectOf(await openRun(test));

describe('an effect', () => {
  it('L8 is claimed, carried out, and read back from then on', async () => {
    const effect = await freshEffect();
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'claimed' });
    expect(await test.ledger.effectResult(effect.stepKey)).toBeUndefined();
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    const done = { outcome: 'done', resultSha256: OTHER_SHA256 };
    expect(await test.ledger.claimEffect({ ...effect, attempt: 2 })).toEqual(done);
    expect(await test.ledger.reclaimEffect({ ...effect, entry: 2 })).toEqual(done);
    expect(await test.ledger.effectResult(effect.stepKey)).toBe(OTHER_SHA256);
  });

  it('L8 has an unknown outcome when an attempt began and never said how it ended', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    for (const later of [{ attempt: 2 }, { entry: 2 }, { temporalRunId: 'after a reset' }])
      expect(await test.ledger.claimEffect({ ...effect, ...later })).toEqual({
        outcome: 'unknown',
      });
  });

  it('L8 is the same claim when it comes again because its answer was lost', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'claimed' });
  });

  it('L8 of unknown outcome is begun again only on purpose', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    const again = { ...effect, entry: 2 };
    expect(await test.ledger.reclaimEffect(again)).toEqual({ outcome: 'claimed' });
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'fenced' });
    expect(await test.ledger.reclaimEffect(effect)).toEqual({ outcome: 'fenced' });
    expect(await test.ledger.claimEffect({ ...again, attempt: 2 })).toEqual({
      outcome: 'unknown',
    });
  });

  it('may be claimed again when it failed before it changed anything', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.releaseEffect(effect.stepKey);
    const next = { ...effect, entry: 2, inputSha256: OTHER_SHA256 };
    expect(await test.ledger.claimEffect(next)).toEqual({ outcome: 'claimed' });
    expect(
      await test.rows('SELECT status, input_sha256 FROM effects WHERE step_key = $1', [
        effect.stepKey,
      ]),
    ).toEqual([{ status: 'executing', input_sha256: OTHER_SHA256 }]);
  });

  it('L8 that is done stays done, whatever an attempt that was cut off says later', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.reclaimEffect({ ...effect, entry: 2 });
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    await test.ledger.releaseEffect(effect.stepKey);
    await test.ledger.commitEffect(effect.stepKey, SOME_SHA256);
    expect(await test.ledger.claimEffect({ ...effect, entry: 3 })).toEqual({
      outcome: 'done',
      resultSha256: OTHER_SHA256,
    });
  });

  it('L2 is not begun in a run that is closed, and one that was done is not read back either', async () => {
    const run = await openRun(test);
    const effect = effectOf(run);
    await test.ledger.closeRun(closingOf(run, 'stopped'));
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'closed' });
    expect(await test.ledger.reclaimEffect(effect)).toEqual({ outcome: 'closed' });
  });

  it('L8 is begun by exactly one of several processes that come at the same moment', async () => {
    for (let again = 0; again < 5; again++) {
      const effect = await freshEffect();
      const claims = await test.together(effect.runKey, PROCESSES, () =>
        processes.atOnce<EffectClaim>(
          Array.from({ length: PROCESSES }, (_, index) => ({
            method: 'claimEffect',
            args: [{ ...effect, attempt: index + 1 }],
          })),
        ),
      );
      const outcomes = claims.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
      for (const outcome of outcomes) expect(['claimed', 'unknown', 'fenced']).toContain(outcome);
    }
  });

  it('L8 that was released is begun again by exactly one of several that come at once', async () => {
    for (let again = 0; again < 5; again++) {
      const effect = await freshEffect();
      await test.ledger.claimEffect(effect);
      await test.ledger.releaseEffect(effect.stepKey);
      const claims = await test.together(effect.runKey, PROCESSES, () =>
        processes.atOnce<EffectClaim>(
          Array.from({ length: PROCESSES }, (_, index) => ({
            method: 'claimEffect',
            args: [{ ...effect, attempt: index + 2 }],
          })),
        ),
      );
      expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    }
  });

  it('is listed with its run once it is done, in the order of beginning', async () => {
    const run = await openRun(test);
    const [first, second, third] = ['b', 'a', 'c'].map((tool) =>
      effectOf(run, { tool, stepKey: `${runKey(run)}/${tool}` }),
    );
    if (!first || !second || !third) throw new Error('there are three');
    for (const effect of [first, second, third]) await test.ledger.claimEffect(effect);
    await test.ledger.commitEffect(second.stepKey, SOME_SHA256);
    await test.ledger.commitEffect(first.stepKey, OTHER_SHA256);
    expect(await test.ledger.effectsOf(runKey(run))).toEqual([
      { tool: 'b', resultSha256: OTHER_SHA256 },
      { tool: 'a', resultSha256: SOME_SHA256 },
    ]);
    expect(await test.ledger.effectsOf('another run')).toEqual([]);
  });
});
