/** The data folder of the embedded PostgreSQL: what is where, and how it is opened. */
import { chmod, open, readFile, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../contracts/errors';
import { makeFolders } from '../../contracts/make-folders';
import { isProcessIdentity, type ProcessIdentity } from './process/process-identity';
import { parseJson, replaceFile } from './process/start-lock';

export interface DataFolder {
  root: string;
  /** Database files and password; created under another name and renamed, so it is whole or absent. */
  cluster: string;
  /** PGDATA, inside `cluster`. */
  database: string;
  /** The superuser's password, inside `cluster`; mode 0600. */
  passwordFile: string;
  log: string;
  /** The port of the last start, taken again while it is free, so that URLs stay the same. */
  portFile: string;
  /** The process whose `stop()` ends the server. */
  ownerFile: string;
  /** Base name of the lock that serialises starting and stopping. */
  lock: string;
}

export const clusterFolderName = 'cluster';

/** @param root absolute and free of symbolic links: a running server is recognised by it. */
export function dataFolderAt(root: string): DataFolder {
  const cluster = join(root, clusterFolderName);
  return {
    root,
    cluster,
    database: join(cluster, 'data'),
    passwordFile: join(cluster, 'password'),
    log: join(root, 'postgres.log'),
    portFile: join(root, 'port'),
    ownerFile: join(root, 'owner.json'),
    lock: join(root, 'start'),
  };
}

/**
 * Creates the folder where it is missing and sees that this process can write to it.
 * @throws UserError `bad_input` that names the folder.
 */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const asked = resolve(dataDir);
  try {
    for (const created of await makeFolders(asked)) {
      // A strict umask of root's would lock the server's unprivileged user out of new folders.
      if (process.geteuid?.() === 0) await chmod(created, 0o755);
    }
    const root = await realpath(asked);
    const probe = join(root, '.writable');
    await (await open(probe, 'w')).close();
    await rm(probe, { force: true });
    return dataFolderAt(root);
  } catch (error) {
    throw dataFolderError(asked, error);
  }
}

const reasons: Record<string, string> = {
  EACCES: 'is not writable for this user',
  EPERM: 'is not writable for this user',
  EROFS: 'is on a read-only file system',
  ENOTDIR: 'cannot be a folder, because a part of its path is a file',
  EEXIST: 'is a file, not a folder',
  ENOENT: 'cannot be created',
  ENOSPC: 'is on a full disk',
  EDQUOT: 'is above the disk quota',
  ENAMETOOLONG: 'has too long a name',
};

/** How to get out of every problem with the folder itself. */
export const otherFolder = 'choose another with --data-dir or TUESDAY_DATA_DIR';

/** The clear sentence for a file system error below the data folder; other errors as they are. */
export function dataFolderError(root: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const reason = reasons[code];
  if (reason === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError(
      'unavailable',
      `the data folder ${root} ${reason}; free some space or ${otherFolder}.`,
      'dataDir',
    );
  }
  return new UserError(
    'bad_input',
    `the data folder ${root} ${reason}; ${otherFolder}.`,
    'dataDir',
  );
}

export async function readOwner(folder: DataFolder): Promise<ProcessIdentity | undefined> {
  const content = parseJson(await readFile(folder.ownerFile, 'utf8').catch(() => ''));
  return isProcessIdentity(content) ? content : undefined;
}

export async function writeOwner(folder: DataFolder, owner: ProcessIdentity): Promise<void> {
  await replaceFile(folder.ownerFile, JSON.stringify(owner));
}

export async function readPort(folder: DataFolder): Promise<number | undefined> {
  const port = Number(await readFile(folder.portFile, 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
}
