/** A worker process that is started again whenever it ends, as a process manager does. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startWorkerProcess,
  type WorkerProcess,
  type WorkerProcessOptions,
} from '../support/worker-process';

export interface KeptWorker {
  /** Resolves when a process takes work; rejects when the worker has been stopped. */
  ready(): Promise<void>;
  /** SIGKILL; it is started again after `downMs`, when this resolves. */
  kill(downMs: number): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** How often it ended by itself: servers that are away at its start end a worker. */
  endedByItself(): number;
  /** SIGTERM, and the wait for its end; kills it where it takes too long. */
  stop(): Promise<void>;
}

/** A process manager's pause. */
const RESTART_MS = 500;
const STOP_MS_MAX = 30_000;
const READY_POLL_MS = 50;

export function keepWorker(options: WorkerProcessOptions): KeptWorker {
  mkdirSync(options.dataDir, { recursive: true });
  let isStopping = false;
  let endedByItself = 0;
  /** Set while it is being killed: how long it stays away. */
  let downMs: number | undefined;
  let current: WorkerProcess = startWorkerProcess(options);
  let isUp = true;

  async function keep(): Promise<void> {
    for (;;) {
      const exitCode = await current.ended;
      isUp = false;
      note(`ended (${exitCode}): ${current.said()}`);
      if (isStopping) return;
      if (downMs === undefined) endedByItself += 1;
      await delay(downMs ?? RESTART_MS);
      downMs = undefined;
      if (isStopping) return;
      current = startWorkerProcess(options);
      isUp = true;
    }
  }
  const note = (line: string) =>
    appendFileSync(join(options.dataDir, 'said.log'), `${new Date().toISOString()} ${line}\n`);
  const kept = keep();

  return {
    async ready() {
      while (!isStopping) {
        const isReady = await current.ready.then(
          () => true,
          () => false,
        );
        if (isReady && isUp) return;
        await delay(READY_POLL_MS);
      }
      throw new Error('the worker was stopped before it was ready');
    },
    async kill(forMs) {
      downMs = forMs;
      await current.kill();
      await delay(forMs);
    },
    freeze: () => current.signal('SIGSTOP'),
    thaw: () => current.signal('SIGCONT'),
    endedByItself: () => endedByItself,
    async stop() {
      isStopping = true;
      current.signal('SIGCONT');
      current.signal('SIGTERM');
      const inTime = await Promise.race([
        current.ended.then(() => true),
        delay(STOP_MS_MAX, false, { ref: false }),
      ]);
      if (!inTime) await current.kill();
      await kept;
    },
  };
}
