/** Reading the audit log, and erasing people from it. */
import { and, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { AuditFilter, AuditKeeper } from '../contracts/audit';
import type { AuditPage, AuditRecord, Named } from '../contracts/audit-views';
import { UserError } from '../contracts/errors';
import type { AuditOptions, AuditWriter } from './audit';
import { digestsIn, type RecordedEntry, readEntry } from './audit-people';
import { verifyAudit } from './audit-verify';
import { makeCursor, readCursor } from './cursor';
import { ask, type Database } from './database';
import { auditLog, auditPeople, runs } from './schema';

export function createAuditKeeper(
  database: Database,
  { append, recording }: AuditWriter,
  options?: AuditOptions,
): AuditKeeper {
  const { db } = database;
  return {
    append,

    list: (filter) => ask(listIn(db, filter)),

    async verify(known) {
      if (!options) throw new RangeError('the ledger was opened without what seals the audit log');
      const { seal, anchors } = options;
      const kept = (await anchors?.kept()) ?? [];
      const report = await verifyAudit(database, seal, known ? [...kept, known] : kept);
      // Also what others have appended, who keep heads where they are.
      if (report.intact && report.entries > 0) anchors?.keep(report.head);
      return report;
    },

    erase: (person, author) =>
      recording(async (tx) => {
        const erased = await tx
          .delete(auditPeople)
          .where(eq(auditPeople.person, person))
          .returning({ digest: auditPeople.digest, value: auditPeople.value });
        const own = erased.find(({ value }) => value === person) ?? erased[0];
        if (!own) throw unknownPerson(person);
        const digests = erased.map(({ digest }) => digest).sort();
        return {
          answer: { digests },
          entries: [
            {
              ...author,
              key: `erased/${own.digest}`,
              action: 'audit_subject_erased',
              subject: { kind: 'person', id: own.digest },
              after: { digests },
            },
          ],
        };
      }),
  };
}

const unknownPerson = (person: string): UserError =>
  new UserError(
    'not_found',
    `The audit log tells nothing of "${person}": they have done nothing, or were erased.`,
  );

const field = (name: 'run' | 'actor' | 'action' | 'at'): SQL =>
  sql`(${auditLog.entry}::jsonb ->> ${sql.raw(`'${name}'`)})`;

async function listIn(db: Database['db'], filter: AuditFilter): Promise<AuditPage> {
  const { run, actor, action, since, cursor, limit } = filter;
  const runKeys = db
    .select({ key: runs.runKey })
    .from(runs)
    .where(eq(runs.workflowId, run ?? ''));
  const digests = db
    .select({ digest: auditPeople.digest })
    .from(auditPeople)
    .where(eq(auditPeople.person, actor ?? ''));
  const rows = await db
    .select()
    .from(auditLog)
    .where(
      and(
        run === undefined ? undefined : inArray(field('run'), runKeys),
        actor === undefined ? undefined : inArray(field('actor'), digests),
        action && eq(field('action'), action),
        since && gte(field('at'), since.toISOString()),
        cursor === undefined ? undefined : lt(auditLog.sequence, readCursor(Position, cursor)[0]),
      ),
    )
    .orderBy(desc(auditLog.sequence))
    .limit(limit + 1);
  const page = rows.slice(0, limit).map(({ entry: text, ...row }) => {
    const entry = readEntry(text);
    if (!entry) throw unreadable(row.sequence);
    return { ...row, entry };
  });
  const names = await namesOf(
    db,
    page.flatMap(({ entry }) => digestsIn(entry)),
  );
  const last = page.at(-1);
  return {
    entries: page.map(({ sequence, mac, entry }) => recordOf(sequence, mac, entry, names)),
    ...(rows.length > limit && last ? { cursor: makeCursor(last.sequence) } : {}),
  };
}

const unreadable = (sequence: number): UserError =>
  new UserError(
    'conflict',
    `Entry ${sequence} of the audit log was changed and cannot be read: \`tuesday audit verify\` tells what is wrong.`,
  );

/** The sequence number of the last entry of a page. */
const Position = z.tuple([z.int().min(1)]);

async function namesOf(db: Database['db'], digests: string[]): Promise<Map<string, string>> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .select({ digest: auditPeople.digest, value: auditPeople.value })
    .from(auditPeople)
    .where(inArray(auditPeople.digest, [...new Set(digests)]));
  return new Map(rows.map(({ digest, value }) => [digest, value]));
}

function recordOf(
  sequence: number,
  mac: string,
  entry: RecordedEntry,
  names: ReadonlyMap<string, string>,
): AuditRecord {
  const named = (digest: string): Named => {
    const id = names.get(digest);
    return id === undefined ? { digest } : { id, digest };
  };
  const { key: _key, actor, person, subject, from, verified, ...rest } = entry;
  const address = from.address === undefined ? undefined : names.get(from.address);
  return {
    sequence,
    ...rest,
    actor: named(actor),
    verified: verified ?? false,
    subject: { kind: subject.kind, ...subjectOf(subject, named) },
    from: { way: from.way, ...(address === undefined ? {} : { address }) },
    ...(person === undefined ? {} : { person: named(person) }),
    mac,
  };
}

function subjectOf(
  { kind, id }: RecordedEntry['subject'],
  named: (digest: string) => Named,
): Omit<AuditRecord['subject'], 'kind'> {
  if (kind === 'user') return named(id);
  return kind === 'person' ? { digest: id } : { id };
}
