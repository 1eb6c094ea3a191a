/**
 * Waiting for a ledger that is away: within an attempt for what must not be lost (`hold`), from
 * attempt to attempt for all else (the activity frame). Either is told once the ledger is back.
 */
import { Context } from '@temporalio/activity';
import { LedgerUnavailable } from '../contracts/errors';
import type { NotedRecovery, StepLedger } from '../contracts/ledger';
import { LEDGER } from '../contracts/limits';
import { noteRecovery } from './recoveries';

export interface LedgerWait {
  ledger: Pick<StepLedger, 'noteRecovery'>;
  /** What the attempt works for; undefined for what belongs to no run. */
  place: NotedRecovery['round'] | undefined;
  waits: boolean;
  /** How often the attempt has told of a wait, and when last, in ms since the epoch. */
  told: { times: number; at: number };
}

const waitsOf = new WeakMap<Context, LedgerWait>();

export function beginLedgerWait(wait: Omit<LedgerWait, 'told'>): LedgerWait {
  const begun = { ...wait, told: { times: 0, at: 0 } };
  waitsOf.set(Context.current(), begun);
  return begun;
}

/** The ledger is back: notes that it was waited for. */
export async function tellOfWait(wait: LedgerWait, stepKey?: string): Promise<void> {
  if (!wait.place) return;
  await noteRecovery(wait.ledger, {
    round: wait.place,
    ...(stepKey === undefined ? {} : { stepKey }),
    failure: 'ledger_unavailable',
    action: 'wait',
  });
  wait.told = { times: wait.told.times + 1, at: Date.now() };
}

/**
 * Writes what must not be lost, again and again while the ledger is away: an answer that was paid
 * for is held until it is on record. The activity's start-to-close time-out is the limit.
 * @param stepKey of the step that waits; without one, it is the round or run as a whole
 * @throws LedgerUnavailable at once where that recovery is switched off
 */
export async function hold<T>(write: () => Promise<T>, stepKey?: string): Promise<T> {
  const wait = waitsOf.get(Context.current());
  let waited = false;
  const written = await patiently(write);
  if (waited && wait) await patiently(() => tellOfWait(wait, stepKey));
  return written;

  async function patiently<V>(ask: () => Promise<V>): Promise<V> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof LedgerUnavailable) || wait?.waits === false) throw error;
        waited = true;
        await pause(LEDGER.holdRetryMs);
      }
    }
  }
}

/** `hold` for what a step has to write. */
export const holdFor =
  (stepKey: string) =>
  <T>(write: () => Promise<T>): Promise<T> =>
    hold(write, stepKey);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
