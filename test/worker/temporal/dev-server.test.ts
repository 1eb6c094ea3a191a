/** The numbers in brackets are the invariants of `worker/temporal/dev-server.ts`. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../../contracts/search-attributes';
import {
  freePort,
  isPortAnswering,
  loopbackHost,
} from '../../../ledger/embedded/process/free-port';
import { identityOf } from '../../../ledger/embedded/process/process-identity';
import { connectTemporal } from '../../../worker/temporal/connect';
import * as devServer from '../../../worker/temporal/dev-server';
import { devServerArguments } from '../../../worker/temporal/dev-server-settings';
import { findTemporalBinary } from '../../../worker/temporal/find-binary';
import { runChildScript } from '../../support/child-script';
import { eventually } from '../../support/eventually';
import { temporaryFolders } from '../../support/shared-folders';

Runtime.install({ logger: new DefaultLogger('ERROR') });
let binary: string;

beforeAll(async () => {
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  ({ path: binary } = await findTemporalBinary({ env: process.env, onProgress }));
}, 3_600_000);

/** All that were started, so that a test that fails leaves none behind. */
const started: devServer.TemporalDevServer[] = [];
const startTemporalDevServer: typeof devServer.startTemporalDevServer = async (options) => {
  const server = await devServer.startTemporalDevServer(options);
  started.push(server);
  return server;
};
afterAll(async () => {
  for (const server of started) await server.stop();
});
const temporaryFolder = temporaryFolders(); // removed after the servers have ended

const startScript = `
  const { startTemporalDevServer } = load('worker/temporal/dev-server');
  const server = await startTemporalDevServer(input);
  tell({ address: server.address, reused: server.reused });
  await heard();
  await server.stop();`;

interface Started {
  address: string;
  reused: boolean;
}

interface Options {
  binary: string;
  dbFile: string;
  logFile: string;
  uiPort: false;
}

async function onDisk(): Promise<Options> {
  const folder = await temporaryFolder();
  const dbFile = join(folder, 'temporal.db');
  return { binary, dbFile, logFile: join(folder, 'temporal.log'), uiPort: false };
}

async function pidOf(options: Options): Promise<number> {
  const state = JSON.parse(await readFile(`${options.dbFile}.server.json`, 'utf8'));
  return state.server.pid;
}

async function withClient<T>(
  { address, namespace = 'default' }: { address: string; namespace?: string },
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { connection, close } = await connectTemporal({ given: true, address, namespace });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await close();
  }
}

async function startRun(server: { address: string }, workflowId: string): Promise<void> {
  await withClient(server, (client) =>
    client.workflow.start('waiting', { taskQueue: 'nobody', workflowId }),
  );
}

async function isKept(server: { address: string }, workflowId: string): Promise<boolean> {
  return withClient(server, (client) =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      ),
  );
}

describe('the settings of the development server', () => {
  it('are the measured ones, and a write-ahead log with a database file', () => {
    const common = { host: loopbackHost, port: 1, uiPort: undefined, namespace: 'n' };
    const args = devServerArguments({
      ...common,
      dbName: 'temporal.db',
      searchAttributes: { TuesdayTeam: 'Keyword' },
    });
    const values = (flag: string) => args.filter((_, i) => args[i - 1] === flag);
    expect(values('--dynamic-config-value')).toEqual([
      'history.transferProcessorMaxPollRPS=5000',
      'history.timerProcessorMaxPollRPS=5000',
      'history.visibilityProcessorMaxPollRPS=1000',
      'system.enableActivityEagerExecution=true',
      'matching.numTaskqueueReadPartitions=1',
      'matching.numTaskqueueWritePartitions=1',
      'matching.useNewMatcher=true',
      'matching.enableFairness=true',
      'history.timerProcessorMaxTimeShift="10ms"',
    ]);
    expect(values('--sqlite-pragma')).toEqual(['journal_mode=wal', 'synchronous=normal']);
    expect(values('--search-attribute')).toEqual(['TuesdayTeam=Keyword']);
    expect(values('--namespace')).toEqual(['n']);
    expect(args).toContain('--headless');
    const inMemory = devServerArguments({ ...common, dbName: undefined, searchAttributes: {} });
    expect(inMemory).not.toContain('--sqlite-pragma');
  });
});

/** The system closes a killed process's sockets thread by thread, a little after its end. */
const fallsSilent = (address: string): Promise<void> =>
  eventually(async () => {
    expect(await isPortAnswering(Number(address.split(':')[1]))).toBe(false);
  });

