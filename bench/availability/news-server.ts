/** An MCP server over stdio that knows the press, and fails as its first argument says. */
import { writeSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import type { State } from './conditions';
import { companyOf } from './facts';

type Way = Exclude<State<'news'>, 'absent'>;
const STDOUT = 1;

const [, , way = 'up', seed = '1'] = process.argv;

const TEXTS: Record<Way, (company: number) => Promise<string>> = {
  up: async (number) => companyOf(Number(seed), number).facts.news.join('\n\n'),
  crash: async () => process.exit(1),
  hang: () => new Promise(() => undefined),
  garbage: async () => {
    // Beyond what a client takes for a slip.
    writeSync(STDOUT, 'this is no message\n'.repeat(2_000));
    return new Promise(() => undefined);
  },
};

const server = new McpServer({ name: 'news', version: '1.0.0' });
server.registerTool(
  'search',
  { description: 'What the press says of a company.', inputSchema: { company: z.int() } },
  async ({ company }) => ({
    content: [{ type: 'text', text: await TEXTS[way as Way](company) }],
  }),
);
server.connect(new StdioServerTransport()).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
