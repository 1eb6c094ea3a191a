/** What is tested of every kind of failure: its case, and that it turns red without its recovery. */
import { FAILURES, type FailureKind, type FailurePoint } from '../../../contracts/failures';
import { RECOVERY, type RecoveryTable } from '../../../domain/recovery';
import { CASES } from './cases';
import { runCase } from './chaos-case';

/** The reporter that prints the table at the end of a run knows these words. */
const titleOf = (kind: FailureKind): string =>
  `[${RECOVERY[kind].row}] ${kind}: ${CASES[kind].shows}`;

const withoutRecovery = (kind: FailureKind): RecoveryTable => ({
  ...RECOVERY,
  [kind]: { ...RECOVERY[kind], ladder: [] },
});

/** Longer than any case takes: one that waits for what never comes is red too. */
const RED_AFTER_MS = 20_000;

export function testRecoveries(point: FailurePoint): void {
  describe(`failures of point ${point}`, () => {
    it.each(FAILURES[point].map((kind) => [titleOf(kind), kind] as const))('%s', (_title, kind) =>
      runCase(CASES[kind], RECOVERY),
    );

    it.each(FAILURES[point])(
      '%s: its case turns red when the recovery is switched off',
      async (kind) => {
        const red = expect(runCase(CASES[kind], withoutRecovery(kind), RED_AFTER_MS)).rejects;
        await red.toThrow();
      },
    );
  });
}
