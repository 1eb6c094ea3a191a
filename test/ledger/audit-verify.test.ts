/** Whatever is done to the audit log behind its back, `verify` finds it and says where. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { benchAudit } from '../../bench/support/bench-secret';
import type { AuditHead } from '../../contracts/audit';
import { createAuditSeal, type SealedRow, sealRows } from '../../contracts/audit-seal';
import type { AuditReport } from '../../contracts/audit-views';
import { AUDIT_VERIFY } from '../../contracts/limits';
import { openLedger } from '../../ledger';
import { auditEntry } from '../support/audit';
import { openTestLedger, type TestLedger } from '../support/test-ledger';

const ENTRIES = 9;
const AUTHOR = { actor: 'u-admin', verified: true, from: { way: 'api' } } as const;

let test: TestLedger;
let rows: SealedRow[];
let people: { digest: string; person: string; value: string; salt: string }[];
/** As it is kept elsewhere. */
let head: AuditHead;

beforeAll(async () => {
  test = await openTestLedger();
  for (let n = 1; n <= ENTRIES; n++)
    await test.audit.append(auditEntry(`entry ${n}`, { actor: `u-${n % 3}` }));
  const stored = await test.rows<SealedRow>('SELECT * FROM audit_log ORDER BY sequence');
  rows = stored.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  people = await test.rows('SELECT * FROM audit_people');
  head = (await test.audit.verify()).head;
  // Who owns the database can do away with what stands in the way.
  for (const name of ['keys', 'runs', 'actors', 'times', 'actions'])
    await test.rows(`DROP INDEX audit_log_${name}`);
});
afterAll(() => test.drop());

const GUARDED = ['audit_log', 'audit_head'];

async function guard(how: 'DISABLE' | 'ENABLE ALWAYS'): Promise<void> {
  const triggers = await test.rows<{ name: string; table: string }>(
    `SELECT tgname AS name, tgrelid::regclass::text AS "table" FROM pg_trigger
     WHERE tgrelid::regclass::text = ANY ($1) AND NOT tgisinternal`,
    [GUARDED],
  );
  for (const { name, table } of triggers)
    await test.rows(`ALTER TABLE ${table} ${how} TRIGGER ${name}`);
}

/** Does it with the triggers off, so that nothing but what was done can be found. */
async function behindItsBack(tampering: () => Promise<unknown>): Promise<void> {
  await guard('DISABLE');
  await tampering();
  await guard('ENABLE ALWAYS');
}

async function put(chain: readonly SealedRow[], last = chain.at(-1)): Promise<void> {
  await test.rows('TRUNCATE audit_log');
  await test.rows(
    'INSERT INTO audit_log SELECT * FROM jsonb_populate_recordset(NULL::audit_log, $1)',
    [JSON.stringify(chain)],
  );
  await test.rows('UPDATE audit_head SET sequence = $1, hash = $2, mac = $3', [
    last?.sequence ?? 0,
    last?.hash ?? '',
    last?.mac ?? '',
  ]);
}

afterEach(() =>
  behindItsBack(async () => {
    await put(rows);
    await test.rows('TRUNCATE audit_people');
    await test.rows(
      'INSERT INTO audit_people SELECT * FROM jsonb_populate_recordset(NULL::audit_people, $1)',
      [JSON.stringify(people)],
    );
  }),
);

const kindsAt = ({ problems }: AuditReport): [string, number | undefined][] =>
  problems.map(({ kind, sequence }) => [kind, sequence]);

const row = (sequence: number): SealedRow => rows[sequence - 1] as SealedRow;

describe('an audit log that nobody has touched', () => {
  it('is intact, and its head is the one kept elsewhere', async () => {
    expect(await test.audit.verify(head)).toEqual({
      intact: true,
      entries: ENTRIES,
      head: { sequence: ENTRIES, mac: row(ENTRIES).mac },
      anchors: 1,
      problems: [],
      unlisted: 0,
    });
  });

  it('is read in parts', async () => {
    jest.replaceProperty(AUDIT_VERIFY, 'rowsAtOnce', 2 as never);
    expect(await test.audit.verify()).toMatchObject({ intact: true, entries: ENTRIES });
    jest.restoreAllMocks();
  });
});

