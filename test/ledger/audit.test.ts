import { benchAudit } from '../../bench/support/bench-secret';
import { createAuditSeal, hashOf, type SealedRow } from '../../contracts/audit-seal';
import { runKey } from '../../contracts/ids';
import { openLedger } from '../../ledger';
import type { RecordedEntry } from '../../ledger/audit-people';
import { auditEntry, decidedEvents } from '../support/audit';
import { type LedgerProcesses, startLedgerProcesses } from '../support/ledger-processes';
import {
  openRun,
  openTestLedger,
  outboxOf,
  recordEvents,
  type TestLedger,
} from '../support/test-ledger';

let test: TestLedger;

beforeEach(async () => {
  test = await openTestLedger();
});
afterEach(() => test.drop());

async function sealedRows(): Promise<SealedRow[]> {
  const rows = await test.rows<SealedRow>('SELECT * FROM audit_log ORDER BY sequence');
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
}
const entries = async (): Promise<RecordedEntry[]> =>
  (await sealedRows()).map(({ entry }) => JSON.parse(entry));

/** A2, by hand. */
async function expectChain(count: number): Promise<void> {
  const rows = await sealedRows();
  expect(rows.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: count }, (_, index) => index + 1),
  );
  let before = { hash: '', mac: '' };
  for (const row of rows) {
    expect(row.hash).toBe(hashOf(before, row));
    expect(row.mac).toBe(benchAudit().seal.macOf(row.hash));
    before = row;
  }
}

describe('the audit log', () => {
  it('A1: records what comes again under its key once', async () => {
    await test.audit.append(auditEntry('a'));
    await test.audit.append(auditEntry('b'));
    await test.audit.append(auditEntry('a', { actor: 'somebody else' }));
    expect((await entries()).map(({ key }) => key)).toEqual(['a', 'b']);
    await expectChain(2);
  });

  it('A3: refuses to change, remove or empty, and to move its head back', async () => {
    await test.audit.append(auditEntry('a'));
    for (const statement of [
      "UPDATE audit_log SET entry = '{}'",
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
      "SET session_replication_role = replica; UPDATE audit_log SET mac = ''",
      'UPDATE audit_head SET sequence = 0',
      "UPDATE audit_head SET mac = ''",
      'DELETE FROM audit_head',
      'TRUNCATE audit_head',
    ])
      await expect(test.rows(statement)).rejects.toThrow(/only ever appended to/);
    await expectChain(1);
  });

  it('A4: holds people and addresses as digests', async () => {
    await test.audit.append(
      auditEntry('a', { subject: { kind: 'user', id: 'u-8' }, person: 'u-9' }),
    );
    const [{ entry = '' } = {}] = await sealedRows();
    for (const personal of ['u-7', 'u-8', 'u-9', '192.0.2.7'])
      expect(entry).not.toContain(personal);
    await test.audit.append(auditEntry('b'));
    const [first, second] = await entries();
    expect(second?.actor).toBe(first?.actor);
    expect(second?.from).toEqual(first?.from);
  });

  it('seals with a key that never reaches the database', async () => {
    expect(createAuditSeal(Buffer.alloc(32, 1), 'x').macOf('a')).not.toBe(
      createAuditSeal(Buffer.alloc(32, 2), 'x').macOf('a'),
    );
  });

  it('is closed to a process with another secret', async () => {
    const seal = createAuditSeal(Buffer.alloc(32, 1), 'another');
    await expect(openLedger(test.url, undefined, { seal })).rejects.toThrow(/another secret/);
  });
});

describe('A5: an event of a run that a person has brought about', () => {
  it('is in the log with the event, once, however often it is told', async () => {
    const run = await openRun(test);
    await recordEvents(test.ledger, run, decidedEvents());
    await recordEvents(test.ledger, run, decidedEvents());
    expect(await entries()).toMatchObject([
      {
        action: 'decision_taken',
        run: runKey(run),
        subject: { kind: 'review', id: 'review-1' },
        after: { decisionId: 'd-1', decision: 'resume' },
        from: { way: 'temporal' },
      },
    ]);
    await expectChain(1);
  });
});

describe('processes that append at once', () => {
  let processes: LedgerProcesses;
  beforeEach(async () => {
    processes = await startLedgerProcesses(test.url, 3);
  });
  afterEach(() => processes.stop());

  it('A2: make one chain', async () => {
    for (let round = 0; round < 10; round++) {
      const runs = await Promise.all([openRun(test), openRun(test), openRun(test)]);
      await Promise.all([
        processes.atOnce(
          runs.map((run, index) => ({
            method: 'recordEvents',
            args: [outboxOf(run, decidedEvents(`u-${index}`))],
          })),
        ),
        test.audit.append(auditEntry(`own ${round}`)),
      ]);
    }
    await expectChain(40);
  });
});
