/** How often somebody may ask. Counted in the memory of one process: each further process allows as much again. */
import { LRUCache } from 'lru-cache';
import { COUNTED_CALLERS_MAX } from '../../../contracts/limits';

const SECOND_MS = 1_000;

/** So many at once, and as many per second once they are used up. */
export interface Rate {
  atOnce: number;
  perSecond: number;
}

/** @returns 0 where the caller may ask now, else after how many whole seconds it may */
export type Take = (caller: string) => number;

export function createRate(
  { atOnce, perSecond }: Rate,
  now: () => number = () => performance.now(),
): Take {
  const callers = new LRUCache<string, { left: number; at: number }>({ max: COUNTED_CALLERS_MAX });
  return (caller) => {
    const before = callers.get(caller) ?? { left: atOnce, at: now() };
    const at = now();
    const left = Math.min(atOnce, before.left + ((at - before.at) / SECOND_MS) * perSecond);
    callers.set(caller, { left: left < 1 ? left : left - 1, at });
    return left < 1 ? Math.ceil((1 - left) / perSecond) : 0;
  };
}
