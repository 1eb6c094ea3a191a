import type { Evidence, Passage } from './evidence';
import { nameWords, roleOf } from './fields';
import { sentencesOf } from './words';

/** An item with an id or a quote in the JSON of an earlier phase. */
export interface Item {
  id?: string;
  /** The list in which it stands, e.g. `finding`. */
  list: string;
  evidence?: Evidence;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All items with ids, and the quotes without one, at any depth. */
export function findItems(value: unknown, list = ''): Item[] {
  if (Array.isArray(value)) return value.flatMap((entry) => findItems(entry, list));
  if (!isObject(value)) return [];
  const inner = Object.entries(value).flatMap(([name, entry]) => findItems(entry, nameWords(name)));
  const id = typeof value.id === 'string' ? value.id : undefined;
  const evidence = evidenceIn(value, id);
  if (id === undefined && (evidence === undefined || !evidence.verbatim)) return inner;
  const own: Item = {
    list,
    ...(id === undefined ? {} : { id }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  // The quote of an item is its own: what stands inside it would only repeat it.
  return evidence?.verbatim === true ? [own] : [own, ...inner];
}

/** The quote of an item, else its statement. */
function evidenceIn(item: Json, id: string | undefined): Evidence | undefined {
  const quote = textWith(item, 'quote');
  const text =
    quote ?? textWith(item, 'claim') ?? textWith(item, 'prose') ?? textWith(item, 'body');
  if (text === undefined) return undefined;
  return {
    text,
    document: textWith(item, 'document') ?? '',
    line: lineOf(item),
    verbatim: quote !== undefined,
    ...(id === undefined ? {} : { id }),
  };
}

function textWith(item: Json, role: string): string | undefined {
  for (const [name, value] of Object.entries(item)) {
    if (typeof value === 'string' && value.trim() !== '' && roleOf(name, '') === role) return value;
    if (isObject(value)) {
      const inner = textWith(value, role);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

function lineOf(item: Json): number {
  for (const [name, value] of Object.entries(item)) {
    if (typeof value === 'number' && /^(from |start )?line( number)?$/.test(nameWords(name))) {
      return value;
    }
    if (isObject(value) && lineOf(value) > 0) return lineOf(value);
  }
  return 0;
}

const TEXT_NAMES = /^(text|content|passage|snippet|excerpt|body)$/;
/** The first that is there names the document. */
const DOCUMENT_NAMES = [
  /^(document|doc)( name)?$/,
  /^(source|file|path)( name)?$/,
  /^(filename|name|title|url)$/,
];

/** All texts with a document's name beside them in a tool's result; a bare text names the call's. */
export function findPassages(result: unknown, input: Json): Passage[] {
  const asked = documentOf(input) ?? '';
  if (typeof result === 'string') return [{ document: asked, line: 1, text: result }];
  if (Array.isArray(result)) return result.flatMap((entry) => findPassages(entry, input));
  if (!isObject(result)) return [];
  const text = Object.entries(result).find(
    ([name, value]) => typeof value === 'string' && TEXT_NAMES.test(nameWords(name)),
  )?.[1];
  const document = documentOf(result) ?? asked;
  const own = typeof text === 'string' ? [{ document, line: lineOf(result) || 1, text }] : [];
  const nested = Object.values(result).filter((value) => typeof value === 'object');
  return [...own, ...nested.flatMap((value) => findPassages(value, input))];
}

function documentOf(value: Json): string | undefined {
  const texts = Object.entries(value).filter(([, entry]) => typeof entry === 'string');
  for (const names of DOCUMENT_NAMES) {
    const found = texts.find(([name]) => names.test(nameWords(name)));
    if (found !== undefined) return String(found[1]);
  }
  return undefined;
}

/** Titles and headings at any depth. */
export function headingsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(headingsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && roleOf(name, '') === 'title' ? [inner] : headingsIn(inner),
  );
}

/** What an earlier phase's texts state, sentence by sentence. */
export function statementsIn(value: unknown): Evidence[] {
  return draftLines(value, 1)
    .filter((line) => !line.startsWith('#'))
    .flatMap(sentencesOf)
    .map((text) => ({ text, verbatim: false, document: '', line: 0 }));
}

/** A text with headings as Markdown, in the order in which it stands; '' for anything else. */
export function renderDraft(value: unknown): string {
  const lines = headingsIn(value).length === 0 ? [] : draftLines(value, 1);
  return lines.join('\n\n');
}

function draftLines(value: unknown, level: number): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => draftLines(entry, level));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (typeof inner !== 'string') return draftLines(inner, level + 1);
    const role = roleOf(name, '');
    if (role === 'title') return [`${'#'.repeat(Math.min(level, 4))} ${inner}`];
    return ['claim', 'prose', 'body'].includes(role) ? [inner] : [];
  });
}
