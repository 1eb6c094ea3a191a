/**
 * Watches a server that this process has brought up, and brings it up again where it has ended by
 * itself: on the same data and port, so that whoever is connected finds it again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { UserError } from '../contracts/errors';

export interface BroughtUp {
  isRunning(): boolean;
  stop(): Promise<void>;
}

export interface KeepUpOptions {
  /** For people, e.g. `PostgreSQL`. */
  name: string;
  /** Starts it on the data and port that it had. */
  restart(): Promise<BroughtUp>;
  log: Logger;
  onProgress(line: string): void;
  /** Default `KEEP_UP`; shorter in tests. */
  waits?: Partial<typeof KEEP_UP>;
}

export interface KeptUp {
  /** Rejects when the server cannot be kept up. */
  failed: Promise<never>;
  /** Stops the server that runs by then. */
  stop(): Promise<void>;
}

export const KEEP_UP = {
  /** How often it is looked at. */
  lookMs: 500,
  /** Before a second try to start it; doubles with each further one. */
  firstWaitMs: 500,
  waitMsMax: 10_000,
  /** Starts in a row, failed or followed by another end, before it is given up. */
  startsMax: 8,
  /** A server that has run for this long begins a new row. */
  settledMs: 60_000,
};

export function keepServerUp(first: BroughtUp, options: KeepUpOptions): KeptUp {
  const { name, restart, log, onProgress } = options;
  const waits = { ...KEEP_UP, ...options.waits };
  const stopping = new AbortController();
  let server = first;
  const watch = watchUntilStopped();
  const failed = watch.then(() => new Promise<never>(() => undefined));
  // It is for its readers, and there may be none yet.
  failed.catch(() => undefined);
  return {
    failed,
    async stop() {
      stopping.abort();
      await watch.catch(() => undefined);
      await server.stop();
    },
  };

  async function watchUntilStopped(): Promise<void> {
    let starts = 0;
    let startedAt = Date.now();
    while (await pause(waits.lookMs)) {
      if (server.isRunning()) continue;
      if (Date.now() - startedAt > waits.settledMs) starts = 0;
      log.error({ server: name, starts }, 'a server has ended by itself');
      onProgress(`${name} has ended by itself and is started again`);
      for (let up = false; !up; starts += 1) {
        if (starts >= waits.startsMax) throw givenUp();
        if (starts > 0 && !(await pause(backoff(starts)))) return;
        up = await startAgain();
      }
      startedAt = Date.now();
      onProgress(`${name} runs again`);
    }
  }

  async function startAgain(): Promise<boolean> {
    try {
      server = await restart();
      log.warn({ server: name }, 'a server was started again');
      return true;
    } catch (error) {
      log.error({ err: error, server: name }, 'a server could not be started again');
      return false;
    }
  }

  function backoff(starts: number): number {
    return Math.min(waits.waitMsMax, waits.firstWaitMs * 2 ** (starts - 1));
  }

  function givenUp(): UserError {
    return new UserError(
      'unavailable',
      `${name} ended by itself and could not be kept up in ${waits.startsMax} starts: see its log and tuesday.log in the data folder; runs go on at the next \`tuesday up\`.`,
    );
  }

  /** False when everything is being stopped. */
  async function pause(ms: number): Promise<boolean> {
    try {
      await delay(ms, undefined, { signal: stopping.signal });
      return true;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      throw error;
    }
  }
}
