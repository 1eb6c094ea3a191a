/** `tuesday up` in a process of its own, on the test servers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase, freshNamespace, freshTaskQueue, temporalAddress } from '../support/servers';
import { type Ended, startTuesday, type TuesdayProcess, tuesday } from './tuesday-process';

export interface Place {
  dataDir: string;
  /** For every command at this place. */
  env: Record<string, string>;
  /** Brings it up and waits until it says so. */
  up(env?: Record<string, string>, args?: string[]): Promise<TuesdayProcess & { apiUrl: string }>;
  /** Runs a command here to its end. */
  tuesday(args: string[], env?: Record<string, string>): Promise<Ended>;
  start(args: string[], env?: Record<string, string>): TuesdayProcess;
  remove(): Promise<void>;
}

/** A data folder, a database and a Temporal namespace of its own; nothing runs yet. */
export async function freshPlace(): Promise<Place> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'tuesday-cli-'));
  const env = {
    TUESDAY_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporalAddress(),
    TEMPORAL_NAMESPACE: await freshNamespace(),
    TUESDAY_TASK_QUEUE: freshTaskQueue(),
  };
  const started: TuesdayProcess[] = [];
  const start = (args: string[], more: Record<string, string> = {}) => {
    const process = startTuesday(args, { env: { ...env, ...more } });
    started.push(process);
    return process;
  };
  return {
    dataDir,
    env,
    start,
    async up(more = {}, args = []) {
      const process = start(['up', '--port', '0', '--json', ...args], more);
      const { apiUrl } = JSON.parse(await process.result(/apiUrl/));
      return { ...process, apiUrl };
    },
    tuesday: (args, more = {}) => tuesday(args, { env: { ...env, ...more } }),
    async remove() {
      for (const { child } of started) if (child.exitCode === null) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Ctrl-C, and the wait for what comes of it. */
export function interrupt({ child, ended }: TuesdayProcess): Promise<Ended> {
  child.kill('SIGINT');
  return ended;
}
