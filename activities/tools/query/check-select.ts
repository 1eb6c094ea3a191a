/**
 * Lets only what reads through: one SELECT (with WITH, DESCRIBE, SUMMARIZE, SHOW TABLES, which DuckDB
 * takes for one), and in it no table function but those that calculate. Others write: `SELECT * FROM
 * enable_profiling(save_location := 'a.json')` overwrites that file, with all of DuckDB's own access
 * control in place (tried with 1.5.6). The statement is DuckDB's own reading of the text, so comments
 * and quotes hide nothing.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryProblem } from './query-problem';

const TABLE_FUNCTIONS = new Set([
  ...['range', 'generate_series', 'unnest', 'repeat', 'repeat_row'],
  ...['json_each', 'json_tree', 'histogram', 'histogram_values'],
]);

export interface CheckedSelect {
  /** Tables that it may read, lower case; names of common table expressions are among them. */
  tables: Set<string>;
  /** It asks which tables there are. */
  listsTables: boolean;
}

/** As `json_serialize_sql` gives it. */
type Parsed =
  | { error: false; statements: unknown[] }
  | { error: true; error_type: string; error_message: string };

/** @throws QueryProblem `invalid_input` or `rejected` */
export async function checkSelect(
  connection: DuckDBConnection,
  sql: string,
): Promise<CheckedSelect> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  const parsed = JSON.parse(String(reader.getRows()[0]?.[0])) as Parsed;
  if (parsed.error)
    throw new QueryProblem(
      'invalid_input',
      parsed.error_type === 'parser' ? parsed.error_message : ONLY_SELECT,
    );
  if (parsed.statements.length !== 1)
    throw new QueryProblem(
      'invalid_input',
      `${ONLY_SELECT}; these are ${parsed.statements.length}`,
    );
  const checked: CheckedSelect = { tables: new Set(), listsTables: false };
  visit(parsed.statements, checked);
  return checked;
}

const ONLY_SELECT =
  'only one statement is taken, a SELECT, WITH, DESCRIBE, SUMMARIZE or SHOW TABLES (a PIVOT says its values with IN)';

interface Node {
  type?: unknown;
  table_name?: unknown;
  show_type?: unknown;
  function?: { function_name?: unknown };
}

function visit(value: unknown, checked: CheckedSelect): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if (node.type === 'TABLE_FUNCTION')
    refuseUnlessItCalculates(String(node.function?.function_name));
  if (node.type === 'BASE_TABLE') checked.tables.add(String(node.table_name).toLowerCase());
  if (node.type === 'SHOW_REF' && node.show_type === 'SHOW_UNQUALIFIED') checked.listsTables = true;
  for (const child of Object.values(value)) visit(child, checked);
}

function refuseUnlessItCalculates(name: string): void {
  if (TABLE_FUNCTIONS.has(name.toLowerCase())) return;
  throw new QueryProblem(
    'rejected',
    `the table function ${name} is switched off: tables are read by their names, see SHOW TABLES`,
  );
}
