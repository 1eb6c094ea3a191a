import type { Random } from '../random';
import { contentWords, lengthOf, sentencesOf, stem } from './words';

/** A sentence that the request contains, and where it stands. */
export interface Evidence {
  text: string;
  /** Whether `text` stands so in the document; otherwise it is an earlier phase's statement. */
  verbatim: boolean;
  /** Name of the document; '' where the request does not name one. */
  document: string;
  /** 1-based; 0 where unknown. */
  line: number;
  /** Of an earlier phase's item that holds this quote, e.g. `F3`. */
  id?: string;
}

/** A piece of a document as a tool or the request gave it. */
export interface Passage {
  document: string;
  /** Line of the first line of `text`. */
  line: number;
  text: string;
}

const SENTENCE_CHARS = { min: 30, best: 140, max: 320 };

/** The sentences of a passage, each on one line, long enough to mean something. */
export function sentencesIn(passage: Passage): Evidence[] {
  return passage.text.split('\n').flatMap((line, offset) => {
    const at = passage.line === 0 ? 0 : passage.line + offset;
    const long = sentencesOf(line).filter((sentence) => lengthOf(sentence) >= SENTENCE_CHARS.min);
    return long
      .filter((sentence) => lengthOf(sentence) <= SENTENCE_CHARS.max)
      .map((text) => ({ text, verbatim: true, document: passage.document, line: at }));
  });
}

/**
 * All evidence, best first: what earlier phases cite before the rest, then by how much of the
 * question a sentence holds, taking from one document after the other.
 */
export function rank(evidence: readonly Evidence[], question: string, random: Random): Evidence[] {
  const stems = contentWords(question).map(stem);
  const unique = [...new Map(evidence.map((item) => [`${item.document}\n${item.text}`, item]))];
  const scored = unique.map(([, item]) => ({
    item,
    score: scoreOf(item, stems) + random.next() / 10,
  }));
  const quoted = scored.filter(({ item }) => item.id !== undefined && item.verbatim);
  const stated = scored.filter(({ item }) => item.id !== undefined && !item.verbatim);
  const fresh = scored.filter(({ item }) => item.id === undefined);
  return [...spread(quoted), ...spread(stated), ...spread(fresh)];
}

function scoreOf(item: Evidence, stems: readonly string[]): number {
  const text = item.text.toLowerCase();
  const hits = stems.filter((part) => text.includes(part)).length;
  const signs = (item.text.match(/[^\p{L}\p{N}\s.,;:'"()’-]/gu) ?? []).length;
  const length = lengthOf(item.text);
  const isSentence = /[.!?]$/.test(item.text) ? 1 : 0;
  const fit = 1 - Math.abs(length - SENTENCE_CHARS.best) / SENTENCE_CHARS.max;
  return hits * 3 + isSentence + fit - (signs / length) * 15;
}

/** Round robin over documents, the one with the best sentence first. */
function spread(scored: { item: Evidence; score: number }[]): Evidence[] {
  const byDocument = new Map<string, Evidence[]>();
  for (const { item } of scored.toSorted((a, b) => b.score - a.score)) {
    byDocument.set(item.document, [...(byDocument.get(item.document) ?? []), item]);
  }
  const groups = [...byDocument.values()];
  const longest = Math.max(0, ...groups.map((group) => group.length));
  return Array.from({ length: longest }, (_, round) =>
    groups.flatMap((group) => group[round] ?? []),
  ).flat();
}

/** Hands out evidence in order, again from the start when it is used up. */
export class EvidencePool {
  private cursor = 0;
  constructor(readonly ranked: readonly Evidence[]) {}

  /**
   * The next one that fits, or the next where none does. Where an earlier answer was found wrong
   * (`variation` times), another one from further down instead, without disturbing what the
   * others get.
   */
  take(variation = 0, fits: (item: Evidence) => boolean = () => true): Evidence | undefined {
    const fitting = this.ranked.filter(fits);
    const from = fitting.length > 0 ? fitting : this.ranked;
    const { length } = from;
    if (length === 0) return undefined;
    const index = this.cursor % length;
    this.cursor += 1;
    if (variation === 0) return from[index];
    return from[(index + Math.max(1, Math.floor(length / 2)) + variation - 1) % length];
  }

  takeSome(count: number, variation = 0): Evidence[] {
    const most = Math.min(count, this.ranked.length);
    return Array.from({ length: most }, () => this.take(variation)).flatMap((item) => item ?? []);
  }
}
