/** What a composition has started, so that it can be stopped in the reverse order. */
import { once } from 'node:events';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { dataFolderError, openDataFolder } from '../ledger/embedded/data-folder';
import { logTemporalTo } from './temporal/runtime-log';

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
}

/**
 * Opens the data folder with its log and brings parts up; where one cannot be had, those that were
 * brought up are stopped again. Processes that share a data folder write one log, by their pids.
 */
export async function compose<T extends object>(
  { dataDir, env }: CompositionOptions,
  bringUp: (parts: Parts, log: Logger) => Promise<T>,
): Promise<T & { stop(): Promise<void> }> {
  await openDataFolder(dataDir);
  const log = await openLog(dataDir, env);
  logTemporalTo(log);
  const parts = new Parts();
  try {
    return { ...(await bringUp(parts, log)), stop: () => parts.stopAll(log) };
  } catch (error) {
    await parts.stopAll(log);
    throw error;
  }
}

async function openLog(dataDir: string, env: NodeJS.ProcessEnv): Promise<Logger> {
  const file = pino.destination({ dest: join(dataDir, 'tuesday.log'), sync: false });
  try {
    // A process that exits before the file is open would end with the logger's own error.
    await once(file, 'ready');
  } catch (error) {
    throw dataFolderError(dataDir, error);
  }
  return pino({ level: env.TUESDAY_LOG_LEVEL ?? 'info' }, file);
}
