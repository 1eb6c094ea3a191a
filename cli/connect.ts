/** Finds the Tuesday that a command talks to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Tuesday } from '../client/types';
import { UserError } from '../contracts/errors';
import { defaultDataDir } from '../worker/configuration';
import { clientOf } from './client';
import { absolute, type CommonOptions } from './options';

/** How long a Tuesday that is said to run may take to say that it does. */
const ANSWER_MS = 3_000;

/** Written by a running installation into its data folder. */
const UpFile = z.object({ pid: z.int(), apiUrl: z.url() });

export interface Connected {
  tuesday: Tuesday;
  apiUrl: string;
}

export const dataDirOf = (options: CommonOptions): string =>
  absolute(options.dataDir ?? defaultDataDir(process.env, process.cwd()));

/** @throws UserError `unavailable` when none runs, or the one that was named does not answer. */
export async function connect(options: CommonOptions): Promise<Connected> {
  const apiUrl = await findUrl(options);
  return { tuesday: clientOf(apiUrl, options.token), apiUrl };
}

/** @throws UserError `unavailable` when none runs on the data folder */
export async function findUrl(options: CommonOptions): Promise<string> {
  const apiUrl = namedUrl(options) ?? (await urlOnDataFolder(options));
  if (apiUrl !== undefined) return apiUrl;
  throw new UserError(
    'unavailable',
    `No Tuesday runs on the data folder ${dataDirOf(options)}: start one with \`tuesday up\` in another terminal, or name one with --api-url.`,
  );
}

/** The Tuesday that the caller named, which has to answer, else the one that runs on the data folder, else none. */
export async function findRunning(options: CommonOptions): Promise<Connected | undefined> {
  const named = namedUrl(options);
  const apiUrl = named ?? (await urlOnDataFolder(options));
  if (apiUrl === undefined) return undefined;
  const tuesday = clientOf(apiUrl, options.token);
  if (named !== undefined) await tuesday.listRuns({ limit: 1 });
  return { tuesday, apiUrl };
}

/** An explicit data folder is nearer than what the environment says. */
function namedUrl({ apiUrl, dataDir }: CommonOptions): string | undefined {
  return apiUrl || (dataDir ? undefined : process.env.TUESDAY_API_URL || undefined);
}

async function urlOnDataFolder(options: CommonOptions): Promise<string | undefined> {
  const apiUrl = await readUpFile(dataDirOf(options));
  return apiUrl !== undefined && (await answers(apiUrl)) ? apiUrl : undefined;
}

/** A file that is missing or broken means: none runs here. */
async function readUpFile(dataDir: string): Promise<string | undefined> {
  try {
    const parsed = UpFile.safeParse(JSON.parse(await readFile(join(dataDir, 'up.json'), 'utf8')));
    return parsed.data && isAlive(parsed.data.pid) ? parsed.data.apiUrl : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined)
      return undefined;
    throw error;
  }
}

/** A file left behind by a killed process must not lead to whoever has its port now. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** One that is ill still runs: what is wrong is said by the call that fails. */
async function answers(apiUrl: string): Promise<boolean> {
  return fetch(`${apiUrl}/v1/health`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
    () => true,
    () => false,
  );
}
