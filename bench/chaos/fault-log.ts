/** What really happened: each fault with its beginning and end. */
import type { Fault } from './plan';

/** Times in ms since the epoch. */
export interface FaultWindow {
  fault: Fault | { kind: 'machine_starved' };
  fromMs: number;
  toMs: number;
}

/** How often this process looks, and how late it may be before everything counts as starved. */
const LOOK_MS = 100;
const STARVED_MS = 1_500;

/** Notes when this process itself gets no time: the machine is starved then, and the workers with it. */
export function watchForStarvation(windows: FaultWindow[]): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > STARVED_MS)
      windows.push({ fault: { kind: 'machine_starved' }, fromMs: last, toMs: now });
    last = now;
  }, LOOK_MS);
  return () => clearInterval(timer);
}
