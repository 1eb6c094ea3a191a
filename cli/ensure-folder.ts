import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. One by one, since the `recursive` of Node 20 tries for ever
 * where a file system answers "no such file" below a folder that there is (/proc).
 */
export async function ensureFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await ensureFolder(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Another task has made it in between.
    if (error.code !== 'EEXIST') throw error;
  });
}
