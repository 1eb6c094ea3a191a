import type { Random } from '../random';
import { paragraphsIn } from './paragraphs';
import { contentWords, lengthOf, sentencesOf, stem, stemsOf } from './words';

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

const SENTENCE_CHARS = { min: 20, best: 140, max: 320 };

/** The sentences of a passage, verbatim, long enough to mean something. */
export function sentencesIn(passage: Passage): Evidence[] {
  return paragraphsIn(passage.text).flatMap(({ text: paragraph, linesBefore }) => {
    let offset = 0;
    return sentencesOf(paragraph).flatMap((text) => {
      offset = paragraph.indexOf(text, offset);
      const linesIn = paragraph.slice(0, offset).split('\n').length - 1;
      const line = passage.line === 0 ? 0 : passage.line + linesBefore + linesIn;
      const isLong = lengthOf(text) >= SENTENCE_CHARS.min;
      if (!isLong || lengthOf(text) > SENTENCE_CHARS.max) return [];
      return [{ text, verbatim: true, document: passage.document, line }];
    });
  });
}

/** How many sentences are put into order at most. */
const RANKED_COUNT_MAX = 240;
/** What a sentence loses when so many of its document come before it: three are nearly free. */
const SAME_DOCUMENT_COSTS = [0, 0.75, 1.5, 5];

/**
 * All evidence, best first: what earlier phases quoted before the rest, then by how much of the
 * question a sentence holds, with a preference for documents that are not there yet. Statements of
 * earlier phases count only where none of them quoted anything.
 */
export function rank(evidence: readonly Evidence[], question: string, random: Random): Evidence[] {
  const unique = new Map(evidence.map((item) => [`${item.document}\n${item.text}`, item]));
  const stems = stemsOf(question);
  const candidates = [...unique.values()].map((item) => ({ item, stems: stemsOf(item.text) }));
  const weights = weigh(stems, candidates);
  const scored = candidates.map((candidate): Scored => {
    const hits = [...weights].reduce(
      (sum, [part, weight]) => sum + (candidate.stems.has(part) ? weight : 0),
      0,
    );
    const { item } = candidate;
    return { item, hits, score: hits + formOf(item) + random.next() / 10 };
  });
  const quoted = scored.filter(({ item }) => item.id !== undefined && item.verbatim);
  const stated = scored.filter(({ item }) => item.id !== undefined && !item.verbatim);
  const fresh = scored.filter(({ item }) => item.id === undefined);
  const groups = [
    quoted.length > 0 ? quoted : stated,
    fresh.filter(({ hits }) => hits > 0),
    fresh.filter(({ hits }) => hits === 0),
  ];
  return groups.flatMap(spread);
}

interface Scored {
  item: Evidence;
  /** What it holds of the question. */
  hits: number;
  score: number;
}

/** Words that few sentences hold say more. */
function weigh(
  stems: ReadonlySet<string>,
  candidates: readonly { stems: ReadonlySet<string> }[],
): Map<string, number> {
  return new Map(
    [...stems].map((part) => {
      const holders = candidates.filter((candidate) => candidate.stems.has(part)).length;
      return [part, 1 + Math.log((1 + candidates.length) / (1 + holders)) / 2];
    }),
  );
}

/** How well it reads by itself: a whole sentence, not too long, with few signs of code. */
function formOf(item: Evidence): number {
  const length = lengthOf(item.text);
  const ending = /[.!?]["”)*_`]*$/.test(item.text) ? 1 : item.text.endsWith(':') ? -4 : -2;
  // A passage may begin in the middle of a sentence.
  const beginning = /^[\p{Lu}\p{N}"“(*_`]/u.test(item.text) ? 0 : -3;
  const signs = (item.text.match(/[^\p{L}\p{N}\s.,;:'"()’-]/gu) ?? []).length;
  return (
    beginning +
    ending -
    Math.abs(length - SENTENCE_CHARS.best) / SENTENCE_CHARS.max -
    (signs / length) * 15
  );
}

/** Takes the best of what is left again and again, each document costing more each time. */
function spread(scored: Scored[]): Evidence[] {
  const left = scored.toSorted((a, b) => b.score - a.score).slice(0, RANKED_COUNT_MAX);
  const taken = new Map<string, number>();
  const worth = ({ item, score }: Scored): number => score - costOf(taken.get(item.document) ?? 0);
  const ranked: Evidence[] = [];
  while (left.length > 0) {
    const best = left.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    left.splice(left.indexOf(best), 1);
    taken.set(best.item.document, (taken.get(best.item.document) ?? 0) + 1);
    ranked.push(best.item);
  }
  return ranked;
}

function costOf(taken: number): number {
  const last = SAME_DOCUMENT_COSTS.length - 1;
  const cost = SAME_DOCUMENT_COSTS[Math.min(taken, last)] ?? 0;
  return cost + Math.max(0, taken - last);
}

/**
 * The same evidence, that on one subject together: the rarest word of the question that a piece
 * holds is its subject. Subjects come by their best piece.
 */
export function bySubject(ranked: readonly Evidence[], question: string): Evidence[] {
  const subjects = new Map<string, Evidence[]>();
  for (const item of ranked) {
    const subject = subjectsOf([item], ranked, question)[0] ?? '';
    subjects.set(subject, [...(subjects.get(subject) ?? []), item]);
  }
  return [...subjects.values()].flat();
}

/** The words of the question that some evidence holds: first those of most of it, then those that few of all hold. */
export function subjectsOf(
  some: readonly Evidence[],
  all: readonly Evidence[],
  question: string,
): string[] {
  const holds = (item: Evidence, word: string): boolean => stemsOf(item.text).has(stem(word));
  return contentWords(question)
    .map((word) => ({
      word,
      here: some.filter((item) => holds(item, word)).length,
      holders: all.filter((item) => holds(item, word)).length,
    }))
    .filter(({ here }) => here > 0)
    .sort((a, b) => b.here - a.here || a.holders - b.holders)
    .map(({ word }) => word);
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

  /** Fewer where the end is near: nothing is said again before all was said. */
  takeSome(count: number, variation = 0): Evidence[] {
    const left = this.ranked.length - (this.cursor % Math.max(1, this.ranked.length));
    const most = Math.min(count, left);
    return Array.from({ length: most }, () => this.take(variation)).flatMap((item) => item ?? []);
  }
}
