/** A folder of data files, and `query_data` on it as the source `filings`. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createQueryRunner } from '../../../../activities/tools/query/query-runner';
import { type QueryDataResult, queryDataTool } from '../../../../activities/tools/query-data';
import { QUERY, type QueryLimits } from '../../../../contracts/limits';
import { useTemporaryFolder } from '../../../support/document-folder';
import { MemoryContentStore } from '../../../support/memory-content-store';
import { validInput } from '../../../support/valid-input';

const temporary = useTemporaryFolder();

export const SECRET = 'the secret outside';
export const COMPANIES = 'id,name,founded\n1,Ärzte GmbH,1999-02-01\n2,"Bell, Inc.",2004-11-30\n';

/** Below it `data`, which is the source, and `outside`, which is not. */
export const place = () => temporary.path();
export const dataFile = (file: string) => join(place(), 'data', file);

beforeEach(() => {
  for (const folder of ['data', 'data/sub', 'outside']) mkdirSync(join(place(), folder));
  writeFileSync(join(place(), 'outside', 'secret.csv'), `secret\n${SECRET}\n`);
  writeFileSync(dataFile('companies.csv'), COMPANIES);
  writeFileSync(
    dataFile('sub/prices.json'),
    '{"id": 1, "price": {"eur": 1.5}, "tags": ["a", "b"]}\n',
  );
  writeFileSync(dataFile('.hidden.csv'), `secret\n${SECRET}\n`);
  writeFileSync(dataFile('pattern*.csv'), 'a\n1\n');
  writeFileSync(dataFile('notes.txt'), 'no data');
  symlinkSync('../outside/secret.csv', dataFile('link.csv'));
  symlinkSync('../outside', dataFile('linked'));
  symlinkSync('companies.csv', dataFile('same.csv'));
  symlinkSync('nowhere.csv', dataFile('dangling.csv'));
  symlinkSync('circle.csv', dataFile('circle.csv'));
});

/** A real Parquet file, written by DuckDB from a query. */
export async function writeParquet(file: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${dataFile(file)}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

export interface AskOptions {
  limits?: Partial<QueryLimits>;
  signal?: AbortSignal;
}

export async function ask(
  sql: string,
  { limits, signal = new AbortController().signal }: AskOptions = {},
): Promise<QueryDataResult> {
  const runner = createQueryRunner({ ...QUERY, ...limits });
  const folder = join(place(), 'data');
  const tool = queryDataTool({ filings: { kind: 'data_folder', folder, categories: [] } }, runner);
  const context = {
    content: new MemoryContentStore(),
    documents: undefined,
    signal,
    stepKey: 'key',
  };
  return (await tool.run(validInput(tool, { source: 'filings', sql }), context)) as QueryDataResult;
}

/** Of one runner. */
export function askAtOnce(queries: readonly string[], limits: Partial<QueryLimits>) {
  const runner = createQueryRunner({ ...QUERY, ...limits });
  const { signal } = new AbortController();
  return Promise.all(queries.map((sql) => runner.run(join(place(), 'data'), sql, signal)));
}

export const rowsOf = async (sql: string, options?: AskOptions) => (await ask(sql, options)).rows;

/** How a query failed; `undefined` where it did not. */
export const failureOf = (sql: string, options?: AskOptions) =>
  ask(sql, options).then(
    () => undefined,
    (error) => error,
  );
