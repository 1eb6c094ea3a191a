import { canonicalize } from 'json-canonicalize';
import type { ModelCapabilities } from '../models';
import { randomFrom, sha256 } from '../random';
import type { Turn } from '../request/conversation';
import type { MessagesRequest } from '../request/schema';
import { forces } from '../rules/tools';
import { signThinking } from '../thinking-signature';
import { estimateTokens } from '../tokens';
import { type Context, readContext } from './context';
import { claimOf, withoutEvidence } from './prose';
import { structuredValue } from './structured';
import { planCalls } from './tool-plan';
import { costOfSearch, type WebCitation, type WebSearchBlock, webSearch } from './web-search';
import { topTerms } from './words';

export type AnswerBlock =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'text'; text: string; citations: WebCitation[] | null }
  | {
      type: 'tool_use';
      id: string;
      name: string;
      input: Record<string, unknown>;
      caller: { type: 'direct' };
    }
  | WebSearchBlock;

export interface Answer {
  blocks: AnswerBlock[];
  stopReason: string | null;
  stopSequence: string | null;
  stopDetails: Record<string, unknown> | null;
  outputTokens: number;
  thinkingTokens: number;
  /** What searches of the web cost besides. */
  searched?: { requests: number; inputTokens: number };
}

/**
 * The answer to a request: tool calls, JSON for a schema, or text. It rests on nothing but the
 * request and the seed, so the same request has the same answer.
 */
export function answer(
  request: MessagesRequest,
  turns: Turn[],
  model: ModelCapabilities,
  seed: number,
): Answer {
  if (request.max_tokens === 0) return finished([], 'max_tokens', 0, 0);
  const seedWords = [String(seed), seedOfWork(request)];
  const context = readContext(request, turns, randomFrom(...seedWords));
  const random = randomFrom(...seedWords, context.toolTurns);
  const calls = planCalls(request, context, seedWords, random);
  const thinking = thinkingOf(request, context, turns, model);
  const digest = sha256(canonicalize(request) + seed);
  const search = webSearch(request, turns, context.question, digest);
  if (search !== undefined) {
    const written = search.reduce((sum, block) => sum + tokensOf(block, model), 0);
    return { ...finished(search, 'end_turn', written, 0), searched: costOfSearch(search, model) };
  }
  const blocks: AnswerBlock[] =
    calls.length > 0
      ? calls.map((call, index) => ({
          type: 'tool_use',
          id: `toolu_${sha256(`${digest}${index}`).slice(0, 24)}`,
          ...call,
          caller: { type: 'direct' },
        }))
      : [{ type: 'text', text: finalText(request, context, seedWords), citations: null }];
  const stopReason = calls.length > 0 ? 'tool_use' : 'end_turn';
  const tokens = blocks.reduce((sum, block) => sum + tokensOf(block, model), 0);
  const all = thinking === undefined ? blocks : [thinking.block, ...blocks];
  const spent = thinking?.tokens ?? 0;
  return finished(all, stopReason, tokens + spent, spent);
}

function finished(
  blocks: AnswerBlock[],
  stopReason: string,
  outputTokens: number,
  thinkingTokens: number,
): Answer {
  const stop = { stopReason, stopSequence: null, stopDetails: null };
  return { blocks, ...stop, outputTokens, thinkingTokens };
}

/**
 * What the choices hang on: the task, not the conversation about it, so that a repair asked for in
 * a later turn changes only what it names.
 */
function seedOfWork(request: MessagesRequest): string {
  const format = request.output_config?.format?.schema ?? null;
  const system =
    typeof request.system === 'string'
      ? request.system
      : (request.system ?? []).map((block) => block.text);
  const { content } = request.messages[0] ?? { content: '' };
  const task =
    typeof content === 'string'
      ? [content]
      : content.map((block) => (block.type === 'text' ? block.text : block.type));
  return sha256(canonicalize({ format, system, task }));
}

const TEXT_PARAGRAPHS_COUNT = 4;

function finalText(request: MessagesRequest, context: Context, seedWords: string[]): string {
  const format = request.output_config?.format;
  if (format) {
    const value = structuredValue({ schema: format.schema, context, seedWords });
    return JSON.stringify(value ?? {});
  }
  if (context.evidence.length === 0) return withoutEvidence(context.question);
  return context.evidence
    .slice(0, TEXT_PARAGRAPHS_COUNT)
    .map((item, place) => claimOf(item, false, place))
    .join('\n\n');
}

export function tokensOf(block: AnswerBlock, model: ModelCapabilities): number {
  if (block.type === 'thinking' || block.type === 'web_search_tool_result') return 0;
  const text = block.type === 'text' ? block.text : block.name + JSON.stringify(block.input);
  return Math.max(1, estimateTokens(text, model.denseTokenizer));
}

const THINKING_TOKENS = { low: 20, medium: 60, high: 120, xhigh: 240, max: 400 } as const;

/** A thinking block where the request or the model asks for one (API page 3.6). */
function thinkingOf(
  request: MessagesRequest,
  context: Context,
  turns: Turn[],
  model: ModelCapabilities,
): { block: AnswerBlock; tokens: number } | undefined {
  const type = request.thinking?.type ?? (model.thinksByDefault ? 'adaptive' : 'disabled');
  if (type === 'disabled' || forces(request.tool_choice)) return undefined;
  if (type === 'between_tools' && context.toolTurns === 0) return undefined;
  const display =
    request.thinking && 'display' in request.thinking ? request.thinking.display : undefined;
  const isShown = display ? display === 'summarized' : model.summarizesByDefault;
  const thinking = isShown ? summaryOf(context) : '';
  const effort = request.output_config?.effort ?? model.defaultEffort;
  const tokens = Math.min(THINKING_TOKENS[effort], Math.floor(request.max_tokens / 4));
  const signature = signThinking(thinking, request, turns, model);
  return { block: { type: 'thinking', thinking, signature }, tokens };
}

function summaryOf(context: Context): string {
  const terms = topTerms([context.question], 3).join(', ') || 'the request';
  const documents = new Set(context.evidence.map((item) => item.document)).size;
  return context.evidence.length === 0
    ? `The question is about ${terms}. Nothing was read yet.`
    : `The question is about ${terms}. ${context.evidence.length} sentences of ${documents} documents are at hand; the best of them carry the answer.`;
}
