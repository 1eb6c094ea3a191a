/**
 * The audit log: every intervention of a person (or of a deadline in a person's stead), for good.
 *
 * Invariants, cited by tests as A1 to A5:
 *  A1 An entry is recorded once per key, whoever appends it how often.
 *  A2 Entries have sequence numbers from 1 without gaps; each is sealed together with all before it.
 *  A3 Nothing that was recorded is changed or removed, by no way that the ledger has.
 *  A4 People enter as salted digests; the salts can be erased, and the seals hold without them.
 *  A5 An event of a run that a person has brought about is in the log as soon as the ledger has it.
 */
import type { AuditPage, AuditReport, Erasure } from './audit-views';
import type { Sha256 } from './content';

/** What was done. */
export const AUDIT_ACTIONS = [
  /** A decision that settled its review. */
  'decision_taken',
  /** One of several approvals, or a delegation. */
  'decision_counted',
  /** One that was sent as a Signal and could not be taken. */
  'decision_refused',
  'run_paused',
  'run_resumed',
  'run_stopped',
  /** A run has met the switch that holds it up. */
  'run_held',
  'run_let_go',
  'run_forked',
  'run_rebuilt',
  'switch_on',
  'switch_off',
  'token_created',
  'token_revoked',
  'limits_changed',
  'rollout_changed',
  'secret_changed',
  'audit_subject_erased',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_SUBJECTS = [
  'run',
  'review',
  'installation',
  'user',
  'team',
  'model',
  'tool',
  'token',
  'person',
] as const;

/** What it was done to. The id of a user is recorded as a digest (A4); that of a person is one. */
export interface AuditSubject {
  kind: (typeof AUDIT_SUBJECTS)[number];
  /** e.g. the run's key; empty for the installation. */
  id: string;
}

/** By which way it came; `temporal`: sent to the run without proof of who it was. */
export const AUDIT_WAYS = ['api', 'temporal', 'deadline', 'installation'] as const;

export interface AuditOrigin {
  way: (typeof AUDIT_WAYS)[number];
  /** Network address, where one is known. */
  address?: string;
}

/** What else is told of it: small enums, ids and numbers, never a person and never content. */
export type AuditFacts = Record<string, string | number | boolean | null | string[]>;

export interface AuditEntry {
  /** Names what happened: what comes again under it is not recorded again. */
  key: string;
  /** In ms since the epoch. Default: now. */
  at?: number;
  action: AuditAction;
  /** Opaque id of whoever did it. */
  actor: string;
  /** Whether they were signed in. Absent: nobody knows who it was. */
  verified?: true;
  role?: string;
  subject: AuditSubject;
  /** Key of the run that it concerns. */
  run?: string;
  /** Opaque id of another person that it concerns, e.g. to whom a review was delegated. */
  person?: string;
  /** What it was about, e.g. the output that was approved. */
  digest?: Sha256;
  before?: AuditFacts;
  after?: AuditFacts;
  /** A text. */
  reasonSha256?: Sha256;
  from: AuditOrigin;
}

export interface AuditLog {
  /** Returns once it is recorded. @throws LedgerUnavailable */
  append(entry: AuditEntry): Promise<void>;
}

/** The last entry, by which all before it can be told. */
export interface AuditHead {
  /** 0: there is no entry. */
  sequence: number;
  /** Seal of that entry, in hexadecimal; empty where there is none. */
  mac: string;
}

/** Heads kept where whoever can change the database cannot change them. */
export interface Anchors {
  /** Told after each append. Must not throw. */
  keep(head: AuditHead): void;
  /** Those that can be read back. */
  kept(): Promise<AuditHead[]>;
}

export interface AuditFilter {
  /** Business key. */
  run?: string;
  /** Opaque id of a person. */
  actor?: string;
  action?: AuditAction;
  since?: Date;
  /** 1 to 200. */
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string;
}

/** Who asks for something that is recorded with it. */
export type AuditAuthor = Pick<AuditEntry, 'actor' | 'verified' | 'role' | 'from'>;

/** The log as the API has it. */
export interface AuditKeeper extends AuditLog {
  /** Newest first. @throws UserError `bad_input` for a cursor that did not come from a page */
  list(filter: AuditFilter): Promise<AuditPage>;
  /** Checks every entry. @param known a head that was kept somewhere else */
  verify(known?: AuditHead): Promise<AuditReport>;
  /** Nobody can tell any more what a person has done. @throws UserError `not_found` */
  erase(person: string, author: AuditAuthor): Promise<Erasure>;
}
