/** Where the package lies and which version it is, from the sources and when built alike. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from './errors';

const PACKAGE_NAME = 'tuesday';

interface Manifest {
  name?: string;
  version?: string;
}

function find(folder: string): { root: string; manifest: Manifest } {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if (manifest.name === PACKAGE_NAME) return { root: folder, manifest };
  }
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error(`no package.json named ${PACKAGE_NAME} above ${__dirname}`);
  return find(parent);
}

const found = find(__dirname);
export const PACKAGE_ROOT = found.root;
export const VERSION = found.manifest.version ?? '0.0.0';

/**
 * The path of a compiled file, for what must be started from JavaScript (threads, processes), also
 * when the caller itself runs from TypeScript, as tests do.
 * @param path below `dist/`, e.g. `activities/documents/extraction-worker.js`
 * @throws UserError `unavailable` when the package is not built
 */
export function builtFile(path: string): string {
  const file = join(PACKAGE_ROOT, 'dist', path);
  if (!existsSync(file))
    throw new UserError('unavailable', `The file dist/${path} is missing: run "npm run build".`);
  return file;
}
