import { invalid } from '../errors';
import type { Rule } from './rule';
import { forces } from './tools';

/** `max_tokens` within the model's output; 0 only warms the cache (API page 3.7, 4.2). */
export const maxTokens: Rule = ({ generation, model }) => {
  if (generation === undefined) return;
  if (generation.max_tokens > model.outputTokensMax) {
    throw invalid(
      `max_tokens: ${generation.max_tokens} > ${model.outputTokensMax}, which is the maximum allowed number of output tokens for ${generation.model}`,
    );
  }
  if (generation.max_tokens > 0) return;
  const obstacle =
    (generation.stream === true && 'stream: true') ||
    (generation.thinking?.type === 'enabled' && 'thinking.type "enabled"') ||
    (generation.output_config?.format && 'output_config.format') ||
    (forces(generation.tool_choice) && 'a tool_choice that forces tool use');
  if (obstacle) throw invalid(`max_tokens: 0 is not supported with ${obstacle}`);
};

/** Non-empty, and not only white space (the latter unconfirmed). */
export const stopSequences: Rule = ({ generation }) => {
  generation?.stop_sequences?.forEach((sequence, index) => {
    if (sequence.trim() === '') {
      throw invalid(`stop_sequences.${index}: each stop sequence must contain non-whitespace`);
    }
  });
};
