import { invalid } from '../errors';
import { type ContentBlock, isServerToolResult } from '../request/blocks';
import { blocksOf } from '../request/conversation';
import type { Rule } from './rule';

/** Roles, their order and what a message may hold (API page 4.1, 4.2). */

export const firstRole: Rule = ({ prompt }) => {
  if (prompt.messages[0]?.role !== 'user') {
    throw invalid('messages: first message must use the "user" role');
  }
};

/** After a user turn, or an assistant turn that ends in a server tool's result; then last or before an assistant. */
export const systemMessages: Rule = ({ prompt, model, turns }) => {
  const index = prompt.messages.findIndex((message) => message.role === 'system');
  if (index === -1) return;
  if (!model.systemMessages) throw invalid("role 'system' is not supported on this model");
  turns.forEach((turn, position) => {
    if (turn.role !== 'system') return;
    const before = turns[position - 1];
    const after = turns[position + 1];
    const lastBefore = before?.blocks.at(-1)?.type;
    const follows =
      before?.role === 'user' || (lastBefore !== undefined && endsServerTool(lastBefore));
    if (!follows || after?.role === 'user') {
      throw invalid(
        'messages: a "system" message must follow a user turn or a server tool result, and be last or followed by an assistant message',
      );
    }
  });
};

const endsServerTool = (type: ContentBlock['type']): boolean =>
  type !== 'tool_result' && isServerToolResult(type);

/** Prefill is gone from 4.6 on; an unfinished server tool turn may be sent back. */
export const prefill: Rule = ({ prompt, model, turns }) => {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  const answered = new Set(
    last.blocks.flatMap((block) => ('tool_use_id' in block ? [block.tool_use_id] : [])),
  );
  const isPaused = last.blocks.some(
    (block) => block.type === 'server_tool_use' && !answered.has(block.id),
  );
  if (isPaused || endsServerTool(last.blocks.at(-1)?.type ?? 'text')) return;
  if (!model.prefill) {
    throw invalid(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  if (prompt.output_config?.format) {
    throw invalid('output_config.format: is not supported with an assistant message prefill');
  }
};

/** A message holds something, and no text is empty (white space only: unconfirmed). */
export const nonEmptyContent: Rule = ({ prompt }) => {
  const lastIndex = prompt.messages.length - 1;
  prompt.messages.forEach((message, index) => {
    const isOptional = index === lastIndex && message.role === 'assistant';
    if (message.content.length === 0 && !isOptional) {
      throw invalid(`messages.${index}: all messages must have non-empty content`);
    }
    refuseEmptyText(blocksOf(message.content), 'messages');
  });
  if (Array.isArray(prompt.system)) refuseEmptyText(prompt.system, 'system');
};

function refuseEmptyText(blocks: ContentBlock[], where: string): void {
  for (const block of blocks) {
    if (block.type === 'tool_result' && Array.isArray(block.content)) {
      const hasEmpty = block.content.some((part) => part.type === 'text' && part.text === '');
      if (hasEmpty) throw invalid(`${where}: text content blocks must be non-empty`);
    }
    if (block.type !== 'text' || block.text.trim() !== '') continue;
    if (block.cache_control) throw invalid(`${where}: cache_control cannot be set for empty text`);
    throw invalid(
      block.text === ''
        ? `${where}: text content blocks must be non-empty`
        : `${where}: text content blocks must contain non-whitespace text`,
    );
  }
}

const ASSISTANT_ONLY = new Set<ContentBlock['type']>([
  'thinking',
  'redacted_thinking',
  'tool_use',
  'server_tool_use',
]);
const USER_ONLY = new Set<ContentBlock['type']>([
  'tool_result',
  'image',
  'document',
  'search_result',
]);

/** Which side may say what; citations come from the model only. */
export const blocksByRole: Rule = ({ turns }) => {
  for (const turn of turns) {
    turn.blocks.forEach((block, index) => {
      const path = turn.paths[index];
      const isWrong =
        turn.role === 'user'
          ? ASSISTANT_ONLY.has(block.type) || endsServerTool(block.type)
          : USER_ONLY.has(block.type);
      if (isWrong) {
        throw invalid(`${path}: \`${block.type}\` blocks are not allowed in ${turn.role} messages`);
      }
      if (turn.role === 'user') refuseCitations(block, path ?? 'messages');
    });
  }
};

function refuseCitations(block: ContentBlock, path: string): void {
  if (block.type === 'text' && (block.citations?.length ?? 0) > 0) {
    throw invalid(`${path}.text.citations: citations are not allowed on user text blocks`);
  }
  const nested =
    block.type === 'search_result' || block.type === 'tool_result' ? block.content : [];
  if (Array.isArray(nested)) {
    nested.forEach((part, index) => {
      refuseCitations(part as ContentBlock, `${path}.${block.type}.content.${index}`);
    });
  }
}

/** Citations are on for all documents and search results of a request or for none (API page 3.11). */
export const citations: Rule = ({ prompt, turns }) => {
  const settings = turns
    .flatMap((turn) => turn.blocks)
    .flatMap(citable)
    .map((source) => source.citations?.enabled === true);
  if (!settings.includes(true)) return;
  if (settings.includes(false)) {
    throw invalid('messages: citations must be enabled on all documents or on none');
  }
  if (prompt.output_config?.format) {
    throw invalid('output_config.format: is not supported when citations are enabled');
  }
};

function citable(
  block: ContentBlock,
): { citations?: { enabled?: boolean | undefined } | null | undefined }[] {
  if (block.type === 'document' || block.type === 'search_result') return [block];
  if (block.type !== 'tool_result' || typeof block.content === 'string') return [];
  return (block.content ?? []).flatMap((part) =>
    part.type === 'document' || part.type === 'search_result' ? [part] : [],
  );
}
