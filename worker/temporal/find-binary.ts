/**
 * Finds a Temporal CLI or gets one, in this order: the path that the user names, `temporal` on the
 * PATH, our cache folder, the SDK's download, a build with Go.
 */
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { UserError } from '../../contracts/errors';
import { makeFolders } from '../../contracts/make-folders';
import { withStartLock } from '../../ledger/embedded/process/start-lock';
import { checkTemporalBinary } from './binary-check';
import { fileExists } from './dev-server-state';
import {
  buildBinary,
  downloadBinary,
  type ObtainBinary,
  temporalCliVersion,
} from './obtain-binary';

export type BinaryWay = 'env' | 'path' | 'cache' | 'download' | 'go';

export interface FindTemporalBinaryOptions {
  env: NodeJS.ProcessEnv;
  /** Default: `tuesday` in the user's cache folder (`$XDG_CACHE_HOME`, else `~/.cache`). */
  cacheDir?: string;
  onProgress: (line: string) => void;
  /** How a missing binary is got, in this order; tests give their own. */
  ways?: readonly { way: 'download' | 'go'; obtain: ObtainBinary }[];
}

export interface FoundBinary {
  path: string;
  way: BinaryWay;
}

const defaultWays: NonNullable<FindTemporalBinaryOptions['ways']> = [
  { way: 'download', obtain: downloadBinary },
  { way: 'go', obtain: buildBinary },
];

/** Longer than a build on a slow machine: another process's binary is worth waiting for. */
const buildWaitMsMax = 60 * 60_000;

const draftPrefix = 'temporal-cli-draft-';

const binaryName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Where users get the CLI themselves. */
const installHint =
  'install the Temporal CLI (docs.temporal.io/cli) so that "temporal" is on the PATH, set TUESDAY_TEMPORAL_BINARY to it, install Go 1.25 or newer so that Tuesday can build it, or set TEMPORAL_ADDRESS to a server of your own';

/**
 * @throws UserError `bad_input` for a `TUESDAY_TEMPORAL_BINARY` that cannot be used; `unavailable`
 *   where no way works, with the ways and why each failed.
 */
export async function findTemporalBinary(options: FindTemporalBinaryOptions): Promise<FoundBinary> {
  const named = await namedBinary(options.env);
  if (named !== undefined) return { path: named, way: 'env' };
  const failures: string[] = [];
  const onPath = await binaryOnPath(options.env, (reason) => {
    failures.push(reason);
    options.onProgress(`${reason}, looking further`);
  });
  if (onPath !== undefined) return { path: onPath, way: 'path' };
  const cacheDir = resolve(options.cacheDir ?? defaultCacheDir(options.env));
  const cached = join(cacheDir, `temporal-cli-${temporalCliVersion}`, binaryName);
  if (await isUsable(cached)) return { path: cached, way: 'cache' };
  return obtainInto(cacheDir, cached, options, failures);
}

/** Default of `cacheDir`. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'tuesday');
}

async function namedBinary(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const named = env.TUESDAY_TEMPORAL_BINARY;
  if (named === undefined || named === '') return undefined;
  const path = resolve(named);
  const check = await checkTemporalBinary(path);
  if (check.usable) return path;
  throw new UserError(
    'bad_input',
    `TUESDAY_TEMPORAL_BINARY names ${path}, which ${check.reason}; correct it or unset it.`,
    'TUESDAY_TEMPORAL_BINARY',
  );
}

async function binaryOnPath(
  env: NodeJS.ProcessEnv,
  onUnusable: (reason: string) => void,
): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter((part) => part !== '')) {
    const path = resolve(folder, binaryName);
    if (!(await fileExists(path))) continue;
    const check = await checkTemporalBinary(path);
    if (check.usable) return path;
    onUnusable(`${path} ${check.reason}`);
  }
  return undefined;
}

async function isUsable(path: string): Promise<boolean> {
  return (await fileExists(path)) && (await checkTemporalBinary(path)).usable;
}

/** One process at a time: two builds side by side would take twice as long, for one binary. */
async function obtainInto(
  cacheDir: string,
  cached: string,
  options: FindTemporalBinaryOptions,
  failures: string[],
): Promise<FoundBinary> {
  const { onProgress } = options;
  await prepareCache(cacheDir);
  const lock = {
    waitMsMax: buildWaitMsMax,
    onWait: ({ pid }: { pid: number }, waitedMs: number) =>
      onProgress(
        `process ${pid} is getting the Temporal CLI, waiting ${Math.round(waitedMs / 1000)} s`,
      ),
  };
  return withStartLock(join(cacheDir, 'temporal-cli'), lock, async () => {
    if (await isUsable(cached)) return { path: cached, way: 'cache' };
    await removeDrafts(cacheDir);
    for (const { way, obtain } of options.ways ?? defaultWays) {
      try {
        await obtainVerified(cacheDir, cached, (folder) => obtain(folder, options.env, onProgress));
        return { path: cached, way };
      } catch (error) {
        const name = way === 'go' ? 'the build with Go' : 'the download';
        failures.push(`${name} failed: ${reasonOf(error)}`);
        onProgress(`${failures.at(-1)}`);
      }
    }
    throw new UserError(
      'unavailable',
      `no Temporal CLI was found or could be got (${failures.join('; ')}); ${installHint}.`,
    );
  });
}

/** A binary appears in the cache whole and checked, or not at all. */
async function obtainVerified(
  cacheDir: string,
  cached: string,
  obtain: (folder: string) => Promise<string>,
): Promise<void> {
  const draft = await mkdtemp(join(cacheDir, draftPrefix));
  try {
    const path = await obtain(draft);
    await chmod(path, 0o755);
    const check = await checkTemporalBinary(path);
    if (!check.usable) throw new Error(`what it gave ${check.reason}`);
    await makeFolders(dirname(cached));
    await rename(path, cached);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Of attempts that were killed; under the lock nobody else is at work. */
async function removeDrafts(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(draftPrefix)) await rm(join(cacheDir, name), { recursive: true });
  }
}

async function prepareCache(cacheDir: string): Promise<void> {
  try {
    await makeFolders(cacheDir);
    await rm(await mkdtemp(join(cacheDir, 'probe-')), { recursive: true });
  } catch (error) {
    throw new UserError(
      'unavailable',
      `the cache folder ${cacheDir} for the Temporal CLI cannot be written to (${(error as NodeJS.ErrnoException).code}); set XDG_CACHE_HOME to another, or ${installHint}.`,
    );
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'it is not installed' : message;
}
