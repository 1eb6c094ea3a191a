/**
 * PostgreSQL refuses to run as root, so root (the usual user in a container) runs it as an
 * unprivileged user, who must be able to reach the data folder and the programs.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../contracts/errors';
import { binariesAt, type PostgresBinaries } from './postgres-binaries';

const run = promisify(execFile);

/** The unprivileged user, as in most PostgreSQL packages; created if the machine has none. */
export const serverUserName = 'postgres';

export interface ServerUser {
  uid: number;
  gid: number;
}

/**
 * Who the server runs as: `undefined` for this process's own user, when that is not root. For
 * root it is the owner of an existing cluster (who may have been somebody else than `postgres`
 * when it was created), else the user `postgres`.
 */
export async function serverUser(clusterFolder: string): Promise<ServerUser | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const owner = await stat(clusterFolder).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp(serverUserName)) ?? (await createServerUser());
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // id ends with 1 where there is no such user
  }
}

async function createServerUser(): Promise<ServerUser> {
  const args = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  const failure = await run('useradd', [...args, serverUserName]).then(
    () => '',
    (error: Error) => error.message.trim().split('\n').at(-1),
  );
  // Looked up after a failure too: another process may have created it at the same moment.
  const user = await lookUp(serverUserName);
  if (user !== undefined) return user;
  throw new UserError(
    'unavailable',
    `PostgreSQL does not run as root and the user "${serverUserName}" could not be created (${failure}); create it, or run Tuesday as another user than root.`,
  );
}

/** Whether the user can enter the folder: asked of the kernel, as that user. */
export async function canEnter(folder: string, user: ServerUser | undefined): Promise<boolean> {
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { cwd: '/', ...user }).then(
    () => true,
    () => false,
  );
}

/**
 * The binaries themselves where the user can run them, else a copy in a place that it can reach
 * (a checkout below a private home is closed to it). The copy is made once per version.
 * @param bases folders in which a copy may be kept, tried in this order.
 */
export async function reachableBinaries(
  installed: PostgresBinaries,
  user: ServerUser | undefined,
  bases: readonly string[] = ['/var/tmp', tmpdir()],
): Promise<PostgresBinaries> {
  if (user === undefined || (await canRun(installed, user))) return installed;
  for (const base of bases) {
    const root = join(base, `tuesday-postgres-${installed.version}-${process.arch}`);
    const copy = binariesAt(root, installed.version);
    if (!(await canEnter(base, user))) continue;
    if ((await ownedByRoot(root)) === 'absent') await copyBinaries(installed.root, root);
    if ((await ownedByRoot(root)) === 'foreign') {
      throw new UserError(
        'unavailable',
        `${root} should hold a copy of the PostgreSQL programs and belongs to somebody else than root, or others may write to it; remove it.`,
      );
    }
    if (await canRun(copy, user)) return copy;
  }
  throw new UserError(
    'unavailable',
    `the PostgreSQL programs in ${installed.root} cannot be run by user id ${user.uid}, nor copies in ${bases.join(' or ')}; install Tuesday where every user can read it, or set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

async function canRun(binaries: PostgresBinaries, user: ServerUser): Promise<boolean> {
  return run(binaries.postgres, ['--version'], { cwd: '/', ...user }).then(
    () => true,
    () => false,
  );
}

/** Others must not have been able to put programs there: the bases are writable for everybody. */
async function ownedByRoot(folder: string): Promise<'yes' | 'foreign' | 'absent'> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return 'absent';
  return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0 ? 'yes' : 'foreign';
}

async function copyBinaries(from: string, to: string): Promise<void> {
  const draft = `${to}.copy-${randomUUID()}`;
  await mkdir(draft, { mode: 0o700 });
  try {
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await openForReading(draft);
    await rename(draft, to).catch(async (error: NodeJS.ErrnoException) => {
      // Another process has finished the same copy first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Everybody may read and run, only root may write, whatever the modes of the installation. */
async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openForReading(path);
    else if (entry.isFile()) {
      await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}
