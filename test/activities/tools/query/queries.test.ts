import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '../../../../contracts/content';
import { ask, COMPANIES, dataFile, failureOf, rowsOf, writeParquet } from './data-folder';

describe('query_data', () => {
  it('reads CSV, JSON and Parquet files as tables by their names', async () => {
    await writeParquet('shares.parquet', 'SELECT 1 AS id, 0.25::DECIMAL(5,2) AS share');
    expect(
      await ask(
        'SELECT c.name, p.price.eur, s.share FROM companies c JOIN "sub/prices" p USING (id) JOIN shares s USING (id)',
      ),
    ).toEqual({
      source: 'filings',
      columns: [
        { name: 'name', type: 'VARCHAR' },
        { name: 'eur', type: 'DOUBLE' },
        { name: 'share', type: 'DECIMAL(5,2)' },
      ],
      rows: [['Ärzte GmbH', 1.5, '0.25']],
    });
  });

  it('lists its tables: no hidden file, no pattern, and no link that leads out', async () => {
    const { rows, columns } = await ask('show tables;');
    expect(columns.map(({ name }) => name)).toEqual(['table', 'file', 'bytes']);
    expect(rows).toEqual([
      ['companies', 'companies.csv', Buffer.byteLength(COMPANIES)],
      ['same', 'same.csv', Buffer.byteLength(COMPANIES)],
      ['sub/prices', 'sub/prices.json', expect.any(Number)],
    ]);
    expect(await rowsOf('SHOW ALL TABLES')).toEqual(rows);
  });

  it('tells files of one name apart by their endings', async () => {
    writeFileSync(dataFile('companies.json'), '{"other": true}');
    const names = (await rowsOf('SHOW TABLES')).map(([name]) => name);
    expect(names).toEqual(['companies.csv', 'companies.json', 'same', 'sub/prices']);
    expect(await rowsOf('FROM "companies.json"')).toEqual([[true]]);
    expect(await failureOf('FROM companies')).toMatchObject({
      kind: 'not_found',
      details: { close: ['companies.csv', 'companies.json'] },
    });
  });

  it.each<[string, unknown[][]]>([
    [
      'DESCRIBE companies',
      [
        ['id', 'BIGINT'],
        ['name', 'VARCHAR'],
        ['founded', 'DATE'],
      ],
    ],
    [
      'SUMMARIZE companies',
      [
        ['id', 'BIGINT'],
        ['name', 'VARCHAR'],
        ['founded', 'DATE'],
      ],
    ],
    ['FROM Companies WHERE id = 1', [[1, 'Ärzte GmbH']]],
    ["SELECT * FROM 'companies.csv' WHERE id = 1", [[1, 'Ärzte GmbH']]],
    ['WITH x AS (FROM companies) SELECT id, name FROM x LIMIT 1', [[1, 'Ärzte GmbH']]],
    ['SELECT x.id, 2 FROM main.companies x WHERE id IN (SELECT id FROM "sub/prices")', [[1, 2]]],
    [
      'PIVOT companies ON id IN (1, 2) USING count(*) GROUP BY founded ORDER BY ALL',
      [['1999-02-01', 1]],
    ],
    ['VALUES (1, 2)', [[1, 2]]],
    ['SELECT range, unnest([3]) FROM range(1)', [[0, 3]]],
    ['SELECT key, value FROM json_each(\'{"a": 1}\')', [['a', '1']]],
    ['SELECT 1, 2 -- a comment; with a semicolon', [[1, 2]]],
    ['/* SELECT 0; */ SELECT 1, 2;', [[1, 2]]],
    ["SELECT ';', 'it''s'", [[';', "it's"]]],
  ])('takes %s', async (sql, beginnings) => {
    const rows = await rowsOf(sql);
    expect(rows.map((row) => row.slice(0, 2)).slice(0, beginnings.length)).toEqual(beginnings);
  });

  it.each<[string, unknown]>([
    ['9007199254740991::BIGINT', 9_007_199_254_740_991],
    ['9007199254740993::BIGINT', '9007199254740993'],
    [
      '-170141183460469231731687303715884105727::HUGEINT',
      '-170141183460469231731687303715884105727',
    ],
    ['[1::BIGINT, 9007199254740993]', [1, '9007199254740993']],
    ['1.50::DECIMAL(10,2)', '1.50'],
    ["DATE '2024-02-29'", '2024-02-29'],
    ["TIMESTAMP '2024-02-29 03:04:05.123456'", '2024-02-29 03:04:05.123456'],
    ["TIMESTAMPTZ '2024-02-29 03:04:05+02'", '2024-02-29 01:04:05+00'],
    ["TIME '10:00:00'", '10:00:00'],
    ['NULL', null],
    ['true', true],
    ["'nan'::DOUBLE", 'NaN'],
    ["{'a': 1, 'b': [{'c': DATE '2024-01-01'}]}", { a: 1, b: [{ c: '2024-01-01' }] }],
    ["MAP {'k': 1}", [{ key: 'k', value: 1 }]],
    ["'\\xAA\\x00'::BLOB", '\\xAA\\x00'],
    ["'a'::ENUM('a', 'b')", 'a'],
    ['INTERVAL 1 DAY', { months: 0, days: 1, micros: '0' }],
    ['\'{"a": [1]}\'::JSON', '{"a": [1]}'],
    ["'Zoë 🎉'", 'Zoë 🎉'],
  ])('gives %s as JSON', async (expression, value) => {
    const result = await ask(`SELECT ${expression}`);
    expect(result.rows).toEqual([[value]]);
    expect(JSON.parse(canonicalJson(result))).toEqual(result);
  });

  it('says which tables there are where one is not', async () => {
    expect(await failureOf('SELECT * FROM compnies')).toMatchObject({
      name: 'ToolError',
      kind: 'not_found',
      message: 'there is no table compnies',
      retryable: false,
      details: { close: ['companies'], tables: ['companies', 'same', 'sub/prices'] },
    });
  });

  it.each<[string, RegExp]>([
    ['SELEC 1', /syntax error at or near "SELEC"/],
    ['SELECT nme FROM companies', /Candidate bindings: "name"/],
    ['SELECT nofunction(1)', /nofunction does not exist/],
    ["SELECT 'x'::INTEGER", /Could not convert string 'x' to INT32/],
    ['SELECT $1', /parameter/],
  ])('says what is wrong with %s', async (sql, message) => {
    const error = await failureOf(sql);
    expect(error).toMatchObject({ kind: 'invalid_input', retryable: false });
    expect(error.message).toMatch(message);
  });

  it('names a file that cannot be read, and is in nobody else’s way', async () => {
    writeFileSync(dataFile('broken.parquet'), 'no Parquet');
    expect(await failureOf('FROM broken')).toMatchObject({
      // Of the source, and not of the call: it may be in the middle of being written.
      kind: 'bad_output',
      retryable: true,
      message: expect.stringMatching(/^the file broken\.parquet cannot be read: /),
    });
    expect(await rowsOf('SELECT count(*) FROM companies')).toEqual([[2]]);
  });

  it('tells one that is damaged in its middle from a mistake in the query', async () => {
    await writeParquet('long.parquet', 'SELECT range AS a, range::VARCHAR AS b FROM range(20000)');
    const bytes = readFileSync(dataFile('long.parquet'));
    for (let at = 1_000; at < bytes.length - 2_000; at += 7) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(dataFile('long.parquet'), bytes);
    expect(await failureOf('SELECT max(b) FROM long')).toMatchObject({ kind: 'bad_output' });
    const lines = Array.from({ length: 30_000 }, (_, line) => `${line},x`).join('\n');
    writeFileSync(dataFile('lines.csv'), `a,b\n${lines}\n"broken\n`);
    expect(await failureOf('SELECT max(b) FROM lines')).toMatchObject({ kind: 'bad_output' });
    expect(await failureOf("SELECT json('{') FROM same")).toMatchObject({ kind: 'invalid_input' });
  });

  it('is unavailable where its folder is gone', async () => {
    rmSync(dataFile(''), { recursive: true });
    expect(await failureOf('SHOW TABLES')).toMatchObject({
      kind: 'unavailable',
      retryable: true,
      message: 'the data of filings cannot be reached (ENOENT)',
    });
    writeFileSync(dataFile('.'), 'a file in its place');
    expect(await failureOf('SHOW TABLES')).toMatchObject({ kind: 'unavailable', retryable: true });
  });

  it('cuts long results, long values and wide tables', async () => {
    const limits = { rowsMax: 3, resultCharactersMax: 200, cellCharactersMax: 10 };
    const ten = await ask('FROM range(10)', { limits });
    expect(ten).toMatchObject({ rows: [[0], [1], [2]], cut: true });
    expect(await ask('FROM range(3)', { limits })).not.toHaveProperty('cut');
    const long = await ask("SELECT repeat('😀', 100) FROM range(3)", { limits });
    expect(long.rows).toEqual(Array(3).fill(['😀😀😀😀😀… [cut, 200 characters]']));
    const nested = await ask("SELECT ['abcdefghij', 'x'] FROM range(9)", {
      limits: { ...limits, rowsMax: 9 },
    });
    expect(nested.rows[0]).toEqual(['["abcdefgh… [cut, 18 characters]']);
    expect(nested.rows.length).toBeLessThan(9);
    expect(nested.cut).toBe(true);
    const wide = Array.from({ length: 50 }, (_, index) => `${index} AS column_${index}`);
    expect(await failureOf(`SELECT ${wide}`, { limits })).toMatchObject({
      kind: 'too_large',
      message: expect.stringContaining('50 columns'),
    });
  });
});
