/** One query over the tables of a folder, in a database in memory that may open their files alone. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { QueryLimits } from '../../../contracts/limits';
import { closeNames } from '../close-names';
import { checkSelect } from './check-select';
import { type DataTable, dataTables } from './data-tables';
import { QueryProblem } from './query-problem';
import { type QueryRows, rowsOf } from './result-rows';

export interface QueryTask {
  /** The real path of the data folder; also the current one, so that messages name files below it. */
  folder: string;
  sql: string;
  limits: QueryLimits;
}

const TABLES_NAMED_MAX = 50;
const MESSAGE_CHARACTERS_MAX = 1_000;

/** @throws QueryProblem */
export async function runQuery({ folder, sql, limits }: QueryTask): Promise<QueryRows> {
  const tables = await dataTables(folder);
  const connection = await open(limits);
  const asked = await checkSelect(connection, sql);
  if (asked.listsTables) return listOf(tables);
  const used = tables.filter(({ name, file }) =>
    [name, file].some((known) => asked.tables.has(known.toLowerCase())),
  );
  await lock(
    connection,
    used.map(({ file }) => file),
  );
  for (const table of used) await addView(connection, table);
  try {
    return await rowsOf(await connection.stream(sql), limits);
  } catch (error) {
    throw problemOf(error, tables, limits);
  }
}

/** Nothing is kept on disk, and no extension is fetched or loaded. */
async function open({ memoryMbMax, threads }: QueryLimits): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMbMax}MB`,
    threads: String(threads),
    temp_directory: '',
    max_temp_directory_size: '0B',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  return instance.connect();
}

/** From here on nothing but these files can be opened, and no setting can be changed. */
async function lock(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`SET allowed_paths = [${files.map(quoted).join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function addView(
  connection: DuckDBConnection,
  { name, file, reader }: DataTable,
): Promise<void> {
  const names = new Set([name, file]);
  try {
    for (const view of names)
      await connection.run(
        `CREATE VIEW ${named(view)} AS SELECT * FROM ${reader}(${quoted(file)})`,
      );
  } catch (error) {
    throw new QueryProblem('bad_output', `the file ${file} cannot be read: ${messageOf(error)}`);
  }
}

function listOf(tables: readonly DataTable[]): QueryRows {
  return {
    columns: [
      { name: 'table', type: 'VARCHAR' },
      { name: 'file', type: 'VARCHAR' },
      { name: 'bytes', type: 'BIGINT' },
    ],
    rows: tables.map(({ name, file, bytes }) => [name, file, bytes]),
  };
}

const messageOf = (error: unknown): string =>
  (error as Error).message.trim().slice(0, MESSAGE_CHARACTERS_MAX);

/** Of DuckDB, and of JavaScript, whose strings end at half a gigabyte. */
const TOO_LARGE = /^Out of Memory Error|^Cannot create a string longer/;

/** Of a file that begins well: no other query would fare better. */
const DAMAGED =
  /^Invalid (?:Input )?Error: (?:TProtocolException|No magic bytes|CSV Error on Line|.*\bin file ["'])/;

/** By DuckDB's own words: its errors have no codes. */
function problemOf(
  error: unknown,
  tables: readonly DataTable[],
  { memoryMbMax }: QueryLimits,
): QueryProblem {
  if (error instanceof QueryProblem) return error;
  const message = messageOf(error);
  if (TOO_LARGE.test(message))
    return new QueryProblem('too_large', `needs more than ${memoryMbMax} MB of memory`);
  const [, missing] = /^Catalog Error: Table with name (.+?) does not exist/.exec(message) ?? [];
  if (missing !== undefined) {
    const names = tables.map(({ name }) => name);
    return new QueryProblem('not_found', `there is no table ${missing}`, {
      close: closeNames(missing, names),
      tables: names.slice(0, TABLES_NAMED_MAX),
    });
  }
  if (DAMAGED.test(message)) return new QueryProblem('bad_output', message);
  if (/^Permission Error/.test(message)) return new QueryProblem('rejected', message);
  if (/^(IO|INTERNAL|FATAL) Error/.test(message)) return new QueryProblem('unavailable', message);
  return new QueryProblem('invalid_input', message);
}
