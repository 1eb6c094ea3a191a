/**
 * What a program on the installation's own machine signs in with: whoever holds the installation's
 * secret could prove anything anyway, and needs a way in before there is a first token.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Long enough for one request, also where clocks differ a little. */
const VALID_MS = 60_000;
const MACHINE_KEY = /^tdm_(\d{1,16})_([0-9a-f]{64})$/;

export interface MachineKey {
  /** A bearer token for requests of the next minute. */
  mint(): string;
  /** Whether a bearer token is one at all; then `isGood` tells whether it can be taken. */
  isOne(bearer: string): boolean;
  isGood(bearer: string): boolean;
}

/** @param key 32 bytes or more */
export function createMachineKey(key: Uint8Array, now: () => number = Date.now): MachineKey {
  const macOf = (until: string): string => createHmac('sha256', key).update(until).digest('hex');
  return {
    mint() {
      const until = String(now() + VALID_MS);
      return `tdm_${until}_${macOf(until)}`;
    },
    isOne: (bearer) => bearer.startsWith('tdm_'),
    isGood(bearer) {
      const [, until = '', mac = ''] = MACHINE_KEY.exec(bearer) ?? [];
      const left = Number(until) - now();
      if (mac === '' || left < 0 || left > 2 * VALID_MS) return false;
      return timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(until)));
    },
  };
}
