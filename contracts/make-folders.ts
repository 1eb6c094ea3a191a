import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates the folder and those above it that are missing.
 *
 * Not `mkdir(…, {recursive: true})`: where a file system refuses a folder with "no such file"
 * although the one above exists, as /proc does, Node 20 tries for ever.
 *
 * @param path absolute.
 * @returns the folders that were missing, outermost first.
 */
export async function makeFolders(path: string): Promise<string[]> {
  try {
    await mkdir(path);
    return [path];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === 'EEXIST' && (await isFolder(path))) return [];
    if (code !== 'ENOENT' || (await isFolder(above))) throw error;
    return [...(await makeFolders(above)), ...(await makeFolders(path))];
  }
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
