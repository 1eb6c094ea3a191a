/** A ledger belongs to the installation whose secret its log is sealed with. */
import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import type { AuditSeal } from '../contracts/audit-seal';
import { UserError } from '../contracts/errors';
import type { AuditOptions, AuditWriter } from './audit';
import { verifyAudit } from './audit-verify';
import { INSTALLATION } from './audited-events';
import { ask, type Database } from './database';
import { auditHead } from './schema';

/**
 * The first process gives a ledger the fingerprint of its secret; others must have the same one, or
 * the one before, too, which is replaced then.
 * @throws UserError `bad_input` where this one has another; `conflict` where it cannot be replaced
 */
export async function claimLedger(
  database: Database,
  audit: AuditWriter,
  { seal, previous, anchors }: AuditOptions,
): Promise<void> {
  const { rows } = await ask(
    database.db.execute<{ secret: string }>(
      sql`UPDATE audit_head SET secret = coalesce(secret, ${seal.fingerprint}) RETURNING secret`,
    ),
  );
  const held = rows[0]?.secret;
  if (held === seal.fingerprint) return;
  if (previous === undefined || held !== previous.fingerprint) throw otherSecret();
  // What the new secret seals vouches for all before it.
  const report = await verifyAudit(database, previous, (await anchors?.kept()) ?? []);
  if (!report.intact)
    throw new UserError(
      'conflict',
      `The secret is not replaced while the audit log is not intact: ${report.problems[0]?.message}`,
      'TUESDAY_SECRET',
    );
  await replaceSecret(audit, previous, seal);
}

/** Of processes that do it at once, one does. */
function replaceSecret(audit: AuditWriter, before: AuditSeal, after: AuditSeal): Promise<void> {
  return audit.recording(async (tx) => {
    const replaced = await tx
      .update(auditHead)
      .set({ secret: after.fingerprint })
      .where(and(auditHead.one, eq(auditHead.secret, before.fingerprint)))
      .returning({ one: auditHead.one });
    const entries = replaced.map(() => ({
      key: `secret/${randomUUID()}`,
      action: 'secret_changed' as const,
      actor: INSTALLATION,
      subject: { kind: 'installation' as const, id: '' },
      before: { fingerprint: before.fingerprint },
      after: { fingerprint: after.fingerprint },
      from: { way: 'installation' as const },
    }));
    return { answer: undefined, entries };
  });
}

export const otherSecret = (): UserError =>
  new UserError(
    'bad_input',
    'This process has another secret than the installation whose ledger it uses: give it the same TUESDAY_SECRET, or a copy of the file `secret` of that installation’s data folder.',
    'TUESDAY_SECRET',
  );
