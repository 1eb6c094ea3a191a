/** What a query must not do, whoever wrote it. */
import childProcess from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askAtOnce, COMPANIES, failureOf, place, SECRET } from './data-folder';

/** Everything below the place, with its content. */
function everything(): Record<string, string> {
  const files = readdirSync(place(), { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'utf8')]),
  );
}

const OUT = '../outside/out';

describe('query_data refuses', () => {
  it.each([
    // Files outside.
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '../outside/secret.csv'",
    "SELECT * FROM read_csv('../outside/secret.csv')",
    "SELECT * FROM read_csv('link.csv')",
    "SELECT * FROM 'link.csv'",
    'SELECT * FROM link',
    "SELECT * FROM 'linked/secret.csv'",
    "SELECT * FROM '.hidden.csv'",
    "SELECT * FROM '*.csv'",
    "SELECT * FROM '../*/*.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM read_blob('http://127.0.0.1:1/x')",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "WITH x AS (SELECT content FROM read_text('/etc/passwd')) SELECT * FROM x",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM companies WHERE name IN (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT getenv('HOME')",
    // Writing.
    `COPY companies TO '${OUT}.csv'`,
    `COPY (SELECT 1) TO '${OUT}.csv'`,
    "COPY (SELECT 1) TO 'companies.csv'",
    "COPY companies FROM '/etc/passwd'",
    `EXPORT DATABASE '${OUT}'`,
    `IMPORT DATABASE '${OUT}'`,
    `ATTACH '${OUT}.db'`,
    "ATTACH 'companies.csv' AS other",
    'CREATE TABLE x AS SELECT 1',
    'CREATE VIEW x AS SELECT 1',
    'CREATE MACRO x() AS 1',
    'CREATE SECRET (TYPE s3)',
    'INSERT INTO companies VALUES (3)',
    'WITH x AS (SELECT 1) INSERT INTO companies SELECT * FROM x',
    'UPDATE companies SET id = 1',
    'DELETE FROM companies RETURNING *',
    'DROP VIEW companies',
    'CHECKPOINT',
    // Table functions that write, though they are only selected from.
    "SELECT * FROM enable_profiling(save_location := 'companies.csv')",
    "SELECT * FROM enable_profiling(save_location := 'companies.json', format := 'json')",
    "SELECT * FROM companies, system.main.enable_profiling(save_location := 'companies.csv')",
    "SELECT * FROM ENABLE_LOGGING(storage := 'file', storage_config := {'path': 'companies.csv'})",
    'SELECT * FROM "enable_logging"()',
    'SELECT * FROM force_checkpoint()',
    'SELECT * FROM arrow_scan(1::POINTER, 2::POINTER, 3::POINTER)',
    // Settings and extensions.
    'INSTALL httpfs',
    'LOAD httpfs',
    "LOAD './evil.duckdb_extension'",
    'FORCE INSTALL httpfs FROM community',
    'SET enable_external_access = true',
    "SET memory_limit = '100GB'",
    'RESET lock_configuration',
    'PRAGMA enable_profiling',
    "PRAGMA temp_directory = '/tmp'",
    'CALL enable_logging()',
    'USE memory',
    'BEGIN',
    'PREPARE x AS SELECT 1',
    'EXPLAIN ANALYZE SELECT 1',
    // More than one, or none, in every disguise.
    'SELECT 1; SELECT 2',
    `SELECT 1; COPY (SELECT 1) TO '${OUT}.csv'`,
    `SELECT 1;\n--;\nCOPY (SELECT 1) TO '${OUT}.csv'`,
    `/* SELECT */ COPY (SELECT 1) TO '${OUT}.csv'`,
    `-- SELECT 1\nCOPY (SELECT 1) TO '${OUT}.csv'`,
    `SELECT 1 /* /* */ */; COPY (SELECT 1) TO '${OUT}.csv' -- */`,
    `SELECT '\\'; COPY (SELECT 1) TO '${OUT}.csv' --'`,
    ';;',
    '-- nothing',
    '\u0000',
  ])('%s', async (sql) => {
    const before = everything();
    const error = await failureOf(sql);
    expect(error).toMatchObject({ name: 'ToolError', retryable: false });
    expect(error.kind).toMatch(/invalid_input|rejected|not_found/);
    expect(JSON.stringify([error.message, error.details])).not.toMatch(
      new RegExp(`${SECRET}|root:|${place()}`),
    );
    expect(everything()).toEqual(before);
  });

  it('to tell where its files are', async () => {
    const { rows } = await ask(
      "SELECT name, value FROM duckdb_settings() WHERE value LIKE '%/data%'",
    ).catch((error) => ({ rows: error.kind }));
    expect(rows).toBe('rejected');
  });
});

describe('query_data bounds', () => {
  const hasNoTime = { limits: { totalMs: 1_500 } };
  const tooLarge = { name: 'ToolError', kind: 'too_large', retryable: false };
  const late = { name: 'ToolError', kind: 'timeout', retryable: false };

  it.each([
    'WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x) SELECT max(a) FROM x',
    'SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c WHERE a.range + b.range = c.range + 7',
    'SELECT sleep_ms(60000)',
  ])('the time of %s', async (sql) => {
    const began = Date.now();
    expect(await failureOf(sql, hasNoTime)).toMatchObject(late);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it.each([
    "SELECT repeat('x', 3000000000)",
    "SELECT length(repeat('x', 3000000000))",
    "SELECT list(repeat('x', 1000) || range) FROM range(10000000)",
    'SELECT * FROM range(100000000) ORDER BY hash(range)',
  ])('the memory of %s', async (sql) => {
    const limits = { memoryMbMax: 200, processMbMax: 500 };
    expect(await failureOf(sql, { limits })).toMatchObject(tooLarge);
  });

  it('the rows of a result, however many there are, and takes no longer for them', async () => {
    const { rows, cut } = await ask("SELECT repeat('x', 1000) FROM range(1000000)");
    expect(cut).toBe(true);
    expect(rows.length).toBeLessThan(100);
  });

  it('queries at once: the others wait, and their time has not begun', async () => {
    const forked = jest.spyOn(childProcess, 'fork');
    const running = askAtOnce(['SELECT 1', 'SELECT 2', 'SELECT 3'], { processesMax: 1 });
    expect(forked).toHaveBeenCalledTimes(1);
    expect((await running).map(({ rows }) => rows)).toEqual([[[1]], [[2]], [[3]]]);
    expect(forked).toHaveBeenCalledTimes(3);
    forked.mockRestore();
  });
});

/** The signal that ended it. */
const exitOf = (child: childProcess.ChildProcess) =>
  new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));

describe('the process of a query', () => {
  const ENDLESS =
    'WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x) FROM x LIMIT 1 OFFSET 9000000000';
  let forked: jest.SpiedFunction<typeof childProcess.fork>;
  beforeEach(() => {
    forked = jest.spyOn(childProcess, 'fork');
  });
  afterEach(() => forked.mockRestore());
  /** The process, once it is at work. */
  async function processOf(query: Promise<unknown>) {
    query.catch(() => undefined);
    while (forked.mock.results.length === 0) await new Promise(setImmediate);
    return forked.mock.results[0]?.value as childProcess.ChildProcess;
  }

  it('may crash: that is a tool which is unavailable, and nothing else', async () => {
    const query = failureOf(ENDLESS);
    const child = await processOf(query);
    child.kill('SIGSEGV');
    expect(await query).toMatchObject({
      name: 'ToolError',
      kind: 'unavailable',
      retryable: true,
      message: 'the query ended its process (SIGSEGV)',
    });
  });

  it('ends with its caller', async () => {
    const giveUp = new AbortController();
    const query = failureOf(ENDLESS, { signal: giveUp.signal });
    const child = await processOf(query);
    const exit = exitOf(child);
    giveUp.abort(new Error('given up'));
    expect(await query).toMatchObject({ message: 'given up' });
    expect(await exit).toBe('SIGKILL');
  });

  it('ends with a worker that is no more', async () => {
    const query = failureOf(ENDLESS);
    const child = await processOf(query);
    const exit = exitOf(child);
    child.disconnect();
    expect(await exit).toBe('SIGKILL');
    expect(await query).toMatchObject({ kind: 'unavailable' });
  });

  it('ends with its answer, and knows nothing of the environment', async () => {
    const child = await processOf(ask('SELECT 1'));
    expect(await exitOf(child)).toBe('SIGKILL');
    expect(forked.mock.calls[0]?.[1]).toMatchObject({ env: {} });
    expect(readFileSync(join(place(), 'data', 'companies.csv'), 'utf8')).toBe(COMPANIES);
  });
});
