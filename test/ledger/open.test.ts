import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { getTableColumns, getTableName, isTable, type Table } from 'drizzle-orm';
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core';
import { Client } from 'pg';
import { UserError } from '../../contracts/errors';
import { openLedger } from '../../ledger';
import { locationOf } from '../../ledger/database';
import * as schema from '../../ledger/schema';
import { runChildScript } from '../support/child-script';
import { eventually } from '../support/eventually';
import { freshDatabase, type TestDatabase } from '../support/servers';
import { openRun } from '../support/test-ledger';

const MIGRATIONS = readdirSync(join(__dirname, '../../ledger/migrations')).filter((file) =>
  file.endsWith('.sql'),
).length;

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

async function inDatabase<T extends object>(text: string, values?: unknown[]): Promise<T[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

describe('opening the ledger', () => {
  it('makes the tables in an empty database, and finds them there again', async () => {
    const first = await openLedger(database.url);
    const run = await openRun(first);
    await first.close();
    const second = await openLedger(database.url);
    expect((await second.reader.listRuns({ limit: 10 })).runs.map(({ id }) => id)).toEqual([
      run.workflowId,
    ]);
    await second.close();
  });

  it('migrates once when many open it at once, from several processes', async () => {
    const children = [1, 2, 3].map(() =>
      runChildScript(
        { url: database.url },
        `const { openLedger } = load('ledger/index');
         tell('ready');
         await heard();
         const opened = await Promise.all([openLedger(input.url), openLedger(input.url)]);
         for (const one of opened) await one.close();
         tell('opened');`,
      ),
    );
    for (const child of children) await child.next();
    for (const child of children) child.say('go');
    expect(await Promise.all(children.map((child) => child.next()))).toEqual(
      children.map(() => 'opened'),
    );
    const [applied] = await inDatabase<{ n: number }>(
      'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations',
    );
    expect(applied?.n).toBe(MIGRATIONS);
  });

  it('leaves nothing behind when it is closed', async () => {
    const opened = await openLedger(database.url);
    await opened.reader.listRuns({ limit: 1 });
    await opened.close();
    const others = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    // The server ends a session a moment after its client.
    await eventually(async () => expect(await inDatabase(others)).toEqual([{ n: 0 }]));
  });
});

describe('a database that cannot be used', () => {
  /** Opens it; gives the error that a person reads. */
  async function refusal(url: string): Promise<UserError> {
    const error = await openLedger(url).then(
      async (opened) => {
        await opened.close();
        throw new Error('it was opened');
      },
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).not.toContain('secret');
    expect(error.message).not.toContain('\n');
    return error;
  }
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  it.each([
    '',
    'not a url',
    'localhost:5432/tuesday',
    'mysql://root:secret@localhost/tuesday',
    'https://localhost/tuesday',
    'postgres://user:%ZZsecret@localhost/tuesday',
    'postgres://user:sec#ret@localhost:port/tuesday',
  ])('"%s" is no URL of PostgreSQL', async (url) => {
    const error = await refusal(url);
    expect(error).toMatchObject({ kind: 'bad_input', field: 'DATABASE_URL' });
    expect(error.message).toMatch(/postgres:\/\/user:password@host:5432\/database/);
  });

  it('is not there: the sentence names the server and what to do', async () => {
    const { port } = await listening(createServer());
    const error = await refusal(`postgres://user:secret@127.0.0.1:${port}/tuesday`);
    expect(error.kind).toBe('unavailable');
    expect(error.message).toContain(`PostgreSQL at 127.0.0.1:${port}/tuesday cannot be used`);
    expect(error.message).toContain('correct DATABASE_URL');
  });

  it('does not take the password', async () => {
    const url = changed((right) => {
      right.username = 'nobody_of_this_name';
      right.password = 'secret';
    });
    expect(await refusal(url)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/cannot be used: .*nobody_of_this_name/),
    });
  });

  it('does not exist', async () => {
    const url = changed((right) => {
      right.pathname = '/no_such_database';
    });
    expect(await refusal(url)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/"no_such_database" does not exist/),
    });
  });

  it('is no PostgreSQL', async () => {
    const server = createServer((socket) => {
      socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const { port, close } = await listening(server, true);
    const error = await refusal(`postgres://user:secret@127.0.0.1:${port}/tuesday`);
    expect(error.kind).toBe('unavailable');
    await close();
  });

  it('takes the connection and never answers: it is given up after a while', async () => {
    const server = createServer((socket) => socket.resume());
    const { port, close } = await listening(server, true);
    const error = await refusal(`postgres://user:secret@127.0.0.1:${port}/tuesday`);
    expect(error.message).toMatch(/cannot be used: .*timeout/);
    await close();
  });

  it('says where a database is without its password, with the default port', () => {
    expect(locationOf('postgres://me:secret@db.example/tuesday')).toBe('db.example:5432/tuesday');
    expect(locationOf('postgresql://me:secret@db:6000/x')).toBe('db:6000/x');
  });
});