describe('the development server in memory', () => {
  let server: devServer.TemporalDevServer;
  let logFile: string;

  beforeAll(async () => {
    logFile = join(await temporaryFolder(), 'made', 'temporal.log');
    server = await startTemporalDevServer({
      binary,
      logFile,
      namespace: 'mine',
      searchAttributes: SEARCH_ATTRIBUTES,
    });
  });
  afterAll(() => server.stop());

  it('answers for its namespace with all search attributes as soon as it is there', async () => {
    expect(server).toMatchObject({ namespace: 'mine', reused: false });
    await withClient(server, async ({ connection }) => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'mine',
      });
      expect(Object.keys(customAttributes)).toEqual(
        expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
      );
    });
  });

  it('shows its web UI on the loopback interface', async () => {
    expect(server.uiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const deadline = AbortSignal.timeout(20_000);
    const page = await fetch(server.uiUrl as string, { signal: deadline });
    expect(page.status).toBe(200);
  });

  it('keeps a timer of 10 ms, where its defaults would take a second', async () => {
    const { connection, nativeConnection, close } = await connectTemporal({
      given: true,
      address: server.address,
      namespace: 'mine',
    });
    const worker = await Worker.create({
      connection: await nativeConnection(),
      namespace: 'mine',
      taskQueue: 'timers',
      workflowsPath: require.resolve('./timer-workflow'),
    });
    const client = new Client({ connection, namespace: 'mine' });
    const took = await worker.runUntil(
      client.workflow.execute('tenMilliseconds', { taskQueue: 'timers', workflowId: 'timer' }),
    );
    expect(took).toBeLessThan(500);
    await close();
  });

  it('refuses a second one with the same log, and ends one that a killed parent left', async () => {
    const options = { binary, logFile, uiPort: false as const };
    await expect(startTemporalDevServer(options)).rejects.toMatchObject({ kind: 'conflict' });
    const other = { ...options, logFile: `${logFile}.other` };
    const parent = runChildScript(other, startScript);
    const { address } = await parent.next<Started>();
    await parent.kill();
    const next = await startTemporalDevServer(other);
    expect(next.reused).toBe(false);
    await fallsSilent(address);
    await next.stop();
    await fallsSilent(next.address);
  });
});

describe('the development server on disk', () => {
  it('keeps runs over a restart, and learns search attributes that are new', async () => {
    const options = await onDisk();
    const first = await startTemporalDevServer({
      ...options,
      searchAttributes: { TuesdayTeam: 'Keyword' },
    });
    await startRun(first, 'kept');
    await first.stop();
    const second = await startTemporalDevServer({
      ...options,
      searchAttributes: SEARCH_ATTRIBUTES,
    });
    expect(await isKept(second, 'kept')).toBe(true);
    await withClient(second, async (client) => {
      expect((await client.workflow.count('TuesdayPhase IS NULL')).count).toBe(1);
    });
    await second.stop();
  });

  it('is left running by a killed parent, found, adopted and then ended [2, 4]', async () => {
    const options = await onDisk();
    const parent = runChildScript(options, startScript);
    const { address } = await parent.next<Started>();
    await startRun({ address }, 'kept');
    await parent.kill();
    const pid = await pidOf(options);
    const adopted = await startTemporalDevServer(options);
    expect(adopted).toMatchObject({ reused: true, address });
    expect(await isKept(adopted, 'kept')).toBe(true);
    await adopted.stop();
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is ended and started anew when an orphan serves otherwise than asked [3]', async () => {
    const options = await onDisk();
    const parent = runChildScript(options, startScript);
    const { address } = await parent.next<Started>();
    await startRun({ address }, 'kept');
    await parent.kill();
    const pid = await pidOf(options);
    const server = await startTemporalDevServer({ ...options, namespace: 'another' });
    expect(server.reused).toBe(false);
    expect(identityOf(pid)).toBeUndefined();
    expect(await isKept({ address: server.address }, 'kept')).toBe(true);
    await server.stop();
  });

  it('is ended and started anew when an orphan does not answer any more [3]', async () => {
    const options = await onDisk();
    const parent = runChildScript(options, startScript);
    await parent.next();
    await parent.kill();
    const pid = await pidOf(options);
    process.kill(pid, 'SIGSTOP');
    const server = await startTemporalDevServer(options);
    expect(server.reused).toBe(false);
    expect(identityOf(pid)).toBeUndefined();
    await server.stop();
  });

  it('is not ended by one who merely uses it, while the owner lives [2]', async () => {
    const options = await onDisk();
    const owner = runChildScript(options, startScript);
    const { address } = await owner.next<Started>();
    const user = await startTemporalDevServer(options);
    expect(user).toMatchObject({ reused: true, address });
    await user.stop();
    expect(await isKept({ address }, 'none')).toBe(false); // it answers
    await expect(
      startTemporalDevServer({ ...options, port: await freePort() }),
    ).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('already runs') });
    const pid = await pidOf(options);
    owner.say('stop');
    expect(await owner.ended()).toBe(0);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is one server when processes start at the same time on a new file [1]', async () => {
    const options = await onDisk();
    const scripts = [1, 2, 3].map(() => runChildScript(options, startScript));
    const started = await Promise.all(scripts.map((script) => script.next<Started>()));
    expect(started.map(({ reused }) => reused).sort()).toEqual([false, true, true]);
    expect(new Set(started.map(({ address }) => address)).size).toBe(1);
    for (const script of scripts) script.say('stop');
    expect(await Promise.all(scripts.map((script) => script.ended()))).toEqual([0, 0, 0]);
  });

  it('starts over when the creation of its file was cut off', async () => {
    const options = await onDisk();
    await writeFile(options.dbFile, 'half a database');
    const state = {
      owner: { pid: 1, startedAt: 'an earlier boot' },
      port: 1,
      settings: '',
      databaseComplete: false,
    };
    await writeFile(`${options.dbFile}.server.json`, JSON.stringify(state));
    const server = await startTemporalDevServer(options);
    await startRun(server, 'possible');
    await server.stop();
  });

  it("leaves a file alone that is not one of ours, and says what it is that doesn't fit", async () => {
    const options = await onDisk();
    await writeFile(options.dbFile, 'somebody else wrote this');
    await expect(startTemporalDevServer(options)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(`did not start: .*not a database.*${options.logFile}`),
    });
    expect(await readFile(options.dbFile, 'utf8')).toBe('somebody else wrote this');
  });

  it('works in a folder of any name, and refuses only file names it cannot take', async () => {
    const options = await onDisk();
    const dbFile = join(await temporaryFolder(), 'a b?c#d%20', 'temporal.db');
    const server = await startTemporalDevServer({ ...options, dbFile });
    await server.stop();
    expect((await stat(dbFile)).isFile()).toBe(true);
    await expect(
      startTemporalDevServer({ ...options, dbFile: `${dbFile}?mode=memory` }),
    ).rejects.toMatchObject({ kind: 'bad_input' });
  });
});

