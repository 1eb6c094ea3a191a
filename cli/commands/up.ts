import { Command } from 'commander';
import type { AccessMode } from '../../contracts/access';
import { API_DEFAULT_PORT } from '../../contracts/api';
import type { Installation, InstallationOptions } from '../../worker/installation';
import { startInstallation } from '../bring-up';
import { command } from '../called-as';
import { dataDirOf } from '../connect';
import { listenForInterrupts, whenAborted } from '../interrupt';
import { createIo, type Io } from '../io';
import { absolute, integerFrom, parsePort } from '../options';

interface UpOptions {
  json: boolean;
  dataDir?: string;
  host?: string;
  port?: number;
  temporalPort?: number;
  /** False with `--no-ui`. */
  ui: boolean;
  temporalUiPort?: number;
  databaseUrl?: string;
  publishDir?: string;
  seed?: number;
}

const ACCESS_IN_WORDS: Record<AccessMode, string> = {
  local:
    'development: nobody signs in, whoever works on this machine may do everything (TUESDAY_ACCESS=local)',
  required: `people sign in (${command('token create')} makes a token); put a proxy with https in front where others reach it`,
};

const SEED_MAX = 2 ** 31 - 1;

/** `tuesday up`: everything that Tuesday needs, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('bring everything up, until Ctrl-C')
    .option('--json', 'the addresses as JSON on stdout', false)
    .option('--data-dir <folder>', 'where Tuesday keeps its data (TUESDAY_DATA_DIR; ./.tuesday)')
    .option(
      '--host <address>',
      'where the API listens: other machines reach it only where people sign in (127.0.0.1)',
    )
    .option('--port <port>', `of the API; 0 takes a free one (${API_DEFAULT_PORT})`, parsePort)
    .option('--temporal-port <port>', 'of the Temporal server that is brought up', parsePort)
    .option('--temporal-ui-port <port>', 'of its web page', parsePort)
    .option('--no-ui', 'no web page of Temporal')
    .option('--database-url <url>', 'a PostgreSQL of your own (DATABASE_URL; an embedded one)')
    .option('--publish-dir <folder>', 'where teams publish files (published/ in the data folder)')
    .option(
      '--seed <n>',
      'of the offline simulator, to repeat its answers',
      integerFrom(0, SEED_MAX),
    )
    .action(async (options: UpOptions) => {
      const io = createIo(options.json);
      const { signal, dispose } = listenForInterrupts();
      signal.addEventListener('abort', () => io.note('Ending; Ctrl-C once more ends at once.'));
      const dataDir = dataDirOf({ ...options });
      const installation = await startInstallation(installationOptions(options, dataDir, io));
      try {
        announce(installation, dataDir, io);
        await Promise.race([whenAborted(signal), installation.ended]);
      } finally {
        await installation.stop();
        dispose();
      }
      io.note('Everything has ended; runs that were under way go on at the next `tuesday up`.');
    });
}

function installationOptions(options: UpOptions, dataDir: string, io: Io): InstallationOptions {
  const { host, port, temporalPort, temporalUiPort, databaseUrl, publishDir, seed } = options;
  const uiPort = options.ui ? temporalUiPort : false;
  return {
    dataDir,
    env: process.env,
    onProgress: (line) => io.note(line),
    ...(host === undefined ? {} : { apiHost: host }),
    ...(port === undefined ? {} : { apiPort: port }),
    ...(temporalPort === undefined ? {} : { temporalPort }),
    ...(uiPort === undefined ? {} : { uiPort }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(publishDir === undefined ? {} : { publishDir: absolute(publishDir) }),
    ...(seed === undefined ? {} : { simulatorSeed: seed }),
  };
}

function announce(installation: Installation, dataDir: string, io: Io) {
  const { apiUrl, access, view, provider, databaseUrl } = installation;
  const { address, namespace, uiUrl } = view.temporal;
  const database = withoutPassword(databaseUrl);
  io.result(
    {
      apiUrl,
      access,
      provider,
      dataDir,
      database,
      temporal: view.temporal,
      taskQueue: view.taskQueue,
    },
    () =>
      [
        'Tuesday is up.',
        `  API         ${apiUrl}  (${apiUrl}/openapi.json)`,
        `  Temporal    ${address}, namespace ${namespace}${uiUrl ? `  (${uiUrl})` : ''}`,
        `  PostgreSQL  ${database}`,
        `  data        ${dataDir}`,
        `  models      ${provider}`,
        `  access      ${ACCESS_IN_WORDS[access]}`,
        `Start a run in another terminal: ${command('run report --question "…" --docs DIR')}`,
        'Ctrl-C ends it.',
      ].join('\n'),
  );
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  if (url.password !== '') url.password = '***';
  return url.href;
}
