/** Looks at everything that Tuesday needs, one by one; a fault of one hides no other. */
import { access, constants, mkdtemp, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client as DatabaseClient } from 'pg';
import { createApiClient } from '../client/api';
import { createHttpReader } from '../client/http-reader';
import { API_DEFAULT_PORT } from '../contracts/api';
import { UserError } from '../contracts/errors';
import { LEDGER } from '../contracts/limits';
import { VERSION } from '../contracts/package-root';
import { locationOf } from '../ledger/database';
import { installedBinaries } from '../ledger/embedded/postgres-binaries';
import { isPortFree } from '../ledger/embedded/process/free-port';
import { connectTemporal } from '../worker/temporal/connect';
import { temporalConnectionConfig } from '../worker/temporal/connection-config';
import { findTemporalBinary } from '../worker/temporal/find-binary';
import { workflowBundle } from '../worker/workflow-bundle';
import { findRunning } from './connect';
import { settingsExaminations } from './doctor-settings';

export interface Finding {
  what: string;
  /** `note`: works, with something to know; `missing`: Tuesday cannot run without it. */
  status: 'ok' | 'note' | 'missing';
  found: string;
  mend?: string;
}

type Examination = () => Promise<Omit<Finding, 'what'>>;

export async function examine(dataDir: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const running = await findRunning({ json: false, dataDir }).catch(() => undefined);
  const isUp = running !== undefined;
  const examinations: (readonly [what: string, examination: Examination])[] = [
    ['Tuesday', async () => ({ status: 'ok', found: `version ${VERSION}` })],
    ['Node', async () => ({ status: 'ok', found: process.version })],
    ['built', examineBuild],
    ['data folder', () => examineDataFolder(dataDir, isUp)],
    ['Temporal', () => examineTemporal(env)],
    ['PostgreSQL', () => examineDatabase(env.DATABASE_URL)],
    ['models', async () => examineModels(env)],
    ...settingsExaminations(env),
    ['API port', () => examinePort(isUp)],
    ...(running
      ? ([
          ['breakers', () => examineBreakers(running.apiUrl)],
          ['channels', () => examineChannels(running.apiUrl)],
        ] as const)
      : []),
  ];
  return Promise.all(
    examinations.map(async ([what, examination]) => ({ what, ...(await orFault(examination)) })),
  );
}

async function orFault(examination: Examination): Promise<Omit<Finding, 'what'>> {
  try {
    return await examination();
  } catch (error) {
    if (error instanceof UserError) return { status: 'missing', found: error.message };
    throw error;
  }
}

/** @throws UserError when the package is not built */
async function examineBuild(): ReturnType<Examination> {
  return { status: 'ok', found: workflowBundle().codePath };
}

/** Permissions do not tell all: some file systems (/proc) take no folder from anybody. Leaves nothing behind. */
async function examineDataFolder(dataDir: string, isUp: boolean): ReturnType<Examination> {
  let folder = dataDir;
  try {
    while (await isMissing(folder)) folder = dirname(folder);
    await rmdir(await mkdtemp(join(folder, '.tuesday-doctor-')));
  } catch (error) {
    return {
      status: 'missing',
      found: `${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code} at ${folder})`,
      mend: 'choose another with --data-dir or TUESDAY_DATA_DIR',
    };
  }
  const made = isUp ? ', a Tuesday runs on it' : '';
  return { status: 'ok', found: `${dataDir}${folder === dataDir ? made : ', it will be made'}` };
}

async function isMissing(folder: string): Promise<boolean> {
  return access(folder).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return true;
      throw error;
    },
  );
}

async function examineTemporal(env: NodeJS.ProcessEnv): ReturnType<Examination> {
  const config = temporalConnectionConfig(env);
  if (config.given) {
    const connection = await connectTemporal(config);
    await connection.close();
    return { status: 'ok', found: `${config.address}, namespace ${config.namespace}` };
  }
  try {
    const { path, way } = await findTemporalBinary({ env, onProgress: () => {}, ways: [] });
    return { status: 'ok', found: `${path} (${way}), brought up by \`tuesday up\`` };
  } catch (error) {
    if (!(error instanceof UserError) || error.kind !== 'unavailable') throw error;
    return examineGo(env);
  }
}

