/** A Temporal server on a database file, that can be ended and started again at the same place. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes';
import { isAlive } from '../../ledger/embedded/process/process-identity';
import { startTemporalDevServer } from '../../worker/temporal/dev-server';
import { readState } from '../../worker/temporal/dev-server-state';
import { findTemporalBinary } from '../../worker/temporal/find-binary';

export interface TemporalPart {
  address: string;
  port: number;
  /** @param killed by SIGKILL; else it may end in its own time. */
  restart(how: { killed: boolean; downMs: number }): Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = 'temporal.db';
const KILLED_POLL_MS = 5;

export async function startTemporalPart(
  folder: string,
  onProgress: (line: string) => void,
): Promise<TemporalPart> {
  const { path: binary } = await findTemporalBinary({ env: process.env, onProgress });
  const dbFile = join(folder, DATABASE);
  const start = (port: number) =>
    startTemporalDevServer({
      binary,
      port,
      uiPort: false,
      dbFile,
      logFile: join(folder, 'temporal.log'),
      searchAttributes: SEARCH_ATTRIBUTES,
    });
  let server = await start(0);
  const { address } = server;
  const port = Number(address.split(':').at(-1));

  async function kill(): Promise<void> {
    const running = (await readState(`${dbFile}.server.json`))?.server;
    if (running === undefined) throw new Error('the Temporal server to be killed is not there');
    process.kill(running.pid, 'SIGKILL');
    while (isAlive(running)) await delay(KILLED_POLL_MS);
  }

  return {
    address,
    port,
    async restart({ killed, downMs }) {
      if (killed) await kill();
      else await server.stop();
      await delay(downMs);
      server = await start(port);
    },
    stop: () => server.stop(),
  };
}
