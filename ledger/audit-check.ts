/** Whether a sealed chain is as it was sealed: row by row, the oldest first. Knows no database. */
import type { AuditHead } from '../contracts/audit';
import { type AuditSeal, BEFORE_FIRST, hashOf, type SealedRow } from '../contracts/audit-seal';
import type { AuditProblem, AuditProblemKind } from '../contracts/audit-views';
import { digestsIn, type RecordedEntry, readEntry } from './audit-people';

export interface ChainFacts {
  last: SealedRow | undefined;
  problems: AuditProblem[];
  /** Digests of people, by the first entry that has them. */
  people: Map<string, number>;
  /** Digests of those who were erased, as entries say. */
  erased: Set<string>;
}

/**
 * An entry's hash covers the row before it, hash and seal, so a seal that is right vouches for all
 * before it. That is why entries before a change of the secret need no check of seals whose key
 * is gone: the first seal of the new secret vouches for them.
 * @param anchors heads kept elsewhere
 */
export async function checkChain(
  rows: AsyncIterable<SealedRow>,
  seal: AuditSeal,
  anchors: readonly AuditHead[],
): Promise<ChainFacts> {
  const facts: ChainFacts = {
    last: undefined,
    problems: [],
    people: new Map(),
    erased: new Set(),
  };
  const anchored = new Map(anchors.map(({ sequence, mac }) => [sequence, mac]));
  let unsealed: AuditProblem[] = [];
  const found = (kind: AuditProblemKind, sequence: number, message: string) =>
    facts.problems.push({ kind, sequence, message });
  for await (const row of rows) {
    const { sequence } = row;
    const before = facts.last ?? { ...BEFORE_FIRST, sequence: 0 };
    facts.last = row;
    if (sequence > before.sequence + 1)
      found('missing', before.sequence + 1, missing(before.sequence + 1, sequence - 1));
    else if (row.hash !== hashOf(before, row))
      found('changed', sequence, `Entry ${sequence} is not as it was recorded.`);
    const entry = readEntry(row.entry);
    if (row.mac !== seal.macOf(row.hash))
      unsealed.push({
        kind: 'unsealed',
        sequence,
        message: `Entry ${sequence} was not sealed with this installation’s secret.`,
      });
    else if (entry?.action === 'secret_changed') unsealed = [];
    const anchor = anchored.get(sequence);
    anchored.delete(sequence);
    if (anchor !== undefined && anchor !== row.mac)
      found('anchor', sequence, `Entry ${sequence} has another seal than the one kept elsewhere.`);
    if (entry) note(facts, sequence, entry);
  }
  for (const sequence of anchored.keys())
    found('anchor', sequence, `Entry ${sequence} was recorded, as is kept elsewhere, and is gone.`);
  facts.problems.push(...unsealed);
  facts.problems.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  return facts;
}

const missing = (from: number, to: number): string =>
  from === to ? `Entry ${from} is missing.` : `Entries ${from} to ${to} are missing.`;

function note({ people, erased }: ChainFacts, sequence: number, entry: RecordedEntry): void {
  for (const digest of digestsIn(entry)) if (!people.has(digest)) people.set(digest, sequence);
  const { digests } = entry.after ?? {};
  if (entry.action === 'audit_subject_erased' && Array.isArray(digests))
    for (const digest of digests) erased.add(digest);
}
