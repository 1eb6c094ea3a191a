/**
 * A lock between processes on files alone, which a killed holder cannot leave behind for good.
 *
 * The lock is the highest numbered file `<base>.lock.<n>`; its content says who holds it.
 *
 * 1. A file appears whole or not at all (hard link of a finished file), and only one process can
 *    make number n.
 * 2. The highest number is never deleted, only marked as released: so number n + 1 is made by
 *    exactly one of those that saw n released or its holder dead.
 * 3. Whoever made a number and then sees a higher one has come late, and withdraws.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../../contracts/errors';
import { isAlive, isProcessIdentity, ownIdentity, type ProcessIdentity } from './process-identity';

/** How often a waiting process looks again. */
const lockPollMs = 20;

export interface LockOptions {
  /** How long to wait for another holder before giving up with a conflict. */
  waitMsMax: number;
  /** Called about once a second while another process holds the lock. */
  onWait?: (holder: ProcessIdentity, waitedMs: number) => void;
}

/**
 * Runs `work` while no other process on this machine, and no other call in this one, runs any
 * under the same `base` path (whose folder must exist).
 *
 * @throws UserError `conflict` when another process holds it longer than `waitMsMax`.
 */
export async function withStartLock<T>(
  base: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const file = await acquire(base, options);
  try {
    return await work();
  } finally {
    await replaceFile(file, JSON.stringify({ released: true }));
  }
}

async function acquire(base: string, options: LockOptions): Promise<string> {
  const began = Date.now();
  let saidAt = began;
  const claim = `${base}.claim-${randomUUID()}`;
  await writeFile(claim, JSON.stringify(ownIdentity()), { mode: 0o644 });
  try {
    for (;;) {
      const current = Math.max(0, ...(await generations(base)));
      const holder = current === 0 ? 'nobody' : await holderOf(lockFile(base, current));
      if (holder === 'gone') continue;
      if (holder === 'nobody') {
        if (await tryTake(base, claim, current + 1)) return lockFile(base, current + 1);
        continue;
      }
      const waitedMs = Date.now() - began;
      if (waitedMs > options.waitMsMax) {
        throw new UserError(
          'conflict',
          `process ${holder.pid} has been starting a server in ${dirname(base)} for more than ${Math.round(options.waitMsMax / 1000)} s; wait for it or end it.`,
        );
      }
      if (Date.now() - saidAt >= 1000) {
        saidAt = Date.now();
        options.onWait?.(holder, waitedMs);
      }
      await delay(lockPollMs);
    }
  } finally {
    await rm(claim, { force: true });
  }
}

async function tryTake(base: string, claim: string, generation: number): Promise<boolean> {
  try {
    await link(claim, lockFile(base, generation));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  const all = await generations(base);
  if (Math.max(...all) > generation) {
    await rm(lockFile(base, generation), { force: true });
    return false;
  }
  // The number below stays: a listing that runs at the same time may miss one name, not two.
  for (const old of all.filter((n) => n < generation - 1)) {
    await rm(lockFile(base, old), { force: true });
  }
  return true;
}

async function holderOf(file: string): Promise<ProcessIdentity | 'nobody' | 'gone'> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
    throw error;
  }
  const holder: unknown = parseJson(content);
  return isProcessIdentity(holder) && isAlive(holder) ? holder : 'nobody';
}

async function generations(base: string): Promise<number[]> {
  const prefix = `${basename(base)}.lock.`;
  const names = await readdir(dirname(base));
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter(Number.isInteger);
}

function lockFile(base: string, generation: number): string {
  return join(dirname(base), `${basename(base)}.lock.${generation}`);
}

/** Writes a file so that a reader sees the old content or the new one, never a part. */
export async function replaceFile(file: string, content: string, mode = 0o644): Promise<void> {
  const next = `${file}.next-${randomUUID()}`;
  await writeFile(next, content, { mode });
  await rename(next, file);
}

/** The parsed JSON, or `undefined` for what is none (a file cut off by a full disk or a crash). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
