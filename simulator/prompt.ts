import {
  FORMAT_OVERHEAD_TOKENS,
  REMOTE_DOCUMENT_TOKENS,
  REMOTE_IMAGE_TOKENS,
  TOOLS_OVERHEAD_TOKENS,
} from './limits';
import type { ModelCapabilities } from './models';
import type { CacheControl, ContentBlock } from './request/blocks';
import { type Turn, turnsOf } from './request/conversation';
import type { PromptRequest } from './request/schema';
import { estimateTokens } from './tokens';

/**
 * A request as the sequence of blocks that is counted and cached: tools, then system, then
 * messages (API page 3.7).
 */
export interface PromptBlock {
  part: 'tools' | 'system' | 'messages';
  /** What makes two blocks the same for the cache. */
  identity: string;
  tokens: number;
  /** A cache breakpoint behind this block. */
  ttl?: '5m' | '1h';
}

export interface CountedPrompt {
  blocks: PromptBlock[];
  /** Of tools and output format, beyond the text itself (docs/simulator.md). */
  overheadTokens: number;
  /** What the counting endpoint answers. */
  tokens: number;
  /** No bill for this prompt is higher: UTF-8 bytes of its text and the fixed overheads. */
  tokensMax: number;
}

export function countPrompt(prompt: PromptRequest, model: ModelCapabilities): CountedPrompt {
  const count = (text: string): number => estimateTokens(text, model.denseTokenizer);
  const pieces = piecesOf(prompt, turnsOf(prompt));
  const blocks = pieces.map((piece): PromptBlock => {
    const { part, text, ttl } = piece;
    const tokens = count(text) + piece.fixedTokens;
    return { part, identity: piece.identity, tokens, ...(ttl === undefined ? {} : { ttl }) };
  });
  const format = prompt.output_config?.format;
  const formatText = format ? JSON.stringify(format.schema) : '';
  const overheadTokens =
    ((prompt.tools?.length ?? 0) > 0 ? TOOLS_OVERHEAD_TOKENS : 0) +
    (format ? FORMAT_OVERHEAD_TOKENS : 0);
  const bytes = pieces.reduce(
    (sum, piece) => sum + Buffer.byteLength(piece.text) + piece.fixedTokens,
    Buffer.byteLength(formatText),
  );
  const tokens = blocks.reduce((sum, block) => sum + block.tokens, count(formatText));
  return {
    blocks,
    overheadTokens,
    tokens: tokens + overheadTokens,
    tokensMax: bytes + overheadTokens,
  };
}

/** A block that carries a breakpoint, explicit or automatic, in prompt order. */
export interface MarkedBlock {
  ttl: '5m' | '1h';
  clashesWithAutomatic: boolean;
}

export function markedBlocks(prompt: PromptRequest, turns: Turn[]): MarkedBlock[] {
  return piecesOf(prompt, turns).flatMap((piece) => {
    const marks = piece.explicit.map((ttl) => ({ ttl, clashesWithAutomatic: false }));
    const own = piece.explicit.at(-1);
    if (piece.automatic === undefined || own === piece.automatic) return marks;
    return [...marks, { ttl: piece.automatic, clashesWithAutomatic: own !== undefined }];
  });
}

interface Piece {
  part: PromptBlock['part'];
  text: string;
  identity: string;
  /** For content whose size the text does not show. */
  fixedTokens: number;
  /** Breakpoints on the block and, before it, inside it. */
  explicit: ('5m' | '1h')[];
  automatic?: '5m' | '1h';
  ttl?: '5m' | '1h';
}

function piecesOf(prompt: PromptRequest, turns: Turn[]): Piece[] {
  const pieces: Piece[] = [];
  for (const tool of prompt.tools ?? []) {
    const text = withoutMarks(tool);
    pieces.push({ part: 'tools', text, identity: text, fixedTokens: 0, explicit: marksOf(tool) });
  }
  const system = prompt.system ?? [];
  for (const block of typeof system === 'string' ? [{ text: system }] : system) {
    const { text } = block;
    pieces.push({ part: 'system', text, identity: text, fixedTokens: 0, explicit: marksOf(block) });
  }
  for (const turn of turns) {
    for (const block of turn.blocks) {
      const { text, fixedTokens } = countable(block);
      const identity = `${turn.role}:${withoutMarks(block)}`;
      pieces.push({ part: 'messages', text, identity, fixedTokens, explicit: marksOf(block) });
    }
  }
  const automatic = ttlOf(prompt.cache_control);
  const last = pieces.at(-1);
  if (automatic !== undefined && last !== undefined) last.automatic = automatic;
  for (const piece of pieces) {
    const ttl = piece.explicit.at(-1) ?? piece.automatic;
    if (ttl !== undefined) piece.ttl = ttl;
  }
  return pieces;
}

const ttlOf = (mark: CacheControl): '5m' | '1h' | undefined =>
  mark ? (mark.ttl ?? '5m') : undefined;

function marksOf(block: object): ('5m' | '1h')[] {
  const { cache_control: mark, content } = block as {
    cache_control?: CacheControl;
    content?: unknown;
  };
  const nested = Array.isArray(content) ? content.flatMap((part: object) => marksOf(part)) : [];
  const own = ttlOf(mark);
  return own === undefined ? nested : [...nested, own];
}

const withoutMarks = (value: object): string =>
  JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner));

/** The text by which a block is counted; images and PDFs count by a fixed estimate. */
function countable(block: ContentBlock): { text: string; fixedTokens: number } {
  switch (block.type) {
    case 'text':
      return { text: block.text, fixedTokens: 0 };
    case 'thinking':
      return { text: block.thinking, fixedTokens: 0 };
    case 'image':
      return { text: '', fixedTokens: imageTokens(block.source) };
    case 'document':
      return documentCount(block);
    case 'tool_result': {
      if (typeof block.content === 'string') return { text: block.content, fixedTokens: 0 };
      const parts = (block.content ?? []).map((part) =>
        part.type === 'tool_reference' || part.type === 'browser_state'
          ? { text: withoutMarks(part), fixedTokens: 0 }
          : countable(part),
      );
      return {
        text: parts.map((part) => part.text).join(''),
        fixedTokens: parts.reduce((sum, part) => sum + part.fixedTokens, 0),
      };
    }
    case 'search_result':
      return {
        text: [block.source, block.title, ...block.content.map((part) => part.text)].join(''),
        fixedTokens: 0,
      };
    default:
      return { text: withoutMarks(block), fixedTokens: 0 };
  }
}

function imageTokens(source: { type: string; data?: string }): number {
  return Math.min(REMOTE_IMAGE_TOKENS, source.data?.length ?? REMOTE_IMAGE_TOKENS);
}

function documentCount(block: Extract<ContentBlock, { type: 'document' }>): {
  text: string;
  fixedTokens: number;
} {
  const { source } = block;
  const heading = `${block.title ?? ''}${block.context ?? ''}`;
  if (source.type === 'text') return { text: heading + source.data, fixedTokens: 0 };
  if (source.type === 'content') {
    const parts = typeof source.content === 'string' ? [] : source.content;
    const text =
      typeof source.content === 'string'
        ? source.content
        : parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const images = parts.flatMap((part) =>
      part.type === 'image' ? [imageTokens(part.source)] : [],
    );
    return { text: heading + text, fixedTokens: images.reduce((sum, tokens) => sum + tokens, 0) };
  }
  // A page of a PDF is a few thousand bytes for several hundred tokens.
  const tokens =
    source.type === 'base64' ? Math.ceil(source.data.length / 10) : REMOTE_DOCUMENT_TOKENS;
  return { text: heading, fixedTokens: tokens };
}
