/** People in the audit log (A4): who is behind a digest is told by a row with its salt alone. */
import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AuditEntry } from '../contracts/audit';

/** A person, and what of theirs is recorded: their id or an address. */
export type Personal = [person: string, value: string];

export interface KnownPerson {
  person: string;
  value: string;
  digest: string;
}

export interface PersonRow extends KnownPerson {
  salt: string;
}

const SALT_BYTES = 32;

export function digestOfPerson({ salt, value }: Pick<PersonRow, 'salt' | 'value'>): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(value).digest('hex');
}

export function peopleOf({ actor, person, subject, from }: AuditEntry): Personal[] {
  const people: Personal[] = [[actor, actor]];
  if (from.address !== undefined) people.push([actor, from.address]);
  if (person !== undefined) people.push([person, person]);
  if (subject.kind === 'user') people.push([subject.id, subject.id]);
  return people;
}

const nameOf = (...personal: Personal): string => JSON.stringify(personal);

export interface NamedPeople {
  /** Those who have no digest yet. */
  added: PersonRow[];
  digestOf(...personal: Personal): string;
}

export function namePeople(
  entries: readonly AuditEntry[],
  known: readonly KnownPerson[],
): NamedPeople {
  const digests = new Map(known.map((one) => [nameOf(one.person, one.value), one.digest]));
  const added: PersonRow[] = [];
  for (const [person, value] of entries.flatMap(peopleOf)) {
    if (digests.has(nameOf(person, value))) continue;
    const salt = randomBytes(SALT_BYTES).toString('hex');
    const digest = digestOfPerson({ salt, value });
    digests.set(nameOf(person, value), digest);
    added.push({ person, value, salt, digest });
  }
  return { added, digestOf: (...personal) => digests.get(nameOf(...personal)) as string };
}

/** An entry as it is sealed: ids and addresses of people are digests. */
export interface RecordedEntry extends Omit<AuditEntry, 'at'> {
  /** ISO 8601, UTC, in ms. */
  at: string;
}

/** What has to be there, whoever may have written it. */
const Recorded = z.looseObject({
  at: z.string(),
  action: z.string(),
  actor: z.string(),
  person: z.string().optional(),
  subject: z.object({ kind: z.string(), id: z.string() }),
  from: z.object({ way: z.string(), address: z.string().optional() }),
  after: z.record(z.string(), z.unknown()).optional(),
});

/** The entry in a row's text; undefined for what we have never written. */
export function readEntry(text: string): RecordedEntry | undefined {
  try {
    const entry: unknown = JSON.parse(text);
    return Recorded.safeParse(entry).success ? (entry as RecordedEntry) : undefined;
  } catch {
    return undefined;
  }
}

export function recordedEntry(
  { at, ...entry }: AuditEntry,
  digestOf: NamedPeople['digestOf'],
): RecordedEntry {
  const { actor, person, subject, from } = entry;
  const { way, address } = from;
  return {
    ...entry,
    at: new Date(at ?? Date.now()).toISOString(),
    actor: digestOf(actor, actor),
    subject:
      subject.kind === 'user' ? { kind: 'user', id: digestOf(subject.id, subject.id) } : subject,
    from: address === undefined ? { way } : { way, address: digestOf(actor, address) },
    ...(person === undefined ? {} : { person: digestOf(person, person) }),
  };
}

/** Every digest of a person or address in it. */
export function digestsIn({ actor, person, subject, from }: RecordedEntry): string[] {
  return [actor, person, subject.kind === 'user' ? subject.id : undefined, from.address].filter(
    (digest) => digest !== undefined,
  );
}
