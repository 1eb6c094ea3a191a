/** Carrying out the plan. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultWindow } from './fault-log';
import type { Parts } from './parts';
import { type Fault, inWords, LINKS, WORKERS } from './plan';

type Doing<K extends Fault['kind']> = (
  parts: Parts,
  fault: Extract<Fault, { kind: K }>,
) => Promise<void>;

const LEDGER_LINKS = LINKS.filter((link) => link.endsWith('>ledger'));

const DOINGS: { [K in Fault['kind']]: Doing<K> } = {
  worker_killed: ({ workers }, { worker, forMs }) => workers[worker].kill(forMs),
  async worker_frozen({ workers }, { worker, forMs }) {
    workers[worker].freeze();
    await delay(forMs);
    workers[worker].thaw();
  },
  temporal_restarted: ({ temporal }, { killed, forMs }) =>
    temporal.restart({ killed, downMs: forMs }),
  async ledger_frozen({ links }, { forMs }) {
    for (const link of LEDGER_LINKS) links[link].freeze();
    await delay(forMs);
    for (const link of LEDGER_LINKS) links[link].thaw();
  },
  async ledger_slow({ links }, { forMs, delayMs }) {
    for (const link of LEDGER_LINKS) links[link].slow(delayMs, 'to_client');
    await delay(forMs);
    for (const link of LEDGER_LINKS) links[link].slow(0, 'to_client');
  },
  async link_cut({ links }, { link, direction, forMs }) {
    const proxy = links[link];
    if (direction === undefined) {
      await proxy.close();
      await delay(forMs);
      return proxy.open();
    }
    proxy.freeze(direction);
    await delay(forMs);
    // What was held is lost, as it is when a network comes back too late for its connections.
    proxy.cut();
    proxy.thaw(direction);
  },
};

/** Resolves when all faults are over and both workers take work again. */
export async function doFaults(
  parts: Parts,
  faults: readonly Fault[],
  windows: FaultWindow[],
  onProgress: (line: string) => void,
): Promise<void> {
  const began = Date.now();
  await Promise.all(
    faults.map(async (fault) => {
      await delay(fault.atMs);
      onProgress(`${seconds(Date.now() - began)} ${inWords(fault)}`);
      const fromMs = Date.now();
      const doing = DOINGS[fault.kind] as Doing<Fault['kind']>;
      await doing(parts, fault);
      windows.push({ fault, fromMs, toMs: Date.now() });
    }),
  );
  await Promise.all(WORKERS.map((name) => parts.workers[name].ready()));
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(6)} s`;
