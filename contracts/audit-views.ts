/** The audit log as callers of the API see it. */
import { z } from 'zod';
import { AUDIT_ACTIONS, AUDIT_SUBJECTS, AUDIT_WAYS } from './audit';
import { Sha256 } from './content';
import { UserId } from './run';

const Named = z.object({
  id: z.string().optional().describe('Opaque id; absent once the person was erased.'),
  digest: z.string().describe('What stands for it in the log.'),
});
export type Named = z.infer<typeof Named>;

const Facts = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
);

export const AuditRecord = z.object({
  sequence: z.int().min(1),
  at: z.iso.datetime().describe('When it happened.'),
  action: z.enum(AUDIT_ACTIONS),
  actor: Named.describe('Who did it.'),
  verified: z.boolean().describe('Whether they were signed in: else anybody may have said so.'),
  role: z.string().optional(),
  subject: z
    .object({
      kind: z.enum(AUDIT_SUBJECTS),
      id: z.string().optional().describe('Absent for a person who was erased.'),
      digest: z.string().optional().describe('Of a person.'),
    })
    .describe('What it was done to.'),
  run: z.string().optional().describe('Key of the run: namespace, business key, first run id.'),
  person: Named.optional().describe('Another person that it concerns.'),
  digest: Sha256.optional().describe('What it was about, e.g. the output that was approved.'),
  before: Facts.optional(),
  after: Facts.optional(),
  reasonSha256: Sha256.optional().describe('An artifact: the text of the reason.'),
  from: z.object({
    way: z.enum(AUDIT_WAYS).describe('`temporal`: sent to the run without proof of who it was.'),
    address: z
      .string()
      .optional()
      .describe('Network address, where one was known and was not erased.'),
  }),
  mac: z.string().describe('Seal of this entry and all before it.'),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

export const AuditPage = z.object({
  entries: z.array(AuditRecord),
  cursor: z.string().optional().describe('For the next page; absent on the last.'),
});
export type AuditPage = z.infer<typeof AuditPage>;

export const AUDIT_PROBLEMS = [
  /** Its bytes, its number or the entry before it are not those that were sealed. */
  'changed',
  /** Its seal is not one of this installation's secret. */
  'unsealed',
  'missing',
  /** The head is not the last entry. */
  'head',
  /** A head that was kept elsewhere says otherwise. */
  'anchor',
  /** What refuses changes is gone. */
  'guard',
  /** Who is behind a digest was changed, or removed without a record of it. */
  'person',
] as const;
export type AuditProblemKind = (typeof AUDIT_PROBLEMS)[number];

export const AuditProblem = z.object({
  kind: z.enum(AUDIT_PROBLEMS),
  sequence: z.int().optional().describe('The entry, where it is one.'),
  message: z.string(),
});
export type AuditProblem = z.infer<typeof AuditProblem>;

export const AuditReport = z.object({
  intact: z.boolean(),
  entries: z.int(),
  head: z.object({ sequence: z.int(), mac: z.string() }).describe('The last entry.'),
  anchors: z.int().describe('Heads kept elsewhere that were compared.'),
  problems: z.array(AuditProblem),
  unlisted: z.int().describe('Problems beyond those listed.'),
});
export type AuditReport = z.infer<typeof AuditReport>;

/** A head that was kept somewhere else, e.g. on paper: `812:3fa9…`. */
export const AnchorInQuery = z
  .string()
  .regex(/^[1-9]\d{0,14}:[0-9a-f]{64}$/, 'must be an entry and its seal, e.g. 812:3fa9…')
  .transform((text) => {
    const [sequence = '', mac = ''] = text.split(':');
    return { sequence: Number(sequence), mac };
  });

export const EraseBody = z.strictObject({ person: UserId.describe('Opaque id.') });

export const Erasure = z.object({
  digests: z.array(z.string()).describe('What nobody can tell any more whom it stands for.'),
});
export type Erasure = z.infer<typeof Erasure>;
