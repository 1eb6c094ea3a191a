import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTuesday } from '../../client/tuesday';
import { identityOf } from '../../ledger/embedded/process/process-identity';
import { type Simulator, startSimulator } from '../../simulator';
import { eventually } from '../support/eventually';
import { temporaryFolders } from '../support/shared-folders';
import { phase, row, team } from '../support/teams';
import { startTuesday, type TuesdayProcess } from './tuesday-process';

// Real servers are started several times, on machines that may be busy.
jest.setTimeout(180_000);

const temporaryFolder = temporaryFolders();
let simulator: Simulator;
let dataDir: string;
let up: TuesdayProcess;
beforeEach(async () => {
  simulator = await startSimulator();
  dataDir = await temporaryFolder();
});
afterEach(async () => {
  if (up.child.exitCode === null) up.child.kill('SIGKILL');
  await up.ended;
  for (const pid of await Promise.all([postgresPid(), temporalPid()])) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended with its owner, as it should.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  await simulator.close();
});

async function bringUp(more: Record<string, string> = {}): Promise<string> {
  up = startTuesday(['up', '--port', '0', '--no-ui', '--json', '--data-dir', dataDir], {
    env: { ANTHROPIC_API_KEY: 'any', ANTHROPIC_BASE_URL: simulator.url, ...more },
  });
  return JSON.parse(await up.result(/apiUrl/)).apiUrl;
}

const postgresPid = async (): Promise<number> =>
  Number((await read('ledger/cluster/data/postmaster.pid', '4194305')).split('\n')[0]);
const temporalPid = async (): Promise<number> =>
  JSON.parse(await read('temporal.db.server.json', '{"server":{"pid":4194305}}')).server.pid;
/** Above the highest process id that there can be, where a server has tidied up. */
const read = (file: string, otherwise: string): Promise<string> =>
  readFile(join(dataDir, file), 'utf8').catch(() => otherwise);

describe('a server of ours that is killed while a run works', () => {
  it.each([
    ['PostgreSQL', postgresPid],
    ['Temporal', temporalPid],
  ])('is started again on its port, and nothing is bought twice: %s', async (name, pidOf) => {
    const apiUrl = await bringUp();
    const tuesday = createTuesday({ apiUrl });
    try {
      const held = new Promise((resolve) => {
        simulator.onRequest(({ fault }) => fault === 'hold' && resolve(undefined));
      });
      simulator.addFault({
        kind: 'hold',
        where: 'before_headers',
        until: 'release',
        idempotencyKeyContains: '/second/',
      });
      const phases = row(phase('first'), phase('second'), phase('third'));
      const run = await tuesday.startRun(team(phases), { question: 'Why?', user: 'tester' });
      await held;

      process.kill(await pidOf(), 'SIGKILL');
      await up.line(new RegExp(`${name} has ended by itself`));
      simulator.clearFaults();
      simulator.release();
      await up.line(new RegExp(`${name} runs again`));
      await eventually(async () => {
        expect((await fetch(`${apiUrl}/v1/health`)).status).toBe(200);
      }, 30_000);
      expect((await tuesday.result(run)).status).toBe('completed');

      const keys = simulator.bill().map(({ headers }) => headers['idempotency-key']);
      expect(keys).toHaveLength(3);
      expect(new Set(keys).size).toBe(3);
    } finally {
      await tuesday.close();
    }
    up.child.kill('SIGINT');
    expect((await up.ended).exitCode).toBe(0);
  });
});

describe('what a killed `tuesday up` leaves running', () => {
  it('is ended by the next one, also where DATABASE_URL leads to it', async () => {
    await bringUp();
    const left = await postgresPid();
    up.child.kill('SIGKILL');
    await up.ended;
    const password = await read('ledger/cluster/password', '');
    const port = await read('ledger/port', '');
    const DATABASE_URL = `postgres://tuesday:${password}@127.0.0.1:${port}/tuesday`;
    await bringUp({ DATABASE_URL });
    expect(await postgresPid()).toBe(left);
    up.child.kill('SIGINT');
    expect((await up.ended).exitCode).toBe(0);
    expect(identityOf(left)).toBeUndefined();
  });
});

describe('Ctrl-C twice', () => {
  it('ends `tuesday up` at once, also where a server hangs', async () => {
    await bringUp();
    const hanging = await postgresPid();
    process.kill(hanging, 'SIGSTOP');
    try {
      up.child.kill('SIGINT');
      await up.line(/Ctrl-C once more/);
      up.child.kill('SIGINT');
      expect((await up.ended).exitCode).toBe(130);
    } finally {
      process.kill(hanging, 'SIGCONT');
    }
  });
});
