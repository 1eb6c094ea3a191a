/**
 * What seals the audit log: a key that is never in the database, not even in a statement. An entry's
 * hash covers the row before it, its sequence number and its bytes; the seal is a MAC of the hash.
 */
import { createHash, createHmac } from 'node:crypto';

export interface SealedRow {
  sequence: number;
  /** Canonical JSON; the very bytes that are sealed. */
  entry: string;
  /** In hexadecimal, as is the mac. */
  hash: string;
  mac: string;
}

/** What the first entry follows. */
export const BEFORE_FIRST: Pick<SealedRow, 'hash' | 'mac'> = { hash: '', mac: '' };

export interface AuditSeal {
  /** Tells the secret from others without telling it. */
  fingerprint: string;
  macOf(hash: string): string;
}

/** @param key 32 bytes or more */
export function createAuditSeal(key: Uint8Array, fingerprint: string): AuditSeal {
  return {
    fingerprint,
    macOf: (hash) => createHmac('sha256', key).update(hash).digest('hex'),
  };
}

/** No part can be read as another: hash and mac have a fixed length, or none, and the number ends at a line. */
export function hashOf(
  before: Pick<SealedRow, 'hash' | 'mac'>,
  { sequence, entry }: Pick<SealedRow, 'sequence' | 'entry'>,
): string {
  return createHash('sha256')
    .update(`${before.hash}\n${before.mac}\n${sequence}\n${entry}`)
    .digest('hex');
}

/** Seals entries that follow a row, in their order. */
export function sealRows(
  seal: AuditSeal,
  head: Pick<SealedRow, 'sequence' | 'hash' | 'mac'>,
  entries: readonly string[],
): SealedRow[] {
  const rows: SealedRow[] = [];
  let before = head;
  for (const entry of entries) {
    const sequence = before.sequence + 1;
    const hash = hashOf(before, { sequence, entry });
    const row = { sequence, entry, hash, mac: seal.macOf(hash) };
    rows.push(row);
    before = row;
  }
  return rows;
}
