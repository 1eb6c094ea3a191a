/** An MCP server for a test file, over stdio and HTTP, which behaves as the test says. */
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { McpSource } from '../../../contracts/sources';
import type { Control, JournalEntry } from './behaviour';
import { type HttpMcpServer, startHttpMcpServer } from './http';

export type { Behaviour, Control, JournalEntry } from './behaviour';
export type { HttpMcpServer } from './http';

export interface TestMcpServer {
  /** The server as a process of its own. */
  stdio: Extract<McpSource, { command: unknown }>;
  /** The same over HTTP, in this process; closed with the rest. */
  startHttp(): Promise<HttpMcpServer>;
  /** From the next request on; what is not named is as at first. */
  behave(control: Control): void;
  /** Calls that have reached a tool, in their order. */
  calls(): JournalEntry[];
  close(): Promise<void>;
}

const REPOSITORY = join(__dirname, '..', '..', '..');

export function createTestMcpServer(): TestMcpServer {
  const folder = mkdtempSync(join(tmpdir(), 'tuesday-mcp-'));
  const files = { control: join(folder, 'control.json'), journal: join(folder, 'journal.jsonl') };
  const opened: HttpMcpServer[] = [];
  const behave = (control: Control) => {
    // At once: the server may be reading it.
    writeFileSync(`${files.control}.new`, JSON.stringify(control));
    renameSync(`${files.control}.new`, files.control);
  };
  behave({});
  appendFileSync(files.journal, '');
  return {
    stdio: {
      kind: 'mcp',
      categories: [],
      command: [
        process.execPath,
        '-r',
        join(REPOSITORY, 'test/support/run-ts.cjs'),
        join(__dirname, 'stdio.ts'),
      ],
      env: { MCP_TEST_CONTROL: files.control, MCP_TEST_JOURNAL: files.journal },
    },
    async startHttp() {
      const server = await startHttpMcpServer(files);
      opened.push(server);
      return server;
    },
    behave,
    calls: () =>
      readFileSync(files.journal, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as JournalEntry),
    async close() {
      await Promise.all(opened.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
