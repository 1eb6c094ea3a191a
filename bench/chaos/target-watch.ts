/**
 * The target of effects, as it sees them itself: how often each file was written. Publishing puts a
 * new file in the place of the old one, so a file that was written again has another inode.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Far below the time in which another attempt takes over. */
const LOOK_MS = 50;
/** Where the publisher writes before it gives a file its name. */
const DRAFTS_FOLDER = '.drafts';

export interface TargetWatch {
  /** Times written, by path below the folder. */
  writes(): Map<string, number>;
  stop(): Promise<void>;
}

export function watchTarget(folder: string): TargetWatch {
  const inodes = new Map<string, number[]>();
  let isStopping = false;

  async function look(): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile() || entry.parentPath.endsWith(DRAFTS_FOLDER)) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(() => undefined); // renamed in between
      if (found === undefined) continue;
      const name = relative(folder, path);
      const known = inodes.get(name) ?? [];
      if (known.at(-1) !== found.ino) inodes.set(name, [...known, found.ino]);
    }
  }

  const watching = (async () => {
    while (!isStopping) {
      await look();
      await delay(LOOK_MS);
    }
    await look();
  })();
  return {
    writes: () => new Map([...inodes].map(([name, seen]) => [name, seen.length])),
    async stop() {
      isStopping = true;
      await watching;
    },
  };
}
