/**
 * What is to go wrong, and when: a plan that a seed decides, or a list that was recorded.
 *
 * 1. What lasts (a frozen worker, a slow ledger, a link that is cut) comes one after the other, so
 *    that one part fails at a time. Workers are killed at any moment, also during those.
 * 2. Every kind comes about before one comes again, as far as there is time.
 */
import { z } from 'zod';
import { type Random, randomFrom } from '../support/random';
import { DIRECTIONS } from '../support/tcp-proxy';

export const WORKERS = ['worker-1', 'worker-2'] as const;
export type WorkerName = (typeof WORKERS)[number];

/** Ways that can be cut: each client has a way of its own to each server. */
export const LINKS = [
  'worker-1>ledger',
  'worker-1>temporal',
  'worker-1>provider',
  'worker-1>target',
  'worker-2>ledger',
  'worker-2>temporal',
  'worker-2>provider',
  'worker-2>target',
  'starter>ledger',
  'starter>temporal',
] as const;
export type LinkName = (typeof LINKS)[number];

const ms = z.int().min(0).max(3_600_000);
const when = {
  /** After the start of the campaign. */
  atMs: ms,
  /** How long it lasts; of a killed worker and Temporal: until it is started again. */
  forMs: ms,
};
const worker = z.enum(WORKERS);

export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({ ...when, kind: z.literal('worker_killed'), worker }),
  z.strictObject({ ...when, kind: z.literal('worker_frozen'), worker }),
  /** By SIGKILL, or by itself after SIGINT. */
  z.strictObject({ ...when, kind: z.literal('temporal_restarted'), killed: z.boolean() }),
  z.strictObject({ ...when, kind: z.literal('ledger_frozen') }),
  /** Every answer comes this much later. */
  z.strictObject({ ...when, kind: z.literal('ledger_slow'), delayMs: ms }),
  /** Without a direction: reset, and refused meanwhile. Else nothing gets through that way, and then it is reset. */
  z.strictObject({
    ...when,
    kind: z.literal('link_cut'),
    link: z.enum(LINKS),
    direction: z.enum(DIRECTIONS).optional(),
  }),
]);
export type Fault = z.infer<typeof Fault>;
export const FaultList = z.array(Fault).max(1_000);

const LEDGER_FAULT_MS = 30_000;
const LEDGER_ANSWER_DELAY_MS = 2_000;
/** The first runs are under way by then. */
const FIRST_FAULT_MS = 3_000;

/** Seconds of calm between two faults that last. */
const calm = (random: Random): number => random.between(500, 5_000);
const untilKill = (random: Random): number => random.between(6_000, 20_000);

type Lasting = Exclude<Fault['kind'], 'worker_killed'>;

/** How often each comes in a round of all of them. */
const MIX: readonly Lasting[] = [
  'ledger_frozen',
  'ledger_slow',
  'temporal_restarted',
  'worker_frozen',
  'worker_frozen',
  'link_cut',
  'link_cut',
  'link_cut',
  'link_cut',
  'link_cut',
];

/** @returns faults in their order; each has begun and ended within `durationMs`. */
export function planFaults(seed: number, durationMs: number): Fault[] {
  const faults = [...lasting(seed, durationMs), ...kills(seed, durationMs)];
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function lasting(seed: number, durationMs: number): Fault[] {
  const random = randomFrom(seed, 'faults');
  const faults: Fault[] = [];
  let atMs = FIRST_FAULT_MS;
  while (atMs < durationMs) {
    for (const kind of random.shuffled(MIX)) {
      atMs += calm(random);
      const fault = lastingFault(random, kind, Math.round(atMs));
      if (fault.atMs + fault.forMs > durationMs) continue;
      faults.push(fault);
      atMs += fault.forMs;
    }
  }
  return faults;
}

function lastingFault(random: Random, kind: Lasting, atMs: number): Fault {
  switch (kind) {
    case 'worker_frozen':
      return { kind, atMs, forMs: random.whole(2_000, 15_000), worker: random.pick(WORKERS) };
    case 'temporal_restarted':
      return { kind, atMs, forMs: random.whole(0, 3_000), killed: random.chance(0.5) };
    case 'ledger_frozen':
      return { kind, atMs, forMs: LEDGER_FAULT_MS };
    case 'ledger_slow':
      return { kind, atMs, forMs: LEDGER_FAULT_MS, delayMs: LEDGER_ANSWER_DELAY_MS };
    case 'link_cut': {
      const direction = random.pick([undefined, ...DIRECTIONS]);
      return {
        kind,
        atMs,
        forMs: random.whole(1_000, 8_000),
        link: random.pick(LINKS),
        ...(direction === undefined ? {} : { direction }),
      };
    }
  }
}

function kills(seed: number, durationMs: number): Fault[] {
  const random = randomFrom(seed, 'kills');
  const faults: Fault[] = [];
  for (let atMs = FIRST_FAULT_MS + untilKill(random); ; atMs += untilKill(random)) {
    const forMs = random.whole(0, 3_000);
    if (atMs + forMs > durationMs) return faults;
    faults.push({
      kind: 'worker_killed',
      atMs: Math.round(atMs),
      forMs,
      worker: random.pick(WORKERS),
    });
  }
}

/** A fault in words, e.g. `link_cut worker-1>ledger to_server for 3.1 s`. */
export function inWords(fault: Fault): string {
  const { kind, atMs: _at, forMs, ...rest } = fault;
  const what = Object.entries(rest).map(([name, value]) =>
    typeof value === 'string' ? value : `${name}=${value}`,
  );
  return [kind, ...what, `for ${(forMs / 1_000).toFixed(1)} s`].join(' ');
}
