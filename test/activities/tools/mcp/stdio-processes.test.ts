/** The processes of MCP servers: what they are given, what they say, and that none is left. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { McpServer } from '../../../../activities/tools/mcp/mcp-server';
import { createMcpServers } from '../../../../activities/tools/mcp/mcp-servers';
import { runChildScript } from '../../../support/child-script';
import { eventually } from '../../../support/eventually';
import { createTestMcpServer, type TestMcpServer } from '../../../support/mcp-server';

let test: TestMcpServer;
let folder: string;
const logged: { source: string; stderr?: string; reason?: string }[] = [];
const log = {
  info: (entry: (typeof logged)[number]) => void logged.push(entry),
  warn: (entry: (typeof logged)[number]) => void logged.push(entry),
} as unknown as Parameters<typeof createMcpServers>[1];

beforeEach(() => {
  test = createTestMcpServer();
  folder = mkdtempSync(join(tmpdir(), 'tuesday-mcp-'));
  logged.length = 0;
});
afterEach(async () => {
  await test.close();
  rmSync(folder, { recursive: true, force: true });
});

const search = (server: McpServer | undefined, ms = 10_000) =>
  server?.call(
    { tool: 'search', input: { query: 'x' }, stepKey: 'key' },
    false,
    AbortSignal.timeout(ms),
  );

/** A server that starts a grandchild, which sleeps, and tells its number in a file. */
const withGrandchild = () => {
  const { command, env } = test.stdio;
  const file = join(folder, 'pid');
  const started = `sleep 1000 & echo $! > ${file}; exec "$@"`;
  return {
    source: { ...test.stdio, command: ['sh', '-c', started, 'sh', ...command], env },
    pid: () => Number(readFileSync(file, 'utf8')),
  };
};

const isRunning = (pid: number): boolean => {
  try {
    // A zombie has ended; nobody in a container may collect it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const gone = (...pids: number[]) =>
  eventually(async () => expect(pids.filter(isRunning)).toEqual([]), 10_000);

describe('the process of an MCP server', () => {
  it('gets what its source declares, and none of the worker’s own variables', async () => {
    process.env.TUESDAY_TEST_SECRET = 'of the worker';
    const file = join(folder, 'env');
    const source = {
      ...test.stdio,
      command: ['sh', '-c', `env > ${file}; exec "$@"`, 'sh', ...test.stdio.command],
      env: { ...test.stdio.env, OF_ITS_OWN: 'yes' },
    };
    const { servers, close } = createMcpServers({ news: source }, log);
    try {
      await search(servers.news);
      const names = readFileSync(file, 'utf8').match(/^\w+(?==)/gm) ?? [];
      expect(names).toEqual(expect.arrayContaining(['OF_ITS_OWN', 'PATH', 'HOME']));
      const allowed =
        /^(MCP_TEST_|OF_ITS_OWN|HOME|LOGNAME|PATH|SHELL|TERM|USER|PWD|OLDPWD|SHLVL|_$)/;
      expect(names.filter((name) => !allowed.test(name))).toEqual([]);
    } finally {
      delete process.env.TUESDAY_TEST_SECRET;
      await close();
    }
  });

  it('has what it says on stderr in the log, as much as is allowed', async () => {
    const long = 'y'.repeat(5_000);
    test.behave({ stderr: `starting\n${long}\n${'again\n'.repeat(100_000)}` });
    const { servers, close } = createMcpServers({ news: test.stdio }, log);
    await search(servers.news);
    await close();
    const said = logged.flatMap(({ stderr }) => stderr ?? []);
    expect(said.slice(0, 2)).toEqual(['starting', long.slice(0, 1_000)]);
    expect(said.join('').length).toBeLessThan(110_000);
    expect(said.at(-1)).toMatch(/which is not logged/);
  });

  it('is unavailable where its program is not there', async () => {
    const source = { ...test.stdio, command: [join(folder, 'no-such-program')] };
    const { servers, close } = createMcpServers({ news: source }, log);
    await expect(search(servers.news)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/ENOENT/),
    });
    await close();
  });

  it('is started for its first call, and ended with the worker, grandchildren too', async () => {
    const { source, pid } = withGrandchild();
    const { servers, close } = createMcpServers({ news: source, other: source }, log);
    await search(servers.news);
    const pids = [test.calls()[0]?.pid as number, pid()];
    expect(pids.filter(isRunning)).toEqual(pids);
    await close();
    await gone(...pids);
    await expect(search(servers.news)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('is killed with its group where it takes no notice of being ended', async () => {
    test.behave({ stubborn: true });
    const { source, pid } = withGrandchild();
    const { servers, close } = createMcpServers({ news: source }, log);
    await search(servers.news);
    const pids = [test.calls()[0]?.pid as number, pid()];
    const began = Date.now();
    await close();
    expect(Date.now() - began).toBeLessThan(5_000);
    await gone(...pids);
  });

  it('takes its grandchildren along when it crashes', async () => {
    const { source, pid } = withGrandchild();
    const { servers, close } = createMcpServers({ news: source }, log);
    await search(servers.news);
    test.behave({ call: { do: 'crash' } });
    await expect(search(servers.news)).rejects.toMatchObject({ kind: 'unavailable' });
    await gone(pid());
    await close();
  });

  it('does not outlive a worker that is killed, however stubborn it is', async () => {
    test.behave({ stubborn: true });
    const { source, pid } = withGrandchild();
    const worker = runChildScript(
      source,
      `
      const { createMcpServers } = load('activities/tools/mcp/mcp-servers');
      const log = { info() {}, warn() {} };
      const { servers } = createMcpServers({ news: input }, log);
      const asked = { tool: 'search', input: { query: 'x' }, stepKey: 'key' };
      await servers.news.call(asked, false, AbortSignal.timeout(20000));
      tell('called');
      await heard();`,
    );
    await worker.next();
    const pids = [test.calls()[0]?.pid as number, pid()];
    expect(pids.filter(isRunning)).toEqual(pids);
    await worker.kill();
    await gone(...pids);
  });

  it('is cut off where it writes a line without an end', async () => {
    test.behave({ call: { do: 'endless_line' } });
    const { servers, close } = createMcpServers({ news: test.stdio }, log);
    const before = process.memoryUsage().rss;
    await expect(search(servers.news)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    await gone(test.calls()[0]?.pid as number);
    await close();
  });

  it('is cut off where it writes nothing but lines that are no messages', async () => {
    test.behave({ call: { do: 'garbage', lines: 5_000 } });
    const { servers, close } = createMcpServers({ news: test.stdio }, log);
    await expect(search(servers.news)).rejects.toMatchObject({ kind: 'unavailable' });
    await close();
  });

  it('does not hold the worker up at its end where its handshake hangs', async () => {
    test.behave({ initialize: { do: 'hang' }, stubborn: true });
    const { servers, close } = createMcpServers({ news: test.stdio }, log);
    const asked = expect(search(servers.news)).rejects.toMatchObject({ kind: 'unavailable' });
    const began = Date.now();
    await close();
    expect(Date.now() - began).toBeLessThan(5_000);
    await asked;
  });
});
