/** Appending to the audit log: one at a time over all processes, by the lock on its head. */
import { createHmac, randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { AnchorHead, AuditEntry, AuditHead, AuditLog } from '../contracts/audit';
import { type AuditSeal, type SealedRow, sealRows } from '../contracts/audit-seal';
import { canonicalJson } from '../contracts/content';
import { LedgerUnavailable, UserError } from '../contracts/errors';
import { ask, type Database, type Transaction } from './database';

export interface AuditOptions {
  seal: AuditSeal;
  /** Told of the head after each append. Default: nobody is. */
  anchor?: AnchorHead;
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
    if (head) options?.anchor?.(head);
    return answer;
  };
  return {
    recording,
    append: (entry) => recording(async () => ({ answer: undefined, entries: [entry] })),
  };
}

interface Begun {
  head: Pick<SealedRow, 'sequence' | 'hash' | 'mac'> & { secret: string | null };
  known: string[];
  people: { person: string; value: string; digest: string }[];
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
  if (head.secret !== seal.fingerprint) throw new LedgerUnavailable(otherSecret());
  const fresh = withoutKnown(entries, known);
  if (fresh.length === 0) return undefined;
  const named = namePeople(fresh, people);
  const rows = sealRows(
    seal,
    head,
    fresh.map((entry) => canonicalJson(recorded(entry, named.digestOf))),
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

/** A person, and what of theirs is recorded: their id or an address. */
type Personal = [person: string, value: string];

const isPerson = ({ kind }: AuditEntry['subject']): boolean => kind === 'user' || kind === 'person';

function peopleOf({ actor, person, subject, from }: AuditEntry): Personal[] {
  return [
    [actor, actor],
    ...(from.address === undefined ? [] : [[actor, from.address] satisfies Personal]),
    ...(person === undefined ? [] : [[person, person] satisfies Personal]),
    ...(isPerson(subject) ? [[subject.id, subject.id] satisfies Personal] : []),
  ];
}

interface AddedPerson {
  person: string;
  value: string;
  salt: string;
  digest: string;
}

const SALT_BYTES = 32;

/** Digests for all people of the entries, those who have none yet among them. */
function namePeople(
  entries: readonly AuditEntry[],
  known: Begun['people'],
): { added: AddedPerson[]; digestOf(...personal: Personal): string } {
  const nameOf = (...personal: Personal): string => JSON.stringify(personal);
  const digests = new Map(known.map((one) => [nameOf(one.person, one.value), one.digest]));
  const added: AddedPerson[] = [];
  for (const [person, value] of entries.flatMap(peopleOf)) {
    if (digests.has(nameOf(person, value))) continue;
    const salt = randomBytes(SALT_BYTES).toString('hex');
    const digest = personalDigest(salt, value);
    digests.set(nameOf(person, value), digest);
    added.push({ person, value, salt, digest });
  }
  return { added, digestOf: (...personal) => digests.get(nameOf(...personal)) as string };
}

/** What stands for a person, or an address, in the log. */
export function personalDigest(salt: string, value: string): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(value).digest('hex');
}

/** An entry as it is sealed. */
export interface RecordedEntry extends Omit<AuditEntry, 'at'> {
  /** ISO 8601, UTC. */
  at: string;
}

function recorded(
  { at, ...entry }: AuditEntry,
  digestOf: (...personal: Personal) => string,
): RecordedEntry {
  const { actor, person, subject, from } = entry;
  const { address } = from;
  return {
    ...entry,
    at: new Date(at ?? Date.now()).toISOString(),
    actor: digestOf(actor, actor),
    subject: isPerson(subject) ? { ...subject, id: digestOf(subject.id, subject.id) } : subject,
    from: { ...from, ...(address === undefined ? {} : { address: digestOf(actor, address) }) },
    ...(person === undefined ? {} : { person: digestOf(person, person) }),
  };
}

/**
 * The first process gives a ledger the fingerprint of its secret; others must have the same one.
 * @throws UserError `bad_input` where this one has another
 */
export async function claimLedger({ db }: Database, seal: AuditSeal): Promise<void> {
  const { rows } = await ask(
    db.execute<{ secret: string }>(
      sql`UPDATE audit_head SET secret = coalesce(secret, ${seal.fingerprint}) RETURNING secret`,
    ),
  );
  if (rows[0]?.secret !== seal.fingerprint) throw otherSecret();
}

const otherSecret = (): UserError =>
  new UserError(
    'bad_input',
    'This process has another secret than the installation whose ledger it uses: give it the same TUESDAY_SECRET, or a copy of the file `secret` of that installation’s data folder.',
    'TUESDAY_SECRET',
  );