describe('what is done behind its back is found', () => {
  it('one byte of an entry', async () => {
    await behindItsBack(() =>
      test.rows(`UPDATE audit_log SET entry = replace(entry, 'pause', 'pausE') WHERE sequence = 4`),
    );
    expect(kindsAt(await test.audit.verify())).toEqual([['changed', 4]]);
  });

  it('an entry made unreadable, which is not listed', async () => {
    await behindItsBack(() =>
      test.rows(`UPDATE audit_log SET entry = '{"at": 1}' WHERE sequence = 4`),
    );
    expect(kindsAt(await test.audit.verify())).toEqual([['changed', 4]]);
    await expect(test.audit.list({ limit: 200 })).rejects.toThrow(/Entry 4 .* cannot be read/);
  });

  it('a row removed from the middle', async () => {
    await behindItsBack(() => test.rows('DELETE FROM audit_log WHERE sequence IN (4, 5)'));
    expect(await test.audit.verify()).toMatchObject({
      intact: false,
      problems: [{ kind: 'missing', message: 'Entries 4 to 5 are missing.' }],
    });
  });

  it('a row removed from the end', async () => {
    await behindItsBack(() => test.rows(`DELETE FROM audit_log WHERE sequence = ${ENTRIES}`));
    expect(kindsAt(await test.audit.verify())).toEqual([['head', ENTRIES]]);
  });

  it('a row removed from the end, with the head put back: by what is kept elsewhere', async () => {
    await behindItsBack(() => put(rows.slice(0, -1)));
    expect((await test.audit.verify()).intact).toBe(true);
    expect(kindsAt(await test.audit.verify(head))).toEqual([['anchor', ENTRIES]]);
  });

  it('two rows swapped', async () => {
    const swapped = rows.map((one) =>
      one.sequence === 3
        ? { ...row(6), sequence: 3 }
        : one.sequence === 6
          ? { ...row(3), sequence: 6 }
          : one,
    );
    await behindItsBack(() => put(swapped));
    const report = await test.audit.verify();
    expect(new Set(report.problems.map(({ sequence }) => sequence))).toEqual(new Set([3, 4, 6, 7]));
  });

  it('a chain made again without the key', async () => {
    const other = createAuditSeal(randomBytes(32), 'x');
    const made = sealRows(
      other,
      row(3),
      rows.slice(3).map(({ entry }) => entry.replace('pause', 'stop')),
    );
    await behindItsBack(() => put([...rows.slice(0, 3), ...made]));
    expect(kindsAt(await test.audit.verify())).toEqual(
      made.map(({ sequence }) => ['unsealed', sequence]),
    );
  });

  it('triggers dropped and the table emptied', async () => {
    await test.rows('ALTER TABLE audit_log DISABLE TRIGGER audit_log_table');
    await test.rows('TRUNCATE audit_log');
    const report = await test.audit.verify(head);
    expect(kindsAt(report)).toEqual([
      ['anchor', ENTRIES],
      ['head', ENTRIES],
      ['guard', undefined],
    ]);
  });

  it('the head changed, or gone', async () => {
    await behindItsBack(() => test.rows('UPDATE audit_head SET sequence = 3'));
    expect(kindsAt(await test.audit.verify())).toEqual([['head', 3]]);
    const [kept] = await test.rows('SELECT * FROM audit_head');
    await behindItsBack(() => test.rows('DELETE FROM audit_head'));
    expect(kindsAt(await test.audit.verify())).toEqual([['head', undefined]]);
    await test.rows(
      'INSERT INTO audit_head SELECT * FROM jsonb_populate_record(NULL::audit_head, $1)',
      [JSON.stringify(kept)],
    );
  });

  it('another name put behind a digest, or one taken away', async () => {
    await test.rows(`UPDATE audit_people SET value = 'u-9' WHERE value = 'u-1'`);
    await test.rows(`DELETE FROM audit_people WHERE value = 'u-2'`);
    expect(kindsAt(await test.audit.verify())).toEqual([
      ['person', 1],
      ['person', 2],
    ]);
  });

  it('more than can be listed: the rest is counted', async () => {
    jest.replaceProperty(AUDIT_VERIFY, 'problemsMax', 2 as never);
    await behindItsBack(() => test.rows(`UPDATE audit_log SET mac = ''`));
    const { problems, unlisted } = await test.audit.verify();
    expect(problems).toHaveLength(2);
    expect(unlisted).toBeGreaterThan(2);
    jest.restoreAllMocks();
  });

  type Field = 'entry' | 'hash' | 'mac';
  const anyRow = fc.integer({ min: 0, max: ENTRIES - 1 });
  const tampering = fc.oneof(
    fc.record({
      how: fc.constant('change' as const),
      at: anyRow,
      field: fc.constantFrom<Field>('entry', 'hash', 'mac'),
      place: fc.nat(),
      byte: fc.integer({ min: 0x20, max: 0x7e }),
    }),
    fc.record({
      how: fc.constant('remove' as const),
      at: anyRow,
      count: fc.integer({ min: 1, max: ENTRIES }),
    }),
    fc.record({
      how: fc.constant('swap' as const),
      at: anyRow,
      by: fc.integer({ min: 1, max: ENTRIES - 1 }),
    }),
    fc.record({ how: fc.constant('repeat' as const), at: anyRow }),
    fc.record({ how: fc.constant('forge' as const), at: anyRow, keeps: fc.boolean() }),
  );
  type Tampering = typeof tampering extends fc.Arbitrary<infer T> ? T : never;

  /** The chain as it is then; the head is put where its end is. */
  function tampered(how: Tampering): SealedRow[] {
    const chain = rows.map((one) => ({ ...one }));
    const target = chain[how.at] as SealedRow;
    switch (how.how) {
      case 'change': {
        const text = target[how.field];
        const place = how.place % text.length;
        const byte = String.fromCharCode(how.byte);
        const other = byte === text[place] ? '~' : byte;
        target[how.field] = text.slice(0, place) + other + text.slice(place + 1);
        return chain;
      }
      case 'remove':
        chain.splice(how.at, how.count);
        return chain;
      case 'swap': {
        const other = chain[(how.at + how.by) % ENTRIES] as SealedRow;
        [target.sequence, other.sequence] = [other.sequence, target.sequence];
        return chain.sort((a, b) => a.sequence - b.sequence);
      }
      case 'repeat':
        return [...chain, { ...target, sequence: ENTRIES + 1 }];
      case 'forge': {
        const seal = how.keeps
          ? { fingerprint: '', macOf: () => target.mac }
          : createAuditSeal(randomBytes(32), '');
        const before = chain[how.at - 1] ?? { sequence: 0, hash: '', mac: '' };
        const forged = chain
          .slice(how.at)
          .map(({ entry }) => entry.replace('switch_on', 'run_held'));
        return [...chain.slice(0, how.at), ...sealRows(seal, before, forged)];
      }
    }
  }

  it('any such tampering, at random', async () => {
    await fc.assert(
      fc.asyncProperty(tampering, async (how) => {
        await behindItsBack(() => put(tampered(how)));
        expect((await test.audit.verify(head)).intact).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a person who is erased', () => {
  it('cannot be told any more, and the log is intact', async () => {
    const erased = await test.audit.erase('u-1', AUTHOR);
    expect(erased.digests).toHaveLength(2);
    const { entries } = await test.audit.list({ limit: 200 });
    expect(JSON.stringify(entries)).not.toContain('"u-1"');
    expect(entries[0]).toMatchObject({
      action: 'audit_subject_erased',
      actor: { id: 'u-admin' },
      after: erased,
    });
    expect((await test.audit.list({ actor: 'u-1', limit: 1 })).entries).toEqual([]);
    expect(await test.audit.verify(head)).toMatchObject({ intact: true, entries: ENTRIES + 1 });
    await expect(test.audit.erase('u-1', AUTHOR)).rejects.toThrow(/tells nothing of "u-1"/);
  });
});

describe('a secret that is replaced', () => {
  const next = createAuditSeal(randomBytes(32), 'next');
  const opening = () =>
    openLedger(test.url, undefined, { seal: next, previous: benchAudit().seal });
  afterEach(() => test.rows('UPDATE audit_head SET secret = $1', [benchAudit().seal.fingerprint]));

  it('seals what comes, and vouches for what came before', async () => {
    const opened = await opening();
    await opened.audit.append(auditEntry('later'));
    expect(await opened.audit.verify(head)).toMatchObject({ intact: true, entries: ENTRIES + 2 });
    await expect(test.audit.append(auditEntry('late'))).rejects.toThrow(/not available/);
    for (const field of ['entry', 'hash', 'mac']) {
      await behindItsBack(() =>
        test.rows(
          `UPDATE audit_log SET ${field} = replace(${field}, substr(${field}, 9, 4), 'eeee') WHERE sequence = 2`,
        ),
      );
      expect((await opened.audit.verify()).intact).toBe(false);
      await behindItsBack(() =>
        test.rows(`UPDATE audit_log SET ${field} = $1 WHERE sequence = 2`, [
          row(2)[field as 'entry'],
        ]),
      );
    }
    expect((await opened.audit.verify()).intact).toBe(true);
    await opened.close();
  });

  it('is not, while the log is not intact', async () => {
    await behindItsBack(() => test.rows('DELETE FROM audit_log WHERE sequence = 2'));
    await expect(opening()).rejects.toThrow(
      'The secret is not replaced while the audit log is not intact: Entry 2 is missing.',
    );
  });
});
