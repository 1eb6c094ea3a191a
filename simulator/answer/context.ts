import type { Turn } from '../request/conversation';
import { textOf } from '../request/conversation';
import type { PromptRequest } from '../request/schema';
import { type Evidence, type Passage, sentencesIn } from './evidence';
import { findItems, findPassages, type Item } from './findings';

/** A tool that was called before in this conversation, and what came back. */
export interface PastCall {
  name: string;
  input: Record<string, unknown>;
  failed: boolean;
}

/** All that an answer rests on: only what stands in the request. */
export interface Context {
  question: string;
  /** System text and the user's instructions, for what they ask of the form. */
  instructions: string;
  /** Names listed in the request. */
  documents: string[];
  evidence: Evidence[];
  /** Items with an id that earlier phases handed over. */
  items: Item[];
  /** Titles and headings of earlier phases' texts. */
  headings: string[];
  /** Whether this is work that was sent back before. */
  isRevision: boolean;
  /** How often a later message found fault with a path of the answer, e.g. `/findings/3/quote`. */
  faults: Map<string, number>;
  toolTurns: number;
  calls: PastCall[];
  /** Whether an answer was already given, so that this is a repair of it. */
  hasAnswered: boolean;
}

const BLOCK = /<([a-z][\w-]*)((?:\s+[\w-]+="[^"]*")*)\s*>([\s\S]*?)<\/\1>/gi;
const QUESTION_CHARS_MAX = 600;

interface TextBlock {
  tag: string;
  attributes: Record<string, string>;
  body: string;
}

export function readContext(prompt: PromptRequest, turns: Turn[]): Context {
  const system =
    typeof prompt.system === 'string'
      ? prompt.system
      : (prompt.system ?? []).map((block) => block.text).join('\n');
  const userTexts = turns
    .filter((turn) => turn.role === 'user')
    .map((turn) =>
      turn.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('\n'),
    );
  const blocks = userTexts.flatMap(blocksIn);
  const of = (tag: string): TextBlock[] => blocks.filter((block) => block.tag === tag);
  const handoffs = of('handoff').map((block) => parseJson(block.body));
  const calls = callsIn(turns);
  const passages = [
    ...calls.flatMap((call) => findPassages(call.result, call.input)),
    ...attachedDocuments(turns),
    ...of('document').map((block) => passageOf(block)),
  ];
  const items = handoffs.flatMap((handoff) => findItems(handoff));
  const plain = (userTexts[0] ?? '').replace(BLOCK, ' ').trim();
  const question = of('question')[0]?.body.trim() || plain || (userTexts[0] ?? '');
  return {
    question: question.slice(0, QUESTION_CHARS_MAX),
    instructions: `${system}\n${of('instruction')
      .map((block) => block.body)
      .join('\n')}\n${plain}`,
    documents: of('documents').flatMap((block) => namesIn(block.body)),
    evidence: [...items.flatMap((item) => item.evidence ?? []), ...passages.flatMap(sentencesIn)],
    items,
    headings: handoffs.flatMap(headingsIn),
    isRevision: of('comments').length > 0 || of('handoff').some(isLaterRound),
    faults: faultsIn(turns),
    toolTurns: turns.filter((turn) => turn.blocks.some((block) => block.type === 'tool_use'))
      .length,
    calls,
    hasAnswered: answeredBefore(turns),
  };
}

function blocksIn(text: string): TextBlock[] {
  return [...text.matchAll(BLOCK)].map(([, tag = '', attributes = '', body = '']) => ({
    tag: tag.toLowerCase(),
    attributes: Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
    body,
  }));
}

const isLaterRound = (block: TextBlock): boolean =>
  Number(block.attributes.round ?? 1) > 1 || Number(block.attributes.revision ?? 0) > 0;

/** One name a line, with or without a list mark, or a JSON list. */
function namesIn(body: string): string[] {
  const parsed = parseJson(body.trim());
  if (Array.isArray(parsed)) {
    return parsed.flatMap((entry) => {
      if (typeof entry === 'string') return [entry];
      const name = (entry as { name?: unknown } | null)?.name;
      return typeof name === 'string' ? [name] : [];
    });
  }
  return body
    .split('\n')
    .map((line) => line.replace(/^\s*(?:[-*]|\d+[.)])\s+/, '').trim())
    .map((line) => line.replace(/\s+\([^()]*\)$/, ''))
    .filter((line) => line !== '');
}

function passageOf(block: TextBlock): Passage {
  const { name, title, source } = block.attributes;
  return { document: name ?? title ?? source ?? '', line: 1, text: block.body };
}

function attachedDocuments(turns: Turn[]): Passage[] {
  return turns
    .flatMap((turn) => turn.blocks)
    .flatMap((block): Passage[] => {
      if (block.type === 'search_result') {
        const text = block.content.map((part) => part.text).join('\n');
        return [{ document: block.title || block.source, line: 1, text }];
      }
      if (block.type !== 'document' || block.source.type !== 'text') return [];
      return [{ document: block.title ?? '', line: 1, text: block.source.data }];
    });
}

function callsIn(turns: Turn[]): (PastCall & { result: unknown })[] {
  const results = new Map<string, { text: string; failed: boolean }>();
  for (const block of turns.flatMap((turn) => turn.blocks)) {
    if (block.type !== 'tool_result') continue;
    results.set(block.tool_use_id, { text: textOf(block), failed: block.is_error === true });
  }
  return turns
    .flatMap((turn) => turn.blocks)
    .flatMap((block) => {
      if (block.type !== 'tool_use') return [];
      const result = results.get(block.id);
      const { name, input } = block;
      const failed = result?.failed ?? true;
      return [{ name, input, failed, result: failed ? undefined : readResult(result?.text ?? '') }];
    });
}

const readResult = (text: string): unknown => parseJson(text) ?? text;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function headingsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(headingsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && /^(title|heading)$/i.test(name) ? [inner] : headingsIn(inner),
  );
}

/** Paths named in user messages that came after an answer. */
function faultsIn(turns: Turn[]): Map<string, number> {
  const faults = new Map<string, number>();
  const firstAnswer = turns.findIndex(isAnswer);
  if (firstAnswer === -1) return faults;
  for (const turn of turns.slice(firstAnswer)) {
    if (turn.role !== 'user') continue;
    const text = turn.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
    const named = new Set(text.match(/(?:\/[\w~-]+)+/g) ?? []);
    for (const path of named) faults.set(path, (faults.get(path) ?? 0) + 1);
  }
  return faults;
}

const isAnswer = (turn: Turn): boolean =>
  turn.role === 'assistant' &&
  turn.blocks.some((block) => block.type === 'text') &&
  !turn.blocks.some((block) => block.type === 'tool_use');

const answeredBefore = (turns: Turn[]): boolean => turns.some(isAnswer);
