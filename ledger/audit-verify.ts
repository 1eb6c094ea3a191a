/** Verifying the audit log: every entry, its head, what guards it, and what is kept elsewhere. */
import { asc, gt, sql } from 'drizzle-orm';
import type { AuditHead } from '../contracts/audit';
import type { AuditSeal, SealedRow } from '../contracts/audit-seal';
import type { AuditProblem, AuditReport } from '../contracts/audit-views';
import { AUDIT_VERIFY } from '../contracts/limits';
import { type ChainFacts, checkChain } from './audit-check';
import { digestOfPerson } from './audit-people';
import { ask, type Database, type Transaction } from './database';
import { auditHead, auditLog, auditPeople } from './schema';

/** @param anchors heads kept elsewhere */
export async function verifyAudit(
  { transaction }: Database,
  seal: AuditSeal,
  anchors: readonly AuditHead[],
): Promise<AuditReport> {
  return ask(transaction((tx) => verifyIn(tx, seal, anchors)));
}

/** Within a transaction of its own: all of it is looked at as of one moment. */
export async function verifyIn(
  tx: Transaction,
  seal: AuditSeal,
  anchors: readonly AuditHead[],
): Promise<AuditReport> {
  await tx.execute(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`);
  const counted = { entries: 0 };
  const facts = await checkChain(rowsOf(tx, counted), seal, anchors);
  const problems = [
    ...facts.problems,
    ...(await checkHead(tx, facts.last)),
    ...(await checkPeople(tx, facts)),
    ...(await checkGuards(tx)),
  ];
  const listed = problems.slice(0, AUDIT_VERIFY.problemsMax);
  return {
    intact: problems.length === 0,
    entries: counted.entries,
    head: { sequence: facts.last?.sequence ?? 0, mac: facts.last?.mac ?? '' },
    anchors: anchors.length,
    problems: listed,
    unlisted: problems.length - listed.length,
  };
}

async function* rowsOf(tx: Transaction, counted: { entries: number }): AsyncGenerator<SealedRow> {
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page = await tx
      .select()
      .from(auditLog)
      .where(gt(auditLog.sequence, after))
      .orderBy(asc(auditLog.sequence))
      .limit(AUDIT_VERIFY.rowsAtOnce);
    counted.entries += page.length;
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < AUDIT_VERIFY.rowsAtOnce) return;
    after = last.sequence;
  }
}

async function checkHead(tx: Transaction, last: SealedRow | undefined): Promise<AuditProblem[]> {
  const [head] = await tx.select().from(auditHead);
  if (!head) return [{ kind: 'head', message: 'The head of the log is gone.' }];
  const { sequence, hash, mac } = last ?? { sequence: 0, hash: '', mac: '' };
  if (head.sequence === sequence && head.hash === hash && head.mac === mac) return [];
  return [
    {
      kind: 'head',
      sequence: head.sequence,
      message: `The head of the log says that entry ${head.sequence} is the last one; that is entry ${sequence}, or it was otherwise.`,
    },
  ];
}

async function checkPeople(tx: Transaction, facts: ChainFacts): Promise<AuditProblem[]> {
  const problems: AuditProblem[] = [];
  const told = new Set<string>();
  for (const row of await tx.select().from(auditPeople)) {
    told.add(row.digest);
    if (digestOfPerson(row) !== row.digest)
      problems.push({
        kind: 'person',
        ...sequenceOf(facts, row.digest),
        message: `Another name was put behind the digest ${row.digest}.`,
      });
  }
  for (const [digest, sequence] of facts.people)
    if (!told.has(digest) && !facts.erased.has(digest))
      problems.push({
        kind: 'person',
        sequence,
        message: `Whom the digest ${digest} stands for was removed, and no entry says so.`,
      });
  return problems;
}

function sequenceOf({ people }: ChainFacts, digest: string): Pick<AuditProblem, 'sequence'> {
  const sequence = people.get(digest);
  return sequence === undefined ? {} : { sequence };
}

/** As `0013_audit.sql` makes them. */
const GUARDS = [
  'audit_log_row',
  'audit_log_table',
  'audit_head_back',
  'audit_head_row',
  'audit_head_table',
];

async function checkGuards(tx: Transaction): Promise<AuditProblem[]> {
  const { rows } = await tx.execute<{ name: string }>(
    sql`SELECT tgname AS name FROM pg_trigger
        WHERE tgrelid IN ('audit_log'::regclass, 'audit_head'::regclass) AND tgenabled = 'A'`,
  );
  const there = new Set(rows.map(({ name }) => name));
  return GUARDS.filter((name) => !there.has(name)).map((name) => ({
    kind: 'guard',
    message: `The trigger ${name}, which refuses changes, is gone or off.`,
  }));
}
