/**
 * A search index over the texts of one document manifest.
 *
 * 1. The same documents in the same order, and the same query, give the same result.
 * 2. A passage in a result is a verbatim substring of its document.
 * 3. As long as other documents have matches, no document has more than `passagesPerDocumentMax`.
 * 4. No two passages of a result have the same text: copies of a document add nothing.
 */
import MiniSearch from 'minisearch';
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { cutPassages, type Passage } from './passages';
import { foldTerm, tokenize } from './search-terms';

export interface SearchHit {
  document: string;
  /** The line where the passage starts, from 1. */
  line: number;
  text: string;
}

export interface SearchResult {
  /** Best first. */
  passages: SearchHit[];
  /** Passages that match, shown or not. */
  total: number;
}

interface IndexedPassage extends Passage {
  document: number;
}

/** Terms shorter than this are matched as they are; similar ones would be other words. */
const PREFIX_FROM_CHARACTERS = 4;
/** Wrong letters that are forgiven: one for each so many, and no more than two, since each costs time. */
const FUZZY_EACH_CHARACTERS = 6;
const FUZZY_LETTERS_MAX = 2;
const NAME_BOOST = 0.5;

export class SearchIndex {
  /** Text held, in UTF-16 units. */
  characters = 0;
  readonly #names: string[] = [];
  readonly #texts: string[] = [];
  readonly #passages: IndexedPassage[] = [];
  readonly #index = new MiniSearch<{ id: number; name: string; text: string }>({
    fields: ['text', 'name'],
    tokenize,
    processTerm: foldTerm,
  });

  add(name: string, text: string): void {
    const document = this.#names.length;
    this.#names.push(name);
    this.#texts.push(text);
    this.characters += text.length;
    for (const passage of cutPassages(text)) {
      const id = this.#passages.length;
      this.#passages.push({ ...passage, document });
      this.#index.add({ id, name, text: text.slice(passage.start, passage.end) });
    }
  }

  search(query: string, limit: number): SearchResult {
    const matches = this.#index
      .search(query, {
        prefix: (term) => term.length >= PREFIX_FROM_CHARACTERS,
        fuzzy: (term) =>
          Math.min(FUZZY_LETTERS_MAX, Math.floor(term.length / FUZZY_EACH_CHARACTERS)),
        boost: { name: NAME_BOOST },
      })
      .map(({ id, score }) => ({ id: id as number, score }))
      .sort((a, b) => b.score - a.score || a.id - b.id);
    const passages = spread(this.#hits(matches), limit);
    return { passages, total: matches.length };
  }

  *#hits(matches: readonly { id: number }[]): Generator<SearchHit> {
    for (const { id } of matches) yield this.#hit(id);
  }

  #hit(id: number): SearchHit {
    const { document, line, start, end } = this.#passages[id] as IndexedPassage;
    return {
      document: this.#names[document] as string,
      line,
      text: (this.#texts[document] as string).slice(start, end),
    };
  }
}

/** The first `limit` hits, few of each document; where that leaves room, the best of the others. */
function spread(hits: Iterable<SearchHit>, limit: number): SearchHit[] {
  const chosen: SearchHit[] = [];
  const others: SearchHit[] = [];
  const perDocument = new Map<string, number>();
  const texts = new Set<string>();
  for (const hit of hits) {
    if (chosen.length === limit) break;
    if (texts.has(hit.text)) continue;
    const count = perDocument.get(hit.document) ?? 0;
    if (count < DOCUMENT_LIMITS.passagesPerDocumentMax) {
      chosen.push(hit);
      perDocument.set(hit.document, count + 1);
    } else if (others.length < limit) {
      others.push(hit);
    } else {
      continue;
    }
    texts.add(hit.text);
  }
  return [...chosen, ...others.slice(0, limit - chosen.length)];
}
