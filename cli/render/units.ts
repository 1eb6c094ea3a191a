/** Times, amounts and money for people. */
import type { RunSummary } from '../../contracts/views';
import { dollars } from '../../domain/dollars';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${(Math.max(0, ms) / SECOND_MS).toFixed(1)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (ms < HOUR_MS)
    return `${Math.floor(ms / MINUTE_MS)} min ${two((ms % MINUTE_MS) / SECOND_MS)} s`;
  return `${Math.floor(ms / HOUR_MS)} h ${two((ms % HOUR_MS) / MINUTE_MS)} min`;
}

export function elapsedMs(
  run: Pick<RunSummary, 'startedAt' | 'endedAt'>,
  now = Date.now(),
): number {
  return (run.endedAt ? Date.parse(run.endedAt) : now) - Date.parse(run.startedAt);
}

/**
 * `$0.0123 (+ $0.0040 unsettled)`: what may or may not have been billed. While a run goes on, the
 * worst case of calls that are under way is among it, so it is called `open`.
 */
export function money(spend: RunSummary['spend'], isUnderWay = false): string {
  const { settledMicroUsd, unsettledMicroUsd } = spend;
  if (unsettledMicroUsd === 0) return dollars(settledMicroUsd);
  const rest = dollars(unsettledMicroUsd);
  return `${dollars(settledMicroUsd)} (+ ${isUnderWay ? `at most ${rest} open` : `${rest} unsettled`})`;
}

export const count = (amount: number, what: string): string =>
  `${amount.toLocaleString('en-US')} ${what}${amount === 1 ? '' : 's'}`;