describe('a development server that cannot start', () => {
  it('names a taken port and the flag to choose another', async () => {
    const options = await onDisk();
    const port = await freePort();
    const blocker = createServer().listen(port, loopbackHost);
    await expect(startTemporalDevServer({ ...options, port })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(`port ${port} for Temporal is taken .*--temporal-port`),
    });
    await expect(startTemporalDevServer({ ...options, uiPort: port })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(`port ${port} for Temporal's web UI .*--temporal-ui-port`),
    });
    await expect(startTemporalDevServer({ ...options, port: 70_000 })).rejects.toMatchObject({
      kind: 'bad_input',
    });
    blocker.close();
  });

  /** A program in place of the CLI, to fail in ways that the real one fails seldom. */
  async function fakeBinary(body: string): Promise<string> {
    const path = join(await temporaryFolder(), 'temporal');
    await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return path;
  }

  it('tries other ports when a free one was taken at the last moment', async () => {
    const options = await onDisk();
    const once = join(await temporaryFolder(), 'once');
    const racing = await fakeBinary(
      `[ -e ${once} ] && exec ${binary} "$@"
       touch ${once}
       echo "Error: can't set frontend port 1: listen tcp: bind: address already in use" >&2
       exit 1`,
    );
    const server = await startTemporalDevServer({ ...options, binary: racing });
    expect(await isKept(server, 'none')).toBe(false); // it answers
    await server.stop();
  });

  it('gives the last line of its log and the file when it ends early', async () => {
    const options = await onDisk();
    const failing = await fakeBinary('echo starting; echo "Error: no such luck" >&2; exit 1');
    await expect(startTemporalDevServer({ ...options, binary: failing })).rejects.toMatchObject({
      kind: 'unavailable',
      message: `the Temporal server did not start: Error: no such luck (see ${options.logFile}).`,
    });
  });

  it('says so when the binary cannot be run', async () => {
    const options = await onDisk();
    await expect(startTemporalDevServer({ ...options, binary: '/nowhere' })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('TUESDAY_TEMPORAL_BINARY'),
    });
  });

  it('names a folder that cannot be written to', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const options = { ...(await onDisk()), dbFile: join(file, 'temporal.db') };
    await expect(startTemporalDevServer(options)).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringContaining(`data folder ${file} is a file`),
    });
  });
});
