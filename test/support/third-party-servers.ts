/** MCP servers that others have written, unmodified, as packages from their registries. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { McpSource } from '../../contracts/sources';

type Stdio = Extract<McpSource, { command: unknown }>;
type Http = Extract<McpSource, { url: unknown }>;

const REPOSITORY = join(__dirname, '..', '..');
const EVERYTHING = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');

/** The reference server of the protocol's authors, from npm. */
export function everythingOverStdio(env: Record<string, string> = {}): Stdio {
  const command = [process.execPath, EVERYTHING, 'stdio'];
  return { kind: 'mcp', categories: [], command, env };
}

export async function startEverythingOverHttp(): Promise<{ source: Http; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await saysThatItListens(child, port);
  return {
    source: { kind: 'mcp', categories: [], url: `http://127.0.0.1:${port}/mcp`, headers: {} },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function saysThatItListens(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes(String(port))) resolve();
      });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Tells the time in time zones, from PyPI; installed once, which takes a minute. */
export async function timeOverStdio(): Promise<Stdio> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(REPOSITORY, 'scripts/python-packages.mjs'),
    'servers',
  ]);
  const command = [stdout.trim(), '-m', 'mcp_server_time'];
  return { kind: 'mcp', categories: [], command, env: {} };
}
