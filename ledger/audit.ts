/** Appending to the audit log: one at a time over all processes, by the lock on its head. */
import { sql } from 'drizzle-orm';
import type { Anchors, AuditEntry, AuditHead, AuditLog } from '../contracts/audit';
import { type AuditSeal, type SealedRow, sealRows } from '../contracts/audit-seal';
import { canonicalJson } from '../contracts/content';
import { LedgerUnavailable } from '../contracts/errors';
import { type KnownPerson, namePeople, peopleOf, recordedEntry } from './audit-people';
import { otherSecret } from './audit-secret';
import { ask, type Database, type Transaction } from './database';

export interface AuditOptions {
  seal: AuditSeal;
  /** Default: heads are kept nowhere else. */
  anchors?: Anchors;
  /** Of the secret that the installation had before: it is changed over to the new one. */
  previous?: AuditSeal;
}

export interface AuditWriter extends AuditLog {
  /**
   * Runs `work` in a transaction and records with it what it has come to, or neither. The head is
   * locked last, so that nobody waits for what `work` waits for.
   */
  recording<T>(
    work: (tx: Transaction) => Promise<{ answer: T; entries: AuditEntry[] }>,
  ): Promise<T>;
}

/** @param options absent: of a process that may read only, since it has no secret */
export function createAuditWriter(database: Database, options?: AuditOptions): AuditWriter {
  const recording: AuditWriter['recording'] = async (work) => {
    let head: AuditHead | undefined;
    const answer = await ask(
      database.transaction(async (tx) => {
        const done = await work(tx);
        head = await appendIn(tx, options?.seal, done.entries);
        return done.answer;
      }),
    );
    if (head) options?.anchors?.keep(head);
    return answer;
  };
  return {
    recording,
    append: (entry) => recording(async () => ({ answer: undefined, entries: [entry] })),
  };
}

interface Begun {
  head: Pick<SealedRow, 'sequence' | 'hash' | 'mac'> & { secret: string | null };
  /** Keys that are recorded already. */
  known: string[];
  people: KnownPerson[];
}

/** Two round trips, or none where there is nothing to record. */
async function appendIn(
  tx: Transaction,
  seal: AuditSeal | undefined,
  entries: readonly AuditEntry[],
): Promise<AuditHead | undefined> {
  if (entries.length === 0) return undefined;
  if (!seal) throw new RangeError('the ledger was opened without what seals the audit log');
  const { head, known, people } = await begin(tx, entries);
  // The secret was changed meanwhile: a process with the new one can record it.
  if (head.secret !== seal.fingerprint) throw new LedgerUnavailable(otherSecret());
  const fresh = withoutKnown(entries, known);
  if (fresh.length === 0) return undefined;
  const named = namePeople(fresh, people);
  const rows = sealRows(
    seal,
    head,
    fresh.map((entry) => canonicalJson(recordedEntry(entry, named.digestOf))),
  );
  await tx.execute(
    sql`SELECT audit_append(${JSON.stringify(named.added)}::jsonb, ${JSON.stringify(rows)}::jsonb)`,
  );
  return rows.at(-1);
}

async function begin(tx: Transaction, entries: readonly AuditEntry[]): Promise<Begun> {
  const keys = entries.map(({ key }) => key);
  const people = JSON.stringify(entries.flatMap(peopleOf));
  const { rows } = await tx.execute<{ begun: Begun }>(
    sql`SELECT audit_begin(${sql.param(keys)}::text[], ${people}::jsonb) AS begun`,
  );
  return (rows[0] as { begun: Begun }).begun;
}

/** The first of each key that is not recorded yet. */
function withoutKnown(entries: readonly AuditEntry[], known: readonly string[]): AuditEntry[] {
  const seen = new Set(known);
  return entries.filter(({ key }) => !seen.has(key) && seen.add(key));
}
