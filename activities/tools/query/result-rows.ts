/** The rows of a result as JSON, as many as fit. */
import {
  type DuckDBResult,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';
import type { QueryLimits } from '../../../contracts/limits';
import { QueryProblem } from './query-problem';

export interface QueryRows {
  columns: { name: string; type: string }[];
  /** Dates and times as ISO text, decimals and integers beyond JavaScript's exact ones as text. */
  rows: (Json | null)[][];
  /** There are more rows than these. */
  cut?: true;
}

/** Of nested values too. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) =>
  typeof value === 'bigint' && Number.isSafeInteger(Number(value))
    ? Number(value)
    : JsonDuckDBValueConverter(value, type, converter);

/** @throws QueryProblem `too_large` where not even the names of its columns fit */
export async function rowsOf(result: DuckDBResult, limits: QueryLimits): Promise<QueryRows> {
  const { resultCharactersMax, rowsMax } = limits;
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
  let room = resultCharactersMax - JSON.stringify(columns).length;
  if (room < 0)
    throw new QueryProblem('too_large', `has ${columns.length} columns: select fewer of them`);
  const rows: QueryRows['rows'] = [];
  for await (const chunk of result) {
    for (let index = 0; index < chunk.rowCount; index++) {
      const row = chunk
        .convertRowValues(index, toJson)
        .map((cell) => withinCell(cell, limits.cellCharactersMax));
      room -= JSON.stringify(row).length + 1;
      if (rows.length === rowsMax || room < 0) return { columns, rows, cut: true };
      rows.push(row);
    }
  }
  return { columns, rows };
}

function withinCell(cell: Json | null, charactersMax: number): Json | null {
  if (cell === null || typeof cell === 'number' || typeof cell === 'boolean') return cell;
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  if (text.length <= charactersMax) return cell;
  const part = text.slice(0, charactersMax).replace(/[\ud800-\udbff]$/, '');
  return `${part}… [cut, ${text.length} characters]`;
}
