import type { Random } from '../random';
import type { Turn } from '../request/conversation';
import { textOf } from '../request/conversation';
import type { PromptRequest } from '../request/schema';
import { type Evidence, type Passage, rank, sentencesIn } from './evidence';
import {
  findItems,
  findPassages,
  headingsIn,
  type Item,
  renderDraft,
  statementsIn,
} from './findings';
import { blocksIn, namesIn, parseJson, type TextBlock, withoutBlocks } from './marked-text';
import { type Faults, readReports } from './report';

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
  /** Best first. */
  evidence: Evidence[];
  /** Items with an id that earlier phases handed over. */
  items: Item[];
  /** Titles and headings of earlier phases' texts. */
  headings: string[];
  /** Earlier phases' texts with headings, as Markdown. */
  drafts: string[];
  /** Whether this is about work that was sent back before, or cannot be any more. */
  isRevision: boolean;
  faults: Faults;
  toolTurns: number;
  calls: PastCall[];
  /** Whether an answer was already given, so that this is a repair of it. */
  hasAnswered: boolean;
}

const QUESTION_CHARS_MAX = 600;
const EVIDENCE_COUNT_MAX = 5_000;

/** `random` settles only what is otherwise equally good. */
export function readContext(prompt: PromptRequest, turns: Turn[], random: Random): Context {
  const system =
    typeof prompt.system === 'string'
      ? prompt.system
      : (prompt.system ?? []).map((block) => block.text).join('\n');
  const blocks = turns.flatMap((turn) => (turn.role === 'user' ? blocksIn(wordsOf(turn)) : []));
  const of = (tag: string): TextBlock[] => blocks.filter((block) => block.tag === tag);
  const faults = faultsIn(turns, of('report'));
  const isOneTask = of('question').length > 0 || faults.counts.size > 0;
  const work = turns.slice(isOneTask ? 0 : lastAsked(turns));
  const handoffs = of('handoff').map((block) => parseJson(block.body));
  const calls = callsIn(turns);
  const passages = [
    ...calls.flatMap((call) => findPassages(call.result, call.input)),
    ...attachedDocuments(turns),
    ...of('document').map((block) => passageOf(block)),
  ];
  const items = handoffs.flatMap((handoff) => findItems(handoff));
  const evidence = [
    ...items.flatMap((item) => item.evidence ?? []),
    ...passages.flatMap(sentencesIn),
  ];
  const task = work[0] === undefined ? '' : wordsOf(work[0]);
  const plain = withoutBlocks(task);
  const asked = of('question')[0]?.body.trim() || plain || task;
  const question = asked.slice(0, QUESTION_CHARS_MAX);
  const stated = evidence.length > 0 ? evidence : handoffs.flatMap(statementsIn);
  return {
    question,
    instructions: `${system}\n${of('instruction')
      .map((block) => block.body)
      .join('\n')}\n${plain}`,
    documents: of('documents').flatMap((block) => namesIn(block.body)),
    evidence: rank(stated.slice(0, EVIDENCE_COUNT_MAX), question, random),
    items,
    headings: handoffs.flatMap(headingsIn),
    drafts: handoffs.map(renderDraft).filter((draft) => draft !== ''),
    isRevision:
      of('comments').length > 0 ||
      of('handoff').some(isLaterRound) ||
      of('instruction').some((block) => /sent back|revis/i.test(block.body)),
    faults,
    toolTurns: work.filter((turn) => turn.blocks.some((block) => block.type === 'tool_use')).length,
    calls,
    hasAnswered: work.some(isAnswer),
  };
}

const wordsOf = (turn: Turn): string =>
  turn.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('\n');

/** Where the latest question of a chat begins: a user's turn that is no answer of tools. */
function lastAsked(turns: Turn[]): number {
  const index = turns.findLastIndex(
    (turn) => turn.role === 'user' && turn.blocks.every((block) => block.type !== 'tool_result'),
  );
  return Math.max(0, index);
}

const isLaterRound = (block: TextBlock): boolean =>
  Number(block.attributes.round ?? 1) > 1 || Number(block.attributes.revision ?? 0) > 0;

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

/** JSON, also where the whole stands between tags. */
function readResult(text: string): unknown {
  const inside = withoutBlocks(text) === '' ? (blocksIn(text)[0]?.body ?? text) : text;
  return parseJson(inside) ?? inside;
}

/** What reports, and user messages that came after an answer, find fault with. */
function faultsIn(turns: Turn[], reports: TextBlock[]): Faults {
  const firstAnswer = turns.findIndex(isAnswer);
  const later = firstAnswer === -1 ? [] : turns.slice(firstAnswer);
  const texts = later.filter((turn) => turn.role === 'user').map(wordsOf);
  return readReports([...reports.map((block) => block.body), ...texts]);
}

const isAnswer = (turn: Turn): boolean =>
  turn.role === 'assistant' &&
  turn.blocks.some((block) => block.type === 'text') &&
  !turn.blocks.some((block) => block.type === 'tool_use');
