/**
 * The search thread's entry; `document-search.ts` starts it and feeds it. It holds the indexes used
 * last, within `indexesHeldMax` and `indexedCharactersHeldMax`.
 */
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';
import { SearchIndex, type SearchResult } from './search-index';

export type SearchTask =
  | { kind: 'search'; key: string; query: string; limit: number }
  /** Adds documents to an index under construction; the first of a build begins it. */
  | { kind: 'add'; build: string; documents: { name: string; text: Uint8Array }[] }
  /** From here on the index can be searched. */
  | { kind: 'finish'; key: string; build: string };

export type SearchAnswer = SearchResult | 'no_index' | 'done';

/** Least recently used first. */
const held = new Map<string, SearchIndex>();
/** One at a time; a new build takes the place of one that was given up. */
let building: { build: string; index: SearchIndex } | undefined;

export default function run(task: SearchTask): SearchAnswer {
  switch (task.kind) {
    case 'search': {
      const index = held.get(task.key);
      if (index === undefined) return 'no_index';
      hold(task.key, index);
      return index.search(task.query, task.limit);
    }
    case 'add': {
      const { index } = buildUnderWay(task.build);
      for (const { name, text } of task.documents) {
        index.add(name, Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString());
      }
      return 'done';
    }
    case 'finish': {
      hold(task.key, buildUnderWay(task.build).index);
      building = undefined;
      return 'done';
    }
  }
}

function buildUnderWay(build: string): { index: SearchIndex } {
  if (building?.build !== build) building = { build, index: new SearchIndex() };
  return building;
}

function hold(key: string, index: SearchIndex): void {
  held.delete(key);
  held.set(key, index);
  let characters = 0;
  for (const { characters: ofOne } of held.values()) characters += ofOne;
  for (const [oldest, { characters: ofOldest }] of held) {
    const fits =
      held.size <= DOCUMENT_LIMITS.indexesHeldMax &&
      characters <= DOCUMENT_LIMITS.indexedCharactersHeldMax;
    if (fits || oldest === key) break;
    held.delete(oldest);
    characters -= ofOldest;
  }
}