/** Without a Temporal CLI the first `up` downloads or builds one. */
async function examineGo(env: NodeJS.ProcessEnv): ReturnType<Examination> {
  const found = 'no Temporal CLI yet; the first `tuesday up` downloads it';
  const goes = (env.PATH ?? '').split(':').map((folder) => join(folder, 'go'));
  const hasGo = (
    await Promise.all(
      goes.map((go) =>
        access(go, constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    )
  ).includes(true);
  return hasGo
    ? { status: 'note', found: `${found}, or builds it with Go (some minutes, once)` }
    : {
        status: 'note',
        found,
        mend: 'without internet: put `temporal` on the PATH, set TUESDAY_TEMPORAL_BINARY, or name a server with TEMPORAL_ADDRESS',
      };
}

async function examineDatabase(url: string | undefined): ReturnType<Examination> {
  if (!url) {
    const { version } = await installedBinaries();
    return { status: 'ok', found: `embedded, ${version}` };
  }
  const location = locationOf(url);
  const client = new DatabaseClient({
    connectionString: url,
    connectionTimeoutMillis: LEDGER.connectMs,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>('SHOW server_version AS version');
    return { status: 'ok', found: `${location}, ${Object.values(rows[0] ?? {}).join()}` };
  } catch (error) {
    return {
      status: 'missing',
      found: `${location} cannot be used: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`,
      mend: 'start it, correct DATABASE_URL, or unset it to use the embedded server',
    };
  } finally {
    await client.end();
  }
}

function examineModels(env: NodeJS.ProcessEnv): Omit<Finding, 'what'> {
  if (!env.ANTHROPIC_API_KEY)
    return {
      status: 'note',
      found: 'the offline simulator answers (no ANTHROPIC_API_KEY)',
      mend: 'set ANTHROPIC_API_KEY to have Claude answer',
    };
  const where = env.ANTHROPIC_BASE_URL ? ` at ${env.ANTHROPIC_BASE_URL}` : '';
  return { status: 'ok', found: `ANTHROPIC_API_KEY is set: Claude answers${where}` };
}

/** What fails so often that it is asked only now and then. */
async function examineBreakers(apiUrl: string): ReturnType<Examination> {
  const open = await createHttpReader(createApiClient(apiUrl)).openBreakers();
  if (open.length === 0) return { status: 'ok', found: 'all closed' };
  const words = open.map(
    ({ kind, name, failure, openSince, nextTry }) =>
      `${kind} ${name} fails (${failure}) since ${openSince}, next try ${nextTry}`,
  );
  return {
    status: 'note',
    found: words.join('; '),
    mend: 'runs wait, or go on with their fallback models; they notice by themselves when it is back',
  };
}

/** Who does not take the notifications that are sent. */
async function examineChannels(apiUrl: string): ReturnType<Examination> {
  const troubled = await createHttpReader(createApiClient(apiUrl)).troubledChannels();
  if (troubled.length === 0) return { status: 'ok', found: 'none fails' };
  const words = troubled.map(
    ({ channel, waiting, givenUp, problem, at }) =>
      `${channel}: ${waiting} tried again, ${givenUp} given up (${problem}, ${at})`,
  );
  return {
    status: 'note',
    found: words.join('; '),
    mend: 'mend the receiver or the file that TUESDAY_NOTIFICATIONS names; what waits is tried again by itself',
  };
}

async function examinePort(isUp: boolean): ReturnType<Examination> {
  if (isUp) return { status: 'ok', found: 'in use by the Tuesday that runs here' };
  if (await isPortFree(API_DEFAULT_PORT))
    return { status: 'ok', found: `${API_DEFAULT_PORT} is free` };
  return {
    status: 'note',
    found: `${API_DEFAULT_PORT} is taken by another program`,
    mend: '`tuesday up --port 0`, or another port',
  };
}
