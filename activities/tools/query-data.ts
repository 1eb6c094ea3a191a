import { realpath } from 'node:fs/promises';
import { z } from 'zod';
import { QUERY } from '../../contracts/limits';
import type { DataFolderSource } from '../../contracts/sources';
import type { QueryRunner } from './query/query-runner';
import type { QueryRows } from './query/result-rows';
import { type Tool, ToolError } from './tool';
import { zodValue } from './tool-value';

const queryDataInput = (sources: readonly string[]) =>
  z.strictObject({
    source: z.enum(sources as [string, ...string[]]).describe('Whose tables to read.'),
    sql: z
      .string()
      .min(1)
      .max(QUERY.sqlCharactersMax)
      .describe('One SELECT in the dialect of DuckDB, or SHOW TABLES, DESCRIBE or SUMMARIZE.'),
  });
type QueryDataInput = z.infer<ReturnType<typeof queryDataInput>>;

export interface QueryDataResult extends QueryRows {
  source: string;
}

/**
 * Read-only SQL over the CSV, JSON and Parquet files of the installation's data folders.
 * @param folders by name; at least one
 */
export function queryDataTool(
  folders: Readonly<Record<string, DataFolderSource>>,
  runner: QueryRunner,
): Tool<QueryDataInput> {
  return {
    name: 'query_data',
    description:
      'Asks the data files of a source by SQL (DuckDB). Each CSV, JSON or Parquet file is a table by its name without the ending; a name with other characters than letters, digits and _ needs double quotes. Begin with SHOW TABLES and DESCRIBE. Long results are cut: aggregate, select columns, use LIMIT.',
    input: zodValue(queryDataInput(Object.keys(folders))),
    effect: 'none',
    resultsFit: true,
    source: ({ source }) => source,
    async run({ source, sql }, { signal }): Promise<QueryDataResult> {
      const { folder } = folders[source] as DataFolderSource;
      return { source, ...(await runner.run(await reachable(source, folder), sql, signal)) };
    },
  };
}

async function reachable(source: string, folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ToolError('unavailable', `the data of ${source} cannot be reached (${code})`);
  }
}
