import { sha256Of } from '../../contracts/content';
import type { EffectClaim, EffectClaimInput, EffectFailure } from '../../contracts/effect-ledger';
import { effectStepKey, type RunId, runKey, toolStepKey } from '../../contracts/ids';
import type { Fence } from '../../contracts/ledger';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import {
  closingOf,
  effectOf,
  openRun,
  openTestLedger,
  roundOf,
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

const later = [{ attempt: 2 }, { entry: 2 }, { temporalRunId: 'after a reset' }];
const claimed = (tries = 1) => ({ outcome: 'claimed', tries, fence: expect.any(Object) });

/** Claims, and returns the fence that it is held under. */
async function held(effect: EffectClaimInput): Promise<Fence> {
  const claim = await test.ledger.claimEffect(effect);
  if (claim.outcome !== 'claimed') throw new Error(`the claim is ${claim.outcome}`);
  return claim.fence;
}
const failing = (effect: EffectClaimInput, fence: Fence, as: EffectFailure['as'] = 'failed') =>
  test.ledger.failEffect({ stepKey: effect.stepKey, fence, as, reportSha256: OTHER_SHA256 });
const statusOf = async ({ stepKey }: EffectClaimInput) =>
  (
    await test.rows<{ status: string }>('SELECT status FROM effects WHERE step_key = $1', [stepKey])
  )[0]?.status;

describe('an effect', () => {
  it('L8 is claimed, carried out, and read back from then on', async () => {
    const effect = await freshEffect();
    expect(await test.ledger.claimEffect(effect)).toEqual(claimed());
    expect(await test.ledger.effectEnd(effect.stepKey)).toBeUndefined();
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    const done = { outcome: 'done', resultSha256: OTHER_SHA256 };
    for (const repeat of ['never', 'once', 'always'] as const)
      expect(await test.ledger.claimEffect({ ...effect, entry: 2, repeat })).toEqual(done);
    expect(await test.ledger.effectEnd(effect.stepKey)).toEqual({ resultSha256: OTHER_SHA256 });
  });

  it.each(later)(
    'L8 has an unknown outcome for %j while nobody said how it ended',
    async (after) => {
      const effect = await freshEffect();
      await test.ledger.claimEffect(effect);
      for (let again = 0; again < 2; again++)
        expect(await test.ledger.claimEffect({ ...effect, ...after })).toEqual({
          outcome: 'unknown',
        });
      expect(await statusOf(effect)).toBe('unknown');
    },
  );

  it('L8 lets the attempt that began it claim nothing once its outcome is unknown', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.claimEffect({ ...effect, attempt: 2 });
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'fenced' });
  });

  it('L8 is the same claim when it comes again because its answer was lost', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    expect(await test.ledger.claimEffect(effect)).toEqual(claimed());
    expect(await test.ledger.claimEffect({ ...effect, claimedBefore: true })).toEqual(claimed());
  });

  it.each(later)('L8 is begun again by %j where its target recognises the key', async (after) => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    const again = { ...effect, ...after, repeat: 'always' as const };
    expect(await test.ledger.claimEffect(again)).toEqual(claimed('attempt' in after ? 2 : 1));
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'fenced' });
  });

  it('L8 is begun once more on a person’s word, and only once', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.claimEffect({ ...effect, attempt: 2 });
    const resumed = { ...effect, entry: 2, repeat: 'once' as const };
    expect(await test.ledger.claimEffect(resumed)).toEqual(claimed());
    expect(await test.ledger.claimEffect({ ...resumed, attempt: 2 })).toEqual({
      outcome: 'unknown',
    });
  });

  it('L8 whose claim the ledger has lost, as Temporal knows, has an unknown outcome', async () => {
    for (const repeat of ['never', 'once'] as const) {
      const effect = await freshEffect();
      const after = { ...effect, attempt: 2, claimedBefore: true, repeat };
      expect(await test.ledger.claimEffect(after)).toEqual({ outcome: 'unknown' });
      expect(await test.ledger.claimEffect({ ...after, attempt: 3 })).toEqual({
        outcome: 'unknown',
      });
    }
    const effect = await freshEffect();
    expect(
      await test.ledger.claimEffect({ ...effect, claimedBefore: true, repeat: 'always' }),
    ).toEqual(claimed());
  });

  it.each(later)('L8 keeps its unknown outcome for %j that is unable', async (after) => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    const unable = { ...effect, ...after, unable: true };
    for (const repeat of ['never', 'once', 'always'] as const)
      expect(await test.ledger.claimEffect({ ...unable, repeat })).toEqual({ outcome: 'unknown' });
    expect(await statusOf(effect)).toBe('unknown');
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'fenced' });
    const resumed = { ...effect, ...after, entry: 3, repeat: 'once' as const };
    expect(await test.ledger.claimEffect(resumed)).toEqual(claimed());
  });

  it('L8 is not begun by one that is unable, nor by the attempts before it any more', async () => {
    const effect = await freshEffect();
    const unable = { ...effect, attempt: 2, unable: true };
    for (let again = 0; again < 2; again++)
      expect(await test.ledger.claimEffect(unable)).toEqual({ outcome: 'not_begun' });
    expect(await statusOf(effect)).toBe('failed');
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'fenced' });
    expect(await test.ledger.claimEffect({ ...effect, entry: 2 })).toEqual(claimed());
  });

  it('L8 that is done is read back by one that is unable, and a lost claim is unknown to it', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    expect(await test.ledger.claimEffect({ ...effect, attempt: 2, unable: true })).toEqual({
      outcome: 'done',
      resultSha256: OTHER_SHA256,
    });
    const restored = { ...(await freshEffect()), attempt: 2, claimedBefore: true, unable: true };
    expect(await test.ledger.claimEffect(restored)).toEqual({ outcome: 'unknown' });
  });

  it('may be claimed again when it failed before it changed anything, and counts its tries', async () => {
    const effect = await freshEffect();
    await failing(effect, await held(effect));
    const next = { ...effect, attempt: 2 };
    expect(await test.ledger.claimEffect(next)).toEqual(claimed(2));
    expect(await statusOf(effect)).toBe('executing');
    await failing(next, await held(next));
    expect(await test.ledger.claimEffect({ ...effect, entry: 2 })).toEqual(claimed(1));
  });

  it('L8 lets an attempt that was cut off fail nothing for the one that goes on', async () => {
    const effect = await freshEffect();
    const old = await held(effect);
    await held({ ...effect, attempt: 2, repeat: 'always' });
    await failing(effect, old);
    expect(await statusOf(effect)).toBe('executing');
  });

  it('L8 that is done stays done, whatever an attempt that was cut off says later', async () => {
    const effect = await freshEffect();
    const fence = await held(effect);
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    await failing(effect, fence, 'unknown');
    await test.ledger.commitEffect(effect.stepKey, SOME_SHA256);
    expect(await test.ledger.claimEffect({ ...effect, entry: 3 })).toEqual({
      outcome: 'done',
      resultSha256: OTHER_SHA256,
    });
  });

  it('L8 of unknown outcome is done when the attempt that began it says so late', async () => {
    const effect = await freshEffect();
    await test.ledger.claimEffect(effect);
    await test.ledger.claimEffect({ ...effect, attempt: 2 });
    await test.ledger.commitEffect(effect.stepKey, OTHER_SHA256);
    expect(await test.ledger.claimEffect({ ...effect, entry: 2, repeat: 'once' })).toMatchObject({
      outcome: 'done',
    });
  });

  it('ends for good with the report of why its input is refused', async () => {
    const effect = await freshEffect();
    await failing(effect, await held(effect), 'refused');
    expect(await test.ledger.effectEnd(effect.stepKey)).toEqual({ reportSha256: OTHER_SHA256 });
  });

  it('L2 is not begun in a run that is closed, and one that was done is not read back either', async () => {
    const run = await openRun(test);
    const effect = effectOf(run);
    await test.ledger.closeRun(closingOf(run, 'stopped'));
    expect(await test.ledger.claimEffect(effect)).toEqual({ outcome: 'closed' });
    expect(await test.ledger.claimEffect({ ...effect, repeat: 'always' })).toEqual({
      outcome: 'closed',
    });
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

  it('L8 that failed is begun again by exactly one of several that come at once', async () => {
    for (let again = 0; again < 5; again++) {
      const effect = await freshEffect();
      await failing(effect, await held(effect));
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

  describe('with a place of its own', () => {
    const place = 'publish_file:report.md';
    const at = (run: RunId, phase: string, round: number, index = 0) =>
      effectOf(run, {
        phase,
        place,
        stepKey: effectStepKey(roundOf(run, { phase, round }), index),
      });
    const other = { inputSha256: OTHER_SHA256 };
    const taken = { outcome: 'taken', byPhase: 'writing', fence: expect.any(Object) };

    it.each(['executing', 'unknown', 'done'])(
      'L9 does not write what one that is %s has written there',
      async (status) => {
        const run = await openRun(test);
        const first = at(run, 'writing', 1);
        await held(first);
        if (status === 'unknown') await test.ledger.claimEffect({ ...first, attempt: 2 });
        if (status === 'done') await test.ledger.commitEffect(first.stepKey, SOME_SHA256);
        for (const second of [at(run, 'review', 1), at(run, 'writing', 1, 1)]) {
          expect(await test.ledger.claimEffect({ ...second, ...other })).toEqual(taken);
          expect(await test.ledger.claimEffect({ ...second, ...other, attempt: 2 })).toEqual(taken);
        }
      },
    );

    it('L9 writes the same content, replaces what its own phase wrote, and has its own run', async () => {
      const run = await openRun(test);
      await held(at(run, 'writing', 1));
      expect(await test.ledger.claimEffect(at(run, 'review', 1))).toEqual(claimed());
      expect(await test.ledger.claimEffect(at(await openRun(test), 'review', 1))).toEqual(
        claimed(),
      );
      const next = await openRun(test);
      await held(at(next, 'writing', 1));
      expect(await test.ledger.claimEffect({ ...at(next, 'writing', 2), ...other })).toEqual(
        claimed(),
      );
    });

    it('L9 writes where the one before has changed nothing', async () => {
      const run = await openRun(test);
      const first = at(run, 'writing', 1);
      await failing(first, await held(first));
      expect(await test.ledger.claimEffect({ ...at(run, 'review', 1), ...other })).toEqual(
        claimed(),
      );
    });

    it('L9 is written by exactly one of several processes that come at the same moment', async () => {
      for (let again = 0; again < 5; again++) {
        const run = await openRun(test);
        const effects = Array.from({ length: PROCESSES }, (_, index) => ({
          ...at(run, `phase-${index}`, 1),
          inputSha256: sha256Of(String(index)),
        }));
        const claims = await processes.atOnce<EffectClaim>(
          effects.map((effect) => ({ method: 'claimEffect', args: [effect] })),
        );
        expect(claims.map(({ outcome }) => outcome).sort()).toEqual([
          'claimed',
          ...Array<string>(PROCESSES - 1).fill('taken'),
        ]);
      }
    });
  });

  describe('that another round of its phase has carried out', () => {
    const inRound = (run: RunId, round: number, changes: Partial<EffectClaimInput> = {}) =>
      effectOf(run, {
        stepKey: toolStepKey(roundOf(run, { phase: 'research', round }), 1, 0),
        tool: 'publish_http',
        ...changes,
      });
    const done = { outcome: 'done', resultSha256: OTHER_SHA256 };

    async function carriedOutInRound1(): Promise<RunId> {
      const run = await openRun(test);
      const first = inRound(run, 1);
      await held(first);
      await test.ledger.commitEffect(first.stepKey, OTHER_SHA256);
      return run;
    }

    it('L10 is taken over with its result, for good', async () => {
      const run = await carriedOutInRound1();
      const second = inRound(run, 2);
      expect(await test.ledger.claimEffect(second)).toEqual(done);
      expect(await test.ledger.claimEffect({ ...second, attempt: 2 })).toEqual(done);
      expect(await test.ledger.effectEnd(second.stepKey)).toEqual({ resultSha256: OTHER_SHA256 });
    });

    it.each<[string, Partial<EffectClaimInput>]>([
      ['with another input', { inputSha256: OTHER_SHA256 }],
      ['by another tool', { tool: 'other' }],
      ['at a place, where something else may be by now', { place: 'report.md' }],
    ])('L10 is carried out where it is one %s', async (_, changes) => {
      const run = await carriedOutInRound1();
      expect(await test.ledger.claimEffect(inRound(run, 2, changes))).toEqual(claimed());
    });

    it('L10 is carried out where the other is of this round, another phase or another run', async () => {
      const run = await carriedOutInRound1();
      const sameRound = toolStepKey(roundOf(run, { phase: 'research', round: 1 }), 2, 0);
      const otherPhase = toolStepKey(roundOf(run, { phase: 'writing', round: 2 }), 1, 0);
      for (const stepKey of [sameRound, otherPhase])
        expect(await test.ledger.claimEffect(inRound(run, 2, { stepKey }))).toEqual(claimed());
      expect(await test.ledger.claimEffect(inRound(await openRun(test), 2))).toEqual(claimed());
    });

    it('L10 is carried out where nobody knows that the other was', async () => {
      const run = await openRun(test);
      await held(inRound(run, 1));
      expect(await test.ledger.claimEffect(inRound(run, 2))).toEqual(claimed());
    });
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
