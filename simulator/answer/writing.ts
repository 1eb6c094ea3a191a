import type { Schema } from '../json-schema/supported';
import { type Random, randomFrom } from '../random';
import type { Context } from './context';
import { bySubject, type Evidence, EvidencePool } from './evidence';
import type { Role } from './fields';
import { decide, statesVerdict, type Verdict } from './verdict';

/** What texts draw on at most: the rest hardly concerns the question. */
const TOLD_COUNT_MAX = 40;

/** Where a value stands, and what it is about. */
export interface Place {
  path: string;
  name: string;
  role: Role;
  /** The evidence that this object speaks of. */
  group: readonly Evidence[];
  /** Whether no object around this one has evidence of its own. */
  isRoot: boolean;
}

/** What all values of one answer share. */
export interface Writing {
  context: Context;
  verdict: Verdict;
  /** Whether the answer states a verdict; only then are comments about it. */
  isReview: boolean;
  quotes: EvidencePool;
  texts: EvidencePool;
  /** Whether texts carry `[F1]` marks. */
  isInline: boolean;
  /** Ids given in this answer, by their prefix, and all together. */
  idCounts: Map<string, number>;
  idsGiven: string[];
  headingsGiven: Set<string>;
  random(path: string): Random;
  variation(path: string): number;
}

export function createWriting(
  context: Context,
  seedWords: readonly string[],
  schema: Schema,
): Writing {
  const seeded = (path: string): Random => randomFrom(...seedWords, path);
  const ranked = context.evidence;
  const verbatim = ranked.filter((item) => item.verbatim);
  return {
    context,
    verdict: decide(context, seeded('verdict')),
    isReview: statesVerdict(schema),
    quotes: new EvidencePool(verbatim.length > 0 ? verbatim : ranked),
    texts: new EvidencePool(bySubject(ranked.slice(0, TOLD_COUNT_MAX), context.question)),
    headingsGiven: new Set(),
    isInline: /\[F\d+\]|\[id\]|\[F1/.test(context.instructions),
    idCounts: new Map(),
    idsGiven: [],
    random: (path) => seeded(`${path}#${variationOf(context, path)}`),
    variation: (path) => variationOf(context, path),
  };
}

/** Faults of the path itself, of what is in it, and of what it is in. */
function variationOf(context: Context, path: string): number {
  let count = 0;
  for (const [fault, times] of context.faults.counts) {
    const concerns = fault === path || fault.startsWith(`${path}/`) || path.startsWith(`${fault}/`);
    if (concerns && path !== '') count += times;
  }
  return count;
}
