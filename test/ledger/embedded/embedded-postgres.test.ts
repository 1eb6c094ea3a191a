/** The numbers in brackets are the invariants of `ledger/embedded/embedded-postgres.ts`. */
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import * as embedded from '../../../ledger/embedded/embedded-postgres';
import { freePort, loopbackHost } from '../../../ledger/embedded/process/free-port';
import { identityOf } from '../../../ledger/embedded/process/process-identity';
import { runChildScript } from '../../support/child-script';
import { temporaryFolders } from '../../support/shared-folders';

/** All that were started, so that a test that fails leaves none behind. */
const started: embedded.EmbeddedPostgres[] = [];
const startEmbeddedPostgres: typeof embedded.startEmbeddedPostgres = async (options) => {
  const server = await embedded.startEmbeddedPostgres(options);
  started.push(server);
  return server;
};
afterAll(async () => {
  for (const server of started) await server.stop();
});
const temporaryFolder = temporaryFolders(); // removed after the servers have ended

const startScript = `
  const { startEmbeddedPostgres } = load('ledger/embedded/embedded-postgres');
  const server = await startEmbeddedPostgres({ dataDir: input.dataDir });
  tell({ url: server.url, reused: server.reused });
  await heard();
  await server.stop();`;

interface Started {
  url: string;
  reused: boolean;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function serverPid(dataDir: string): Promise<number> {
  const file = await readFile(join(dataDir, 'cluster/data/postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}

/** Runs the test with a server that is ended in any case. */
async function withServer(
  dataDir: string,
  use: (server: embedded.EmbeddedPostgres) => Promise<void>,
): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

describe('the embedded PostgreSQL', () => {
  it('creates its files, keeps data over a restart, and answers on the same URL', async () => {
    const dataDir = join(await temporaryFolder(), 'made', 'for me');
    const lines: string[] = [];
    const first = await startEmbeddedPostgres({ dataDir, onProgress: (line) => lines.push(line) });
    expect(first.reused).toBe(false);
    expect(lines).toEqual([expect.stringContaining('creating')]);
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await first.stop();
    await withServer(dataDir, async (second) => {
      expect(second.url).toBe(first.url);
      expect(second.reused).toBe(false);
      expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    });
  });

  it('is durable, on the loopback interface alone, and not run by root [4]', async () => {
    const dataDir = await temporaryFolder();
    await withServer(dataDir, async ({ url }) => {
      const settings = await query(
        url,
        `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit',
           'full_page_writes', 'listen_addresses', 'unix_socket_directories', 'server_encoding',
           'data_checksums', 'password_encryption')`,
      );
      expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        listen_addresses: loopbackHost,
        unix_socket_directories: '',
        server_encoding: 'UTF8',
        data_checksums: 'on',
        password_encryption: 'scram-sha-256',
      });
      expect((await stat(join(dataDir, 'cluster/data'))).uid).not.toBe(0);
    });
  });

  it('keeps its password readable by one user only, and lets nobody in without it', async () => {
    const dataDir = await temporaryFolder();
    await withServer(dataDir, async ({ url }) => {
      const password = join(dataDir, 'cluster/password');
      expect((await stat(password)).mode & 0o777).toBe(0o600);
      expect(new URL(url).password).toBe(await readFile(password, 'utf8'));
      // As docs/cli.md makes the URL for `tuesday worker`.
      const content = (await readFile(password, 'utf8')).trim();
      const { port } = new URL(url);
      expect(url).toBe(`postgres://tuesday:${content}@127.0.0.1:${port}/tuesday`);
      const wrong = new URL(url);
      wrong.password = 'guessed';
      await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    });
  });

  it('creates further databases, also one that is there already', async () => {
    await withServer(await temporaryFolder(), async (server) => {
      const url = await server.createDatabase('second_one');
      expect(await server.createDatabase('second_one')).toBe(url);
      expect(await query(url, 'SELECT current_database() AS name')).toEqual([
        { name: 'second_one' },
      ]);
      await expect(server.createDatabase('no"name')).rejects.toMatchObject({ kind: 'bad_input' });
    });
  });

  it('takes settings of the caller, but none that opens it to other machines', async () => {
    const dataDir = await temporaryFolder();
    const settings = { max_connections: '7', listen_addresses: '*' };
    const server = await startEmbeddedPostgres({ dataDir, settings });
    expect(await query(server.url, 'SHOW max_connections')).toEqual([{ max_connections: '7' }]);
    expect(await query(server.url, 'SHOW listen_addresses')).toEqual([
      { listen_addresses: loopbackHost },
    ]);
    await server.stop();
  });
});

describe('who owns the server', () => {
  it('is left running by a killed parent, found, adopted and then ended [2, 3]', async () => {
    const dataDir = await temporaryFolder();
    const parent = runChildScript({ dataDir }, startScript);
    const { url } = await parent.next<Started>();
    await query(url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await parent.kill();
    const pid = await serverPid(dataDir);
    const adopted = await startEmbeddedPostgres({ dataDir });
    expect(adopted.reused).toBe(true);
    expect(await query(adopted.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    expect(await serverPid(dataDir)).toBe(pid);
    await adopted.stop();
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is an orphan for a URL that leads to it, once its owner has died, and for no other [2]', async () => {
    const dataDir = await temporaryFolder();
    const owner = runChildScript({ dataDir }, startScript);
    const { url } = await owner.next<Started>();
    const elsewhere = [
      url.replace('127.0.0.1', '10.0.0.1'),
      url.replace(/:\d+\//, ':1/'),
      'no url',
    ];
    const orphans = async () => {
      const asked = [url, url.replace('127.0.0.1', 'localhost'), ...elsewhere];
      return Promise.all(asked.map((each) => embedded.leadsToOrphan(each, dataDir)));
    };
    expect(await orphans()).toEqual([false, false, false, false, false]);
    await owner.kill();
    expect(await orphans()).toEqual([true, true, false, false, false]);
    expect(await embedded.leadsToOrphan(url, join(dataDir, 'none'))).toBe(false);
    await (await startEmbeddedPostgres({ dataDir })).stop();
    expect(await orphans()).toEqual([false, false, false, false, false]);
  });

  it('is not ended by one who merely uses it, while the owner lives [2]', async () => {
    const dataDir = await temporaryFolder();
    const owner = runChildScript({ dataDir }, startScript);
    const started = await owner.next<Started>();
    const user = await startEmbeddedPostgres({ dataDir });
    expect(user).toMatchObject({ reused: true, url: started.url });
    await user.stop();
    expect(await query(started.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const pid = await serverPid(dataDir);
    owner.say('stop');
    expect(await owner.ended()).toBe(0);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is ended by a user whose owner has died meanwhile [2]', async () => {
    const dataDir = await temporaryFolder();
    const owner = runChildScript({ dataDir }, startScript);
    await owner.next();
    const user = await startEmbeddedPostgres({ dataDir });
    await owner.kill();
    const pid = await serverPid(dataDir);
    await user.stop();
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is one server when processes start at the same time on a new folder [1]', async () => {
    const dataDir = await temporaryFolder();
    const scripts = [1, 2, 3].map(() => runChildScript({ dataDir }, startScript));
    const started = await Promise.all(scripts.map((script) => script.next<Started>()));
    expect(started.map(({ reused }) => reused).sort()).toEqual([false, true, true]);
    expect(new Set(started.map(({ url }) => url)).size).toBe(1);
    for (const script of scripts) script.say('stop');
    expect(await Promise.all(scripts.map((script) => script.ended()))).toEqual([0, 0, 0]);
    await expect(serverPid(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('recovers everything committed when the server itself was killed [4]', async () => {
    const dataDir = await temporaryFolder();
    const server = await startEmbeddedPostgres({ dataDir });
    await query(server.url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
    process.kill(await serverPid(dataDir), 'SIGKILL');
    await withServer(dataDir, async (again) => {
      expect(again.reused).toBe(false);
      expect(await query(again.url, 'SELECT count(*)::int AS rows FROM kept')).toEqual([
        { rows: 1000 },
      ]);
    });
  });

  it('is not misled by a lock file that names a stranger', async () => {
    const dataDir = await temporaryFolder();
    await withServer(dataDir, async () => undefined);
    const file = join(dataDir, 'cluster/data/postmaster.pid');
    await writeFile(
      file,
      `${process.pid}\n${join(dataDir, 'cluster/data')}\n0\n5432\n\n\n\nready\n`,
    );
    await withServer(dataDir, async ({ reused }) => expect(reused).toBe(false));
  });

  it('stops without complaint when it was stopped before or has died', async () => {
    const dataDir = await temporaryFolder();
    const server = await startEmbeddedPostgres({ dataDir });
    await server.stop();
    await expect(server.stop()).resolves.toBeUndefined();
  });
});

describe('ports of the embedded PostgreSQL', () => {
  it('takes the one asked for, and another when the remembered one is taken', async () => {
    const dataDir = await temporaryFolder();
    const port = await freePort();
    const server = await startEmbeddedPostgres({ dataDir, port });
    expect(new URL(server.url).port).toBe(String(port));
    await server.stop();
    const blocker = createServer().listen(port, loopbackHost);
    await withServer(dataDir, async ({ url }) => expect(new URL(url).port).not.toBe(String(port)));
    await expect(startEmbeddedPostgres({ dataDir, port })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(new RegExp(`port ${port} .*--ledger-port`)),
    });
    blocker.close();
  });

  it('refuses another port than the one it runs on while the owner lives, else moves', async () => {
    const dataDir = await temporaryFolder();
    const owner = runChildScript({ dataDir }, startScript);
    const { url } = await owner.next<Started>();
    const port = await freePort();
    await expect(startEmbeddedPostgres({ dataDir, port })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`already runs on port ${new URL(url).port}`),
    });
    await owner.kill();
    const moved = await startEmbeddedPostgres({ dataDir, port });
    expect(moved.reused).toBe(false);
    expect(new URL(moved.url).port).toBe(String(port));
    await moved.stop();
  });
});

describe('data folders that cannot be used', () => {
  it('names a folder that is a file, or lies below one', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    for (const dataDir of [file, join(file, 'below')]) {
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
        kind: 'bad_input',
        message: expect.stringMatching(new RegExp(`data folder ${dataDir} .*--data-dir`)),
      });
    }
  });

  it('names a folder below a private one, which PostgreSQL cannot reach for root', async () => {
    const home = join(await temporaryFolder(), 'home');
    const dataDir = join(home, 'data');
    await mkdir(dataDir, { recursive: true });
    await chmod(home, 0o700);
    const start = startEmbeddedPostgres({ dataDir });
    if (process.geteuid?.() === 0) {
      await expect(start).rejects.toMatchObject({
        kind: 'bad_input',
        message: expect.stringMatching(
          new RegExp(`data folder ${dataDir} cannot be reached .*--data-dir`),
        ),
      });
    } else {
      await (await start).stop();
    }
  });

  it('says that it is damaged when the control file is gone or broken', async () => {
    const dataDir = await temporaryFolder();
    await withServer(dataDir, async () => undefined);
    const control = join(dataDir, 'cluster/data/global/pg_control');
    const whole = await readFile(control);
    await writeFile(control, Buffer.alloc(whole.length));
    const damaged = { kind: 'unavailable', message: expect.stringContaining('is damaged') };
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject(damaged);
    await rm(control);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject(damaged);
    await rm(join(dataDir, 'cluster/data/PG_VERSION'));
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject(damaged);
  });

  it('says so when another major version wrote it, or its password is gone', async () => {
    const dataDir = await temporaryFolder();
    await withServer(dataDir, async () => undefined);
    const version = join(dataDir, 'cluster/data/PG_VERSION');
    await writeFile(version, '17\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/written by PostgreSQL 17 .*brings 18/),
    });
    await writeFile(version, '18\n');
    await rm(join(dataDir, 'cluster/password'));
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('password'),
    });
  });

  it('starts over when its first start was cut off', async () => {
    const dataDir = await temporaryFolder();
    const draft = join(dataDir, 'cluster.new-cut-off');
    await mkdir(join(draft, 'data/global'), { recursive: true });
    await withServer(dataDir, async ({ reused }) => expect(reused).toBe(false));
    await expect(stat(draft)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
