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
  const refused = await make(path);
  if (refused === undefined) return [path];
  if (refused.code === 'EEXIST' && (await isFolder(path))) return [];
  if (refused.code !== 'ENOENT') throw refused;
  const above = await isFolder(dirname(path)).then((there) =>
    there ? [] : makeFolders(dirname(path)),
  );
  // Now that the folder above is there, made by us or by another task in between: a file system
  // that still says no means it.
  const again = await make(path);
  if (again === undefined) return [...above, path];
  if (again.code === 'EEXIST' && (await isFolder(path))) return above;
  throw again;
}

async function make(path: string): Promise<NodeJS.ErrnoException | undefined> {
  return mkdir(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