/** The port of a server; closed again unless it is to stay. */
async function listening(server: Server, stays = false) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  if (!stays) await close();
  return { port, close };
}

describe('the tables', () => {
  interface Column {
    name: string;
    type: string;
    nullable: boolean;
    filled: boolean;
  }
  const order = (columns: Column[]) => columns.sort((a, b) => a.name.localeCompare(b.name));

  /** As PostgreSQL names types and Drizzle does. */
  const TYPE: Record<string, string> = {
    'timestamp with time zone': 'timestamptz',
    'timestamp(3) with time zone': 'timestamptz(3)',
    'timestamp (3) with time zone': 'timestamptz(3)',
    bigserial: 'bigint',
  };
  const typeOf = (type: string): string => TYPE[type] ?? type;

  /** Rows that only the SQL functions insert. */
  const FILLED_BY_SQL_ALONE: Record<string, string[]> = {
    rounds: ['fence_generation', 'fence_entry', 'fence_attempt'],
  };

  const tables = Object.values(schema).filter((value) => isTable(value)) as PgTable[];
  const drizzleColumns = (table: Table): Column[] =>
    order(
      Object.values(getTableColumns(table)).map((column) => ({
        name: column.name,
        type: typeOf(column.getSQLType()),
        nullable: !column.notNull,
        filled: column.hasDefault,
      })),
    );

  it('are those of the Drizzle schema, with the same columns, types, nulls and defaults', async () => {
    const opened = await openLedger(database.url);
    await opened.close();
    const rows = await inDatabase<Column & { table: string }>(
      `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
              NOT a.attnotnull AS nullable, a.atthasdef AS filled
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
         AND a.attnum > 0 AND NOT a.attisdropped`,
    );
    const inPostgres = new Map<string, Column[]>();
    for (const { table, type, ...column } of rows)
      inPostgres.set(table, [...(inPostgres.get(table) ?? []), { ...column, type: typeOf(type) }]);
    expect([...inPostgres.keys()].sort()).toEqual(tables.map(getTableName).sort());
    for (const table of tables) {
      const name = getTableName(table);
      const filled = FILLED_BY_SQL_ALONE[name] ?? [];
      expect({
        [name]: order(inPostgres.get(name) ?? []).map((column) => ({
          ...column,
          filled: column.filled && !filled.includes(column.name),
        })),
      }).toEqual({ [name]: drizzleColumns(table) });
    }
  });

  it('have the primary keys of the Drizzle schema', async () => {
    const opened = await openLedger(database.url);
    await opened.close();
    const rows = await inDatabase<{ table: string; columns: string[] }>(
      `SELECT i.indrelid::regclass::text AS table,
              array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) AS columns
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       JOIN pg_class c ON c.oid = i.indrelid
       WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace GROUP BY 1`,
    );
    const expected = tables.map((table) => {
      const { name, columns, primaryKeys } = getTableConfig(table);
      const single = columns.filter(({ primary }) => primary).map((column) => column.name);
      const composed = primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
      return { table: name, columns: [...single, ...composed] };
    });
    const byName = (a: { table: string }, b: { table: string }) => a.table.localeCompare(b.table);
    expect(rows.sort(byName)).toEqual(expected.sort(byName));
  });
});
