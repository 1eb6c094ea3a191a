import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { openLedger } from '../../ledger';
import { auditSealOf, keysOf } from '../../worker/secret';
import { auditEntry } from '../support/audit';
import { freshPlace, interrupt, type Place } from './installation-process';

// Each test starts several processes, on machines that may be busy.
jest.setTimeout(180_000);

let place: Place;
beforeEach(async () => {
  place = await freshPlace();
});
afterEach(() => place.remove());

async function inDatabase(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: place.env.DATABASE_URL });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

const secretOf = async () => (await readFile(join(place.dataDir, 'secret'), 'utf8')).trim();

it('lists what was done, verifies it, erases people, and finds what was done behind its back', async () => {
  const up = await place.up();
  const ledger = await openLedger(place.env.DATABASE_URL ?? '', undefined, {
    seal: auditSealOf(keysOf(await secretOf())),
  });
  for (const key of ['a', 'b']) await ledger.audit.append(auditEntry(key));
  await ledger.close();

  const list = await place.tuesday(['audit', '--actor', 'u-7', '--since', '2026-01-01']);
  expect(list).toMatchObject({ exitCode: 0 });
  expect(list.stdout.split('\n')[1]).toMatch(
    /^ *2 {2}2026-01-02T\S+ {2}switch_on {2}u-7 {2}team report .*mode=null → mode=pause .*api 192\.0\.2\.7/,
  );
  const verified = await place.tuesday(['audit', 'verify']);
  expect(verified).toMatchObject({ exitCode: 0 });
  const [, anchor = ''] = /--anchor: (2:[0-9a-f]{64})$/.exec(verified.stdout) ?? [];

  expect(await place.tuesday(['audit', 'erase', 'u-7'])).toMatchObject({ exitCode: 0 });
  expect(await place.tuesday(['audit', 'erase', 'u-7'])).toMatchObject({ exitCode: 7 });
  const { stdout } = await place.tuesday(['audit', 'list', '--limit', '2']);
  expect(stdout).toMatch(/erased:[0-9a-f]{12}/);
  expect(stdout).not.toContain('u-7');
  const json = await place.tuesday(['audit', 'verify', '--anchor', anchor, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ intact: true, entries: 3 });
  expect(await place.tuesday(['audit', 'verify', '--anchor', 'x'])).toMatchObject({ exitCode: 2 });

  // The heads that were kept are in a file and in the log.
  for (const file of ['audit-anchors.jsonl', 'tuesday.log'])
    expect(await readFile(join(place.dataDir, file), 'utf8')).toContain(`"auditSequence":3`);

  await inDatabase(
    'ALTER TABLE audit_log DISABLE TRIGGER ALL; ALTER TABLE audit_head DISABLE TRIGGER ALL',
    'DELETE FROM audit_log WHERE sequence = 3',
    `UPDATE audit_head SET (sequence, hash, mac) =
       (SELECT sequence, hash, mac FROM audit_log WHERE sequence = 2)`,
  );
  const broken = await place.tuesday(['audit', 'verify']);
  expect(broken).toMatchObject({ exitCode: 8 });
  expect(broken.stdout).toContain('Entry 3 was recorded, as is kept elsewhere, and is gone.');
  expect(broken.stdout).toContain(
    'The trigger audit_log_row, which refuses changes, is gone or off.',
  );
  await interrupt(up);
});

it('lets nobody in with another secret, whoever it is, but one who says what it was before', async () => {
  await interrupt(await place.up());
  const other = { TUESDAY_SECRET: 'another secret of forty and more characters' };
  for (const command of [
    ['up', '--port', '0'],
    ['worker', '--simulator'],
  ]) {
    const refused = await place.start(command, other).ended;
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain(
      'This process has another secret than the installation whose ledger it uses: give it the same TUESDAY_SECRET, or a copy of the file `secret`',
    );
  }
  const TUESDAY_SECRET_PREVIOUS = await secretOf();
  const up = await place.up({ ...other, TUESDAY_SECRET_PREVIOUS });
  const list = await place.tuesday(['audit', '--json']);
  expect(JSON.parse(list.stdout).entries).toMatchObject([{ action: 'secret_changed' }]);
  await interrupt(up);
  const before = place.start(['up', '--port', '0']);
  expect(await before.ended).toMatchObject({ exitCode: 2 });
  const short = await place.start(['up', '--json'], { ...other, TUESDAY_SECRET_PREVIOUS: 'short' })
    .ended;
  expect(short.stderr).toContain('TUESDAY_SECRET_PREVIOUS has 5 characters');
});
