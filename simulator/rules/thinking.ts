import { invalid } from '../errors';
import { THINKING_BUDGET_TOKENS_MIN } from '../limits';
import { blockFault } from '../thinking-signature';
import type { Rule } from './rule';

/** Thinking and effort by model (API page 2.3, 3.6). */

export const effort: Rule = ({ prompt, model }) => {
  const asked = prompt.output_config?.effort;
  if (!asked || model.efforts.includes(asked)) return;
  throw invalid(
    model.efforts.length === 0
      ? 'output_config.effort: This model does not support the effort parameter.'
      : `output_config.effort: This model does not support effort level '${asked}'. Supported levels: ${model.efforts.join(', ')}.`,
  );
};

export const thinkingType: Rule = ({ prompt, model }) => {
  const thinking = prompt.thinking;
  if (thinking === undefined) return;
  const levels = model.thinking[thinking.type];
  if (levels === undefined) throw invalid(unsupported(thinking.type));
  const level = prompt.output_config?.effort ?? model.defaultEffort;
  if (levels !== 'any' && !levels.includes(level)) {
    throw invalid(
      `"thinking.type.${thinking.type}" is not supported for this model at effort '${level}'.`,
    );
  }
};

function unsupported(type: string): string {
  if (type === 'enabled') {
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  }
  if (type === 'adaptive') return 'adaptive thinking is not supported on this model';
  return `"thinking.type.${type}" is not supported for this model.`;
}

export const thinkingBudget: Rule = ({ prompt, generation }) => {
  if (prompt.thinking?.type !== 'enabled') return;
  const budget = prompt.thinking.budget_tokens;
  if (budget < THINKING_BUDGET_TOKENS_MIN) {
    throw invalid(
      `thinking.enabled.budget_tokens: Input should be greater than or equal to ${THINKING_BUDGET_TOKENS_MIN}`,
    );
  }
  if (generation !== undefined && budget >= generation.max_tokens) {
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
};

/** Thinking blocks come back as they were sent; on newer models so does all before them. */
export const thinkingBlocks: Rule = ({ prompt, model, turns }) => {
  turns.forEach((turn, turnIndex) => {
    turn.blocks.forEach((block, index) => {
      if (block.type !== 'thinking' && block.type !== 'redacted_thinking') return;
      const fault = blockFault(block, prompt, turns.slice(0, turnIndex), model);
      if (fault !== undefined) throw invalid(`${turn.paths[index]}: ${fault}`);
    });
  });
};
