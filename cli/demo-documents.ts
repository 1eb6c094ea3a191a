/** Documents that every clone has: Tuesday's own pages and the READMEs of its dependencies. */
import { copyFile, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { makeFolders } from '../contracts/make-folders';
import { PACKAGE_ROOT } from '../contracts/package-root';

/** Copies them below `target` and returns it. What is not there is left out. */
export async function collectDemoDocuments(target: string): Promise<string> {
  const docs = await markdownBelow(join(PACKAGE_ROOT, 'docs'));
  const copies: [from: string, to: string][] = [
    [join(PACKAGE_ROOT, 'README.md'), 'tuesday/README.md'],
    ...docs.map((file): [string, string] => [
      join(PACKAGE_ROOT, 'docs', file),
      `tuesday/docs/${file}`,
    ]),
    ...(await installedPackages()).map((name): [string, string] => [
      join(PACKAGE_ROOT, 'node_modules', name, 'README.md'),
      `packages/${name.replace('/', '+')}.md`,
    ]),
  ];
  for (const [from, to] of copies) await copyIfThere(from, join(target, to));
  return target;
}

async function markdownBelow(folder: string): Promise<string[]> {
  const files = await orNothing(readdir(folder, { recursive: true }));
  return files.filter((file) => extname(file) === '.md').sort();
}

/** Names, scoped ones too. */
async function installedPackages(): Promise<string[]> {
  const root = join(PACKAGE_ROOT, 'node_modules');
  const names = (await orNothing(readdir(root))).filter((name) => !name.startsWith('.')).sort();
  const all = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@')
        ? (await orNothing(readdir(join(root, name)))).map((member) => `${name}/${member}`)
        : [name],
    ),
  );
  return all.flat();
}

async function orNothing(listing: Promise<string[]>): Promise<string[]> {
  return listing.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await makeFolders(dirname(to));
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
