/** The three sources in all their states at once: a condition is a choice among them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { builtFile } from '../../contracts/package-root';
import type { HttpSource, Sources } from '../../contracts/sources';
import type { Condition, State } from './conditions';
import { type Company, companyOf } from './facts';

export interface World {
  sources(condition: Condition): Sources;
  /** What an agent that reads the source asks of it. */
  call(source: keyof Condition, company: Company, condition: Condition): ToolCall;
  close(): Promise<void>;
}
interface ToolCall {
  name: string;
  input: Record<string, string | number>;
}

/** @param folder an empty one; files are made below it */
export async function createWorld(
  folder: string,
  seed: number,
  companies: readonly Company[],
): Promise<World> {
  const filings = await makeFilings(folder, companies);
  const registry = await startRegistries(seed);
  const originOf = (condition: Condition) => registry.origins[condition.registry];
  return {
    sources: (condition) => ({
      filings: {
        kind: 'data_folder',
        folder: filings[condition.filings],
        categories: ['financial'],
      },
      registry: { kind: 'http', origin: originOf(condition), categories: [] },
      news: {
        kind: 'mcp',
        command: newsServer(condition.news, seed),
        env: {},
        categories: [],
      },
    }),
    call(source, { number }, condition) {
      const sql = `SELECT fact FROM accounts WHERE company = ${number} ORDER BY place`;
      const url = `${originOf(condition)}/companies/${number}`;
      const calls: Record<typeof source, ToolCall> = {
        filings: { name: 'query_data', input: { source: 'filings', sql } },
        registry: { name: 'fetch_url', input: { url } },
        news: { name: 'news__search', input: { company: number } },
      };
      return calls[source];
    },
    close: registry.close,
  };
}

type Filings = Record<State<'filings'>, string>;

async function makeFilings(folder: string, companies: readonly Company[]): Promise<Filings> {
  const up = join(folder, 'filings');
  const garbled = join(folder, 'garbled');
  await Promise.all([up, garbled].map((path) => mkdir(path)));
  const rows = companies.flatMap(({ number, facts }) =>
    facts.filings.map((fact, place) => ({ company: number, place, fact })),
  );
  const json = join(folder, 'accounts.json');
  await writeFile(json, JSON.stringify(rows));
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const target = join(up, 'accounts.parquet');
  await connection.run(`COPY (FROM read_json('${json}')) TO '${target}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  await writeFile(join(garbled, 'accounts.parquet'), 'PAR1 and nothing that follows from it');
  return { up, garbled, missing: join(folder, 'missing') };
}

/** A server for each state; of the one that refuses, its port alone. */
async function startRegistries(seed: number) {
  const servers: Server[] = [];
  const listen = async (listener: RequestListener): Promise<Server> => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const start = async (listener: RequestListener): Promise<HttpSource['origin']> => {
    const server = await listen(listener);
    servers.push(server);
    return originOf(server);
  };
  const gone = await listen(() => undefined);
  const refused = originOf(gone);
  await new Promise((resolve) => gone.close(resolve));
  const origins: Record<State<'registry'>, HttpSource['origin']> = {
    up: await start((request, response) => {
      const [, number = ''] = /^\/companies\/(\d+)$/.exec(request.url ?? '') ?? [];
      if (number === '') return void response.writeHead(404).end();
      const { facts } = companyOf(seed, Number(number));
      response.writeHead(200, { 'content-type': 'text/plain' }).end(facts.registry.join('\n\n'));
    }),
    error: await start((_request, response) => void response.writeHead(500).end('a fault')),
    hang: await start(() => undefined),
    cut: await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1_000 });
      response.write('The register says', () => response.destroy());
    }),
    refused,
  };
  return {
    origins,
    close: async () => {
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

function newsServer(state: State<'news'>, seed: number): string[] {
  const script = builtFile('bench/availability/news-server.js');
  return [
    process.execPath,
    state === 'absent' ? `${script}.not-there` : script,
    state,
    String(seed),
  ];
}
