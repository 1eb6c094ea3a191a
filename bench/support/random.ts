/** Numbers that a seed decides, the same on every machine: a campaign can be done again. */
import { createHash } from 'node:crypto';

const BYTES = 6;

export interface Random {
  /** At least `min`, below `max`. */
  between(min: number, max: number): number;
  /** A whole number, both ends included. */
  whole(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(from: readonly T[]): T[];
  /** So many hexadecimal digits, 12 at most. */
  hex(digits: number): string;
}

/** @param stream numbers of different streams have nothing to do with each other. */
export function randomFrom(seed: number, stream: string): Random {
  let count = 0;
  const bytes = (): Buffer => {
    count += 1;
    return createHash('sha256').update(`${seed}/${stream}/${count}`).digest();
  };
  const next = (): number => bytes().readUIntBE(0, BYTES) / 2 ** (8 * BYTES);
  const random: Random = {
    between: (min, max) => min + next() * (max - min),
    whole: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)] as (typeof from)[number],
    shuffled: (from) =>
      from
        .map((item) => ({ item, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item),
    hex: (digits) => bytes().subarray(0, BYTES).toString('hex').slice(0, digits),
  };
  return random;
}
