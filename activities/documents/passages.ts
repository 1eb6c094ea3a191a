/**
 * Cuts a text into passages for search.
 *
 * 1. A passage is a verbatim substring of the text: `text.slice(start, end)`.
 * 2. Passages do not overlap, and leave out nothing but whitespace.
 * 3. Each has at most `passageCharactersMax` characters and ends, where it can, with a paragraph or a
 *    sentence, else with a line or a word.
 */
import { DOCUMENT_LIMITS } from '../../contracts/document-limits';

export interface Passage {
  /** Offsets in UTF-16 units, `end` exclusive. */
  start: number;
  end: number;
  /** The line of `start`, from 1. */
  line: number;
}

const MIN = DOCUMENT_LIMITS.passageCharactersMin;
const MAX = DOCUMENT_LIMITS.passageCharactersMax;
/** A paragraph's end is worth a passage of this share of the minimum. */
const PARAGRAPH_FROM = MIN / 2;
const INDENTATION_MAX = 40;

export function cutPassages(text: string): Passage[] {
  const passages: Passage[] = [];
  let line = 1;
  let counted = 0;
  let at = nextStart(text, 0);
  while (at < text.length) {
    const cut = at + cutAt(text.slice(at, at + MAX + 1));
    for (let i = text.indexOf('\n', counted); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) {
      line++;
    }
    counted = at;
    passages.push({ start: at, end: at + text.slice(at, cut).trimEnd().length, line });
    at = nextStart(text, cut);
  }
  return passages;
}

/** Whitespace between passages is in none of them, except the indentation of a first line. */
function nextStart(text: string, from: number): number {
  const rest = /\S/g;
  rest.lastIndex = from;
  const found = rest.exec(text)?.index;
  if (found === undefined) return text.length;
  const gap = text.slice(from, found);
  const indentation = gap.length - (gap.lastIndexOf('\n') + 1);
  const isIndented = (from === 0 || indentation < gap.length) && indentation <= INDENTATION_MAX;
  return isIndented ? found - indentation : found;
}

/** Where to end the passage that begins this window, in characters from its beginning. */
function cutAt(window: string): number {
  if (window.length <= MAX) return window.length;
  const full = window.slice(0, MAX);
  return (
    lastEnd(full, /\n\s*\n/g, PARAGRAPH_FROM) ??
    lastEnd(full, /[.!?…]["'”’)\]]*\s|[。！？]/g, MIN) ??
    lastEnd(full, /\n/g, PARAGRAPH_FROM) ??
    lastEnd(full, /\s/g, PARAGRAPH_FROM) ??
    wholeCharacters(full)
  );
}

/** The end of the last match that ends at `from` or later. */
function lastEnd(window: string, pattern: RegExp, from: number): number | undefined {
  let end: number | undefined;
  for (const match of window.matchAll(pattern)) {
    const matchEnd = match.index + match[0].length;
    if (matchEnd >= from) end = matchEnd;
  }
  return end;
}

/** Does not cut a surrogate pair in two. */
function wholeCharacters(window: string): number {
  return /[\ud800-\udbff]$/.test(window) ? window.length - 1 : window.length;
}
