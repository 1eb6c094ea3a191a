/** Creating the database files, once per data folder. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contracts/errors';
import { isFolder } from '../../contracts/make-folders';
import { clusterFolderName, type DataFolder, dataFolderError, otherFolder } from './data-folder';
import { explainFailure } from './failures';
import type { PostgresBinaries } from './postgres-binaries';
import type { ServerUser } from './server-user';

export const superuser = 'tuesday';

/** initdb takes about half a second; a slow disk may need much longer to sync 40 MB. */
const initdbMsMax = 120_000;

/** 192 random bits, written in the URL's own alphabet. */
const passwordBytes = 24;

/**
 * Environment of the PostgreSQL programs: nothing of the caller's, since `PGPORT`, `PGOPTIONS`,
 * `PGDATA` and the locale variables would change what they do.
 */
export const programEnv: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

/**
 * Creates the database files where there are none, under another name, and renames them into
 * place: a start that was killed half-way leaves nothing that looks finished. Call it under the
 * start lock.
 * @throws UserError `unavailable` when the files there belong to another major version.
 */
export async function ensureCluster(
  folder: DataFolder,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
  onProgress: (line: string) => void,
): Promise<void> {
  if (await isFolder(folder.cluster)) return checkVersion(folder, binaries);
  onProgress(`creating the ledger's database files in ${folder.root}`);
  await removeDrafts(folder);
  const draft = join(folder.root, `${clusterFolderName}.new-${randomUUID()}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    const passwordFile = join(draft, 'password');
    await writeFile(passwordFile, randomBytes(passwordBytes).toString('base64url'), {
      mode: 0o600,
    });
    if (user !== undefined) {
      await chown(passwordFile, user.uid, user.gid);
      await chown(draft, user.uid, user.gid);
    }
    await runInitdb(folder, draft, binaries, user);
    await rename(draft, folder.cluster);
    await syncFolder(folder.root);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw dataFolderError(folder.root, error);
  }
}

/** @throws UserError `unavailable` where the file is missing or cannot be read. */
export async function readPassword(folder: DataFolder): Promise<string> {
  const password = (await readFile(folder.passwordFile, 'utf8').catch(() => '')).trim();
  if (password !== '') return password;
  throw new UserError(
    'unavailable',
    `the password of the ledger in ${folder.passwordFile} is missing or cannot be read by this user; run as the user who created the folder, restore the file, or ${otherFolder}.`,
    'dataDir',
  );
}

async function runInitdb(
  folder: DataFolder,
  draft: string,
  binaries: PostgresBinaries,
  user: ServerUser | undefined,
): Promise<void> {
  const args = [
    ...['--pgdata', join(draft, 'data')],
    ...['--username', superuser, '--pwfile', join(draft, 'password'), '--auth', 'scram-sha-256'],
    // The built-in provider sorts and folds alike on every machine, whatever locales it has.
    ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ...['--locale', 'C', '--no-instructions'],
  ];
  await makeExecutable(binaries);
  const { failure, output } = await new Promise<{ failure: Error | null; output: string }>(
    (resolve) => {
      execFile(
        binaries.initdb,
        args,
        { cwd: draft, env: programEnv, timeout: initdbMsMax, ...user },
        (failure, stdout, stderr) => resolve({ failure, output: `${stdout}\n${stderr}` }),
      );
    },
  );
  if (failure !== null) throw explainFailure(failure, output.split('\n'), folder);
}

/** Some package managers unpack without the executable bits; where they cannot be set, running fails. */
async function makeExecutable(binaries: PostgresBinaries): Promise<void> {
  if (process.platform === 'win32') return;
  for (const file of [binaries.initdb, binaries.postgres]) {
    const handle = await open(file, 'r').catch(() => undefined);
    if (handle === undefined) continue;
    try {
      const { mode, uid } = await handle.stat();
      const mayChange = uid === process.geteuid?.() || process.geteuid?.() === 0;
      if ((mode & 0o111) !== 0o111 && mayChange) await chmod(file, mode | 0o555);
    } finally {
      await handle.close();
    }
  }
}

async function checkVersion(folder: DataFolder, binaries: PostgresBinaries): Promise<void> {
  const text = await readFile(join(folder.database, 'PG_VERSION'), 'utf8').catch(() => '');
  const major = Number.parseInt(text, 10);
  if (major === binaries.majorVersion) return;
  throw new UserError(
    'unavailable',
    Number.isNaN(major)
      ? `the data folder ${folder.root} is damaged (no PG_VERSION in its database files); restore it from a backup or ${otherFolder}.`
      : `the data folder ${folder.root} was written by PostgreSQL ${major} and this Tuesday brings ${binaries.majorVersion}; use the Tuesday that wrote it, or ${otherFolder}.`,
    'dataDir',
  );
}

async function removeDrafts(folder: DataFolder): Promise<void> {
  for (const name of await readdir(folder.root)) {
    if (name.startsWith(`${clusterFolderName}.new-`)) {
      await rm(join(folder.root, name), { recursive: true, force: true });
    }
  }
}

/** Without this a power cut could undo the rename, and the next start would clear the draft away. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
