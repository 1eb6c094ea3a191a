/**
 * The servers behind all tests of one jest run: Temporal in memory and PostgreSQL, in a temporary
 * folder. Only `global-setup.ts` and `global-teardown.ts` use this; tests use `servers.ts`.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes';
import { startEmbeddedPostgres } from '../../ledger/embedded/embedded-postgres';
import {
  identityOf,
  isAlive,
  isProcessIdentity,
  ownIdentity,
} from '../../ledger/embedded/process/process-identity';
import { parseJson } from '../../ledger/embedded/process/start-lock';
import { startTemporalDevServer } from '../../worker/temporal/dev-server';
import { findTemporalBinary } from '../../worker/temporal/find-binary';

const folderPrefix = 'tuesday-servers-';
const runFile = 'run.json';

/** jest loads setup and teardown as modules of their own: only the global object is common. */
const shared = globalThis as { tuesdayTestServers?: { stop(): Promise<void> } };

export async function startTestServers(): Promise<void> {
  endLeftovers();
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  await chmod(folder, 0o755); // for PostgreSQL's unprivileged user, when this runs as root
  writeFileSync(join(folder, runFile), JSON.stringify(ownIdentity()));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const [postgres, temporal] = await Promise.all([
    startEmbeddedPostgres({
      dataDir: join(folder, 'ledger'),
      // The data lives as long as the run: no test cuts the power.
      settings: { fsync: 'off', max_connections: '200' },
    }),
    findTemporalBinary({ env: process.env, onProgress: say }).then(({ path }) =>
      startTemporalDevServer({
        binary: path,
        uiPort: false,
        logFile: join(folder, 'temporal.log'),
        searchAttributes: SEARCH_ATTRIBUTES,
      }),
    ),
  ]);
  process.env.TUESDAY_TEST_DATABASE_ADMIN_URL = postgres.url;
  process.env.TUESDAY_TEST_TEMPORAL_ADDRESS = temporal.address;
  const stop = async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  shared.tuesdayTestServers = { stop };
  // jest skips the teardown when it is interrupted.
  const interrupted = () => void stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
}

export async function stopTestServers(): Promise<void> {
  await shared.tuesdayTestServers?.stop();
}

/** Ends the servers of runs that were killed, and removes their folders. */
function endLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name);
    const run = parseJson(readText(join(folder, runFile)));
    if (!isProcessIdentity(run) || isAlive(run)) continue;
    const postmaster = Number(
      readText(join(folder, 'ledger/cluster/data/postmaster.pid')).split('\n')[0],
    );
    const state = parseJson(readText(join(folder, 'temporal.log.server.json')));
    const temporal = (state as { server?: unknown } | undefined)?.server;
    // The folder's name in the command proves that the number is not a stranger's by now.
    if (identityOf(postmaster) !== undefined && commandOf(postmaster).includes(name)) {
      process.kill(postmaster, 'SIGQUIT');
    }
    if (isProcessIdentity(temporal) && isAlive(temporal)) process.kill(temporal.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandOf(pid: number): string {
  return readText(`/proc/${pid}/cmdline`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
