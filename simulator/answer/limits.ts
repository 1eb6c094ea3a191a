import type { ModelCapabilities } from '../models';
import type { MessagesRequest } from '../request/schema';
import { estimateTokens } from '../tokens';
import { type Answer, type AnswerBlock, tokensOf } from './index';

/** Ends an answer where the request or the model's window ends it (API page 3.3, 4.2). */
export function withinLimits(
  answer: Answer,
  request: MessagesRequest,
  model: ModelCapabilities,
  promptTokens: number,
): Answer {
  const stopped = atStopSequence(answer, request.stop_sequences ?? [], model);
  const room = model.contextTokensMax - promptTokens;
  const most = Math.min(request.max_tokens, room);
  if (stopped.outputTokens <= most) return stopped;
  return cutToTokens(
    stopped,
    most,
    room < request.max_tokens ? 'model_context_window_exceeded' : 'max_tokens',
    model,
  );
}

/** Cuts text, and the last tool call's input, so that no more tokens than these are given. */
export function cutToTokens(
  answer: Answer,
  tokensMax: number,
  stopReason: string | null,
  model: ModelCapabilities,
): Answer {
  let left = tokensMax - answer.thinkingTokens;
  const blocks: AnswerBlock[] = [];
  for (const block of answer.blocks) {
    const tokens = tokensOf(block, model);
    if (block.type === 'thinking' || tokens <= left) blocks.push(block);
    else if (block.type === 'text' && left > 0) {
      blocks.push({ ...block, text: cutText(block.text, left, model) });
    }
    left -= tokens;
    if (left <= 0) break;
  }
  const outputTokens = Math.min(answer.outputTokens, tokensMax);
  return { ...answer, blocks, stopReason, outputTokens };
}

function cutText(text: string, tokensMax: number, model: ModelCapabilities): string {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (estimateTokens(text.slice(0, middle), model.denseTokenizer) <= tokensMax) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low);
}

function atStopSequence(
  answer: Answer,
  sequences: readonly string[],
  model: ModelCapabilities,
): Answer {
  const index = answer.blocks.findIndex((block) => block.type === 'text');
  const block = answer.blocks[index];
  if (block?.type !== 'text') return answer;
  const hit = sequences
    .map((sequence) => ({ sequence, at: block.text.indexOf(sequence) }))
    .filter(({ at }) => at !== -1)
    .toSorted((a, b) => a.at - b.at)[0];
  if (hit === undefined) return answer;
  const cut: AnswerBlock = { ...block, text: block.text.slice(0, hit.at) };
  return {
    ...answer,
    blocks: [...answer.blocks.slice(0, index), ...(cut.text === '' ? [] : [cut])],
    stopReason: 'stop_sequence',
    stopSequence: hit.sequence,
    outputTokens: answer.outputTokens - tokensOf(block, model) + tokensOf(cut, model),
  };
}
