/** Temporary folders that servers under another user can reach, removed after the test file. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a function that makes temporary folders; all of them are removed after the test file's
 * tests. They are open to every user: PostgreSQL runs as an unprivileged one when root runs tests.
 */
export function temporaryFolders(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    for (const folder of made) await rm(folder, { recursive: true, force: true });
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tuesday-shared-'));
    made.push(folder);
    await chmod(folder, 0o755);
    return folder;
  };
}
