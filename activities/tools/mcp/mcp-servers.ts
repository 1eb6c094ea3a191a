/** The MCP servers of a worker: started when they are first needed, ended with it. */
import type { McpSource } from '../../../contracts/sources';
import { createGroupReaper } from './group-reaper';
import { createMcpServer, type McpServer, type McpServerDeps } from './mcp-server';

export interface McpServers {
  /** By the names of their sources. */
  servers: Readonly<Record<string, McpServer>>;
  close(): Promise<void>;
}

export function createMcpServers(
  sources: Readonly<Record<string, McpSource>>,
  log: McpServerDeps['log'],
): McpServers {
  const reaper = createGroupReaper();
  const servers = Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      createMcpServer(name, source, { reaper, log }),
    ]),
  );
  return {
    servers,
    async close() {
      await Promise.all(Object.values(servers).map((server) => server.close()));
      reaper.close();
    },
  };
}
