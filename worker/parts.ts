/** What a composition has started, so that it can be stopped in the reverse order. */
import { dirname, join } from 'node:path';
import pino, { type Logger } from 'pino';
import { dataFolderError, openDataFolder } from '../ledger/embedded/data-folder';
import { metricsAddress, startRuntime } from './temporal/runtime';

export class Parts {
  private readonly stops: (() => Promise<void>)[] = [];

  started(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  async stopAll(log: Logger): Promise<void> {
    for (const stop of this.stops.splice(0).reverse())
      await stop().catch((error) => log.error({ err: error }, 'a part did not stop cleanly'));
  }
}

export interface CompositionOptions {
  /** Everything that must last; the log `tuesday.log` is in it. */
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** Lines for whoever watches. */
  onProgress(line: string): void;
}

/**
 * Opens the data folder with its log and brings parts up; where one cannot be had, those that were
 * brought up are stopped again. Processes that share a data folder write one log, by their pids.
 */
export async function compose<T extends object>(
  options: CompositionOptions,
  bringUp: (parts: Parts, log: Logger) => Promise<T>,
): Promise<T & { stop(): Promise<void> }> {
  const metrics = metricsAddress(options.env);
  await openDataFolder(options.dataDir);
  const log = openLog(options);
  startRuntime(log, metrics);
  if (metrics) options.onProgress(`metrics: http://${metrics}/metrics`);
  const parts = new Parts();
  try {
    return { ...(await bringUp(parts, log)), stop: () => parts.stopAll(log) };
  } catch (error) {
    await parts.stopAll(log);
    throw error;
  }
}

/** Lines that could not be written and wait for room; beyond this they are dropped. */
const LOG_WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** A log that cannot be written any more ends nothing: it is said once, and each line tries again. */
function openLog({ dataDir, env, onProgress }: CompositionOptions): Logger {
  const path = join(dataDir, 'tuesday.log');
  const file = openLogFile(path);
  let said = false;
  file.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (!said)
      onProgress(`the log ${path} cannot be written (${code}): Tuesday goes on without it`);
    said = true;
  });
  return pino({ level: env.TUESDAY_LOG_LEVEL ?? 'info' }, file);
}

/** Written at once: what waits at the exit of the process would hold that up on a full disk. */
function openLogFile(path: string) {
  try {
    return pino.destination({ dest: path, sync: true, maxLength: LOG_WAITING_BYTES_MAX });
  } catch (error) {
    throw dataFolderError(dirname(path), error);
  }
}
