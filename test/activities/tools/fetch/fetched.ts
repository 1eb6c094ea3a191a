/** `fetch_url` on a server of its own, which is the installation's source `local`. */
import {
  createExtractionPool,
  type ExtractionPool,
} from '../../../../activities/documents/extraction-pool';
import {
  type FetchUrlDeps,
  type FetchUrlResult,
  fetchUrlTool,
} from '../../../../activities/tools/fetch-url';
import type { HttpSource } from '../../../../contracts/sources';
import { MemoryContentStore } from '../../../support/memory-content-store';
import { validInput } from '../../../support/valid-input';
import { startWebServer, type WebServer } from '../../../support/web-server';

let pool: ExtractionPool;
let server: WebServer;
beforeAll(async () => {
  pool = createExtractionPool();
  server = await startWebServer();
});
afterAll(async () => {
  await server.close();
  await pool.close();
});
beforeEach(() => {
  server.asked.length = 0;
});

export const httpSource = (origin: string): HttpSource => ({
  kind: 'http',
  origin,
  categories: [],
});
export const theServer = (): WebServer => server;

/** @param url a path of the server, or a whole URL */
export async function fetched(
  url: string,
  more: Partial<FetchUrlDeps> & { from?: number; signal?: AbortSignal } = {},
): Promise<FetchUrlResult> {
  const { from = 0, signal = new AbortController().signal, ...deps } = more;
  const tool = fetchUrlTool({ sources: { local: httpSource(server.origin) }, pool, ...deps });
  const input = validInput(tool, { url: new URL(url, server.origin).href, from });
  return (await tool.run(input, {
    content: new MemoryContentStore(),
    documents: undefined,
    signal,
    stepKey: 'key',
  })) as FetchUrlResult;
}
