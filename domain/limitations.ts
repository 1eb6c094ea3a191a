/** What a phase's result lacks, each thing once. */
import type { Limitation } from '../contracts/run-status';

/** The same limitation from several calls is one, with their number and the greatest age. */
export function mergeLimitations(limitations: readonly Limitation[]): Limitation[] {
  const merged: Limitation[] = [];
  for (const next of limitations) {
    const index = merged.findIndex((known) => isSame(known, next));
    const known = merged[index];
    if (known) merged[index] = united(known, next);
    else merged.push(next);
  }
  return merged;
}

const isSame = (a: Limitation, b: Limitation): boolean =>
  a.kind === b.kind && a.phase === b.phase && a.source === b.source;

function united(known: Limitation, next: Limitation): Limitation {
  const ages = [known.ageMs, next.ageMs].filter((ageMs) => ageMs !== undefined);
  return {
    ...next,
    ...known,
    count: (known.count ?? 1) + (next.count ?? 1),
    ...(ages.length > 0 ? { ageMs: Math.max(...ages) } : {}),
  };
}
