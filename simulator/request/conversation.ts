import type { ContentBlock } from './blocks';
import type { Message, PromptRequest } from './schema';

/**
 * The conversation as the API reads it: a string is one text block, and consecutive messages of
 * one role are one turn (API page 4.2).
 */
export interface Turn {
  role: Message['role'];
  blocks: ContentBlock[];
  /** Of each block: where it stands in the request, e.g. `messages.2.content.0`. */
  paths: string[];
}

export function turnsOf(request: PromptRequest): Turn[] {
  const turns: Turn[] = [];
  request.messages.forEach((message, index) => {
    const previous = turns.at(-1);
    const turn: Turn =
      previous?.role === message.role ? previous : { role: message.role, blocks: [], paths: [] };
    if (turn !== previous) turns.push(turn);
    blocksOf(message.content).forEach((block, position) => {
      turn.blocks.push(block);
      turn.paths.push(`messages.${index}.content.${position}`);
    });
  });
  return turns;
}

export function blocksOf(content: Message['content']): ContentBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** The text of a block's own words, those nested in a tool result included. */
export function textOf(block: ContentBlock): string {
  if (block.type === 'text') return block.text;
  if (block.type !== 'tool_result') return '';
  if (typeof block.content === 'string') return block.content;
  return (block.content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
