import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolders } from '../../contracts/make-folders';

describe('makeFolders', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tuesday-folders-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('makes what is missing and names it, outermost first', async () => {
    const made = await makeFolders(join(root, 'a', 'b'));
    expect(made).toEqual([join(root, 'a'), join(root, 'a', 'b')]);
    expect(await makeFolders(join(root, 'a', 'b'))).toEqual([]);
  });

  it('lets many tasks make the same folders at once', async () => {
    const paths = Array.from({ length: 200 }, (_, n) => join(root, 'x', 'y', String(n % 3), 'z'));
    await Promise.all(paths.map(makeFolders));
    for (const path of paths) expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('refuses a path with a file in it, and one that the file system refuses', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolders(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders(join(root, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolders('/proc/x/y')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
