import { invalid } from '../errors';
import type { ContentBlock } from '../request/blocks';
import type { Turn } from '../request/conversation';
import { toolName } from '../request/tools';
import type { Rule } from './rule';

/** Tool uses and their results belong together (API page 4.2). */

/** Every `tool_use` is answered in the next user turn, results first, each once. */
export const toolResults: Rule = ({ turns }) => {
  const seen = new Set<string>();
  turns.forEach((turn, index) => {
    const asked = idsOf(turn, 'tool_use');
    for (const id of asked) {
      if (seen.has(id)) throw invalid(`${turn.paths[0]}: \`tool_use\` ids must be unique: ${id}`);
      seen.add(id);
    }
    if (turn.role === 'user') checkAnswers(turn, previousAssistant(turns, index));
    if (turn.role !== 'assistant' || asked.length === 0) return;
    const next = nextUser(turns, index);
    const answered = new Set(next === undefined ? [] : leadingResults(next));
    const missing = asked.filter((id) => !answered.has(id));
    if (missing.length > 0) {
      throw invalid(
        `${messageOf(turn)}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  });
};

function checkAnswers(turn: Turn, asker: Turn | undefined): void {
  const asked = new Set(asker === undefined ? [] : idsOf(asker, 'tool_use'));
  const answered = new Set<string>();
  turn.blocks.forEach((block, index) => {
    if (block.type !== 'tool_result') return;
    const id = block.tool_use_id;
    if (!asked.has(id)) {
      throw invalid(
        `${turn.paths[index]}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (answered.has(id)) {
      throw invalid(
        `${turn.paths[index]}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    answered.add(id);
  });
}

/**
 * A server tool's use has its result in its own turn, or, where client tools were called with it,
 * at the head of the assistant turn after theirs. Until then the turn is open: nothing but tool
 * results may follow, and the tool must still be offered.
 */
export const serverToolResults: Rule = ({ turns, prompt }) => {
  const offered = new Set((prompt.tools ?? []).map(toolName));
  turns.forEach((turn, index) => {
    const answered = new Set(
      [turn, turns[index + 2]].flatMap((answering) =>
        (answering?.blocks ?? []).flatMap((block) =>
          'tool_use_id' in block ? [block.tool_use_id] : [],
        ),
      ),
    );
    for (const block of turn.blocks) {
      if (block.type !== 'server_tool_use' || answered.has(block.id)) continue;
      const unanswered = `\`${block.name}\` tool use with id \`${block.id}\` was found without a corresponding \`${block.name}_tool_result\` block`;
      if (!isOpen(turns, index)) throw invalid(unanswered);
      if (!offered.has(block.name)) {
        throw invalid(`${unanswered}, but no \`${block.name}\` tool was provided`);
      }
    }
  });
};

function isOpen(turns: Turn[], index: number): boolean {
  const next = turns[index + 1];
  if (next === undefined) return true;
  const isLast = index === turns.length - 2;
  return isLast && next.blocks.every((block) => block.type === 'tool_result');
}

/** Tool blocks in the history need `tools` (unconfirmed: third-party reports only). */
export const toolsForHistory: Rule = ({ turns, prompt }) => {
  if ((prompt.tools?.length ?? 0) > 0) return;
  const hasToolBlocks = turns.some((turn) =>
    turn.blocks.some((block) => block.type === 'tool_use' || block.type === 'tool_result'),
  );
  if (hasToolBlocks) {
    throw invalid('tools: must be given when messages hold `tool_use` or `tool_result` blocks');
  }
};

function idsOf(turn: Turn, type: 'tool_use'): string[] {
  return turn.blocks.flatMap((block: ContentBlock) => (block.type === type ? [block.id] : []));
}

function leadingResults(turn: Turn): string[] {
  const end = turn.blocks.findIndex((block) => block.type !== 'tool_result');
  const leading = end === -1 ? turn.blocks : turn.blocks.slice(0, end);
  return leading.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
}

const previousAssistant = (turns: Turn[], index: number): Turn | undefined =>
  turns[index - 1]?.role === 'assistant' ? turns[index - 1] : undefined;

const nextUser = (turns: Turn[], index: number): Turn | undefined =>
  turns[index + 1]?.role === 'user' ? turns[index + 1] : undefined;

const messageOf = (turn: Turn): string => (turn.paths[0] ?? '').split('.').slice(0, 2).join('.');
