/** Documents that every clone has: Tuesday's own pages. */
import { copyFile, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { makeFolders } from '../contracts/make-folders';
import { PACKAGE_ROOT } from '../contracts/package-root';

/** Copies them below `target` and returns it. What is not there is left out. */
export async function collectDemoDocuments(target: string): Promise<string> {
  const docs = await markdownBelow(join(PACKAGE_ROOT, 'docs'));
  const copies: [from: string, to: string][] = [
    ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'].map((file): [string, string] => [
      join(PACKAGE_ROOT, file),
      file,
    ]),
    ...docs.map((file): [string, string] => [join(PACKAGE_ROOT, 'docs', file), `docs/${file}`]),
  ];
  for (const [from, to] of copies) await copyIfThere(from, join(target, to));
  return target;
}

async function markdownBelow(folder: string): Promise<string[]> {
  const files = await orNothing(readdir(folder, { recursive: true }));
  return files.filter((file) => extname(file) === '.md').sort();
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
