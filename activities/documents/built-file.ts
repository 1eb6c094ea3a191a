import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../contracts/errors';

const PACKAGE_NAME = 'tuesday';

/**
 * The path of a compiled file, for what must be started from JavaScript (a thread), also when the
 * caller itself runs from TypeScript, as tests do.
 * @param path below `dist/`, e.g. `activities/documents/extraction-worker.js`
 * @throws UserError `unavailable` when the package is not built
 */
export function builtFile(path: string): string {
  const file = join(packageRoot(__dirname), 'dist', path);
  if (!existsSync(file)) {
    throw new UserError('unavailable', `The file dist/${path} is missing: run "npm run build".`);
  }
  return file;
}

function packageRoot(from: string): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest)) {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
    if (name === PACKAGE_NAME) return from;
  }
  const parent = dirname(from);
  if (parent === from) throw new Error(`no package.json named ${PACKAGE_NAME} above ${__dirname}`);
  return packageRoot(parent);
}
