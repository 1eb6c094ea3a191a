import type { Answer, AnswerBlock } from '../answer';
import { tokensOf } from '../answer';
import { cutToTokens } from '../answer/limits';
import { costOfSearch } from '../answer/web-search';
import type { ModelCapabilities } from '../models';
import { sha256 } from '../random';
import type { FaultOf } from './kinds';

/** Answers as a fault makes them of the right one. */

/** The request that is answered, as far as alterations need it. */
export interface AlterContext {
  model: ModelCapabilities;
  maxTokens: number;
  digest: string;
}

export type Alteration = (answer: Answer, context: AlterContext) => Answer;

export const endedWith =
  (stopReason: string | null, keep: number): Alteration =>
  (answer, { model }) => {
    if (keep === 1) return { ...answer, stopReason };
    const text = answer.outputTokens - answer.thinkingTokens;
    const most = answer.thinkingTokens + Math.ceil(text * keep);
    return cutToTokens(answer, most, stopReason, model);
  };

export const refused =
  ({ category, partial }: FaultOf<'refusal'>): Alteration =>
  (answer, context) => {
    const isPartial = partial === true;
    const written = isPartial
      ? endedWith('refusal', 0.5)(answer, context)
      : { ...answer, blocks: [], outputTokens: 0, thinkingTokens: 0 };
    const explanation = 'This request was declined.';
    return {
      ...written,
      stopReason: 'refusal',
      stopDetails: { type: 'refusal', category: category ?? null, explanation },
    };
  };

export const withText =
  (change: (text: string) => string): Alteration =>
  (answer, context) =>
    recounted(
      {
        ...answer,
        blocks: answer.blocks.map((block) =>
          block.type === 'text' ? { ...block, text: change(block.text) } : block,
        ),
      },
      context,
    );

export const withProperties =
  (change: (properties: Record<string, unknown>) => object): Alteration =>
  (answer, context) =>
    withText((text) =>
      JSON.stringify(
        change(text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}),
      ),
    )(answer, context);

export function withoutFirst(properties: Record<string, unknown>): object {
  const [, ...rest] = Object.entries(properties);
  return Object.fromEntries(rest);
}

export const textOnly =
  (text: string): Alteration =>
  (answer, context) =>
    recounted(
      {
        ...answer,
        blocks: [...thinkingOf(answer), { type: 'text', text, citations: null }],
        stopReason: 'end_turn',
      },
      context,
    );

export const callsOnly =
  (calls: FaultOf<'tool_calls'>['calls']): Alteration =>
  (answer, context) => {
    const blocks = calls.map(
      (call, index): AnswerBlock => ({
        type: 'tool_use',
        id: `toolu_${sha256(`fault${context.digest}${index}`).slice(0, 24)}`,
        ...call,
        caller: { type: 'direct' },
      }),
    );
    return recounted(
      { ...answer, blocks: [...thinkingOf(answer), ...blocks], stopReason: 'tool_use' },
      context,
    );
  };

export const searchFailed =
  (code: FaultOf<'web_search_error'>['code']): Alteration =>
  (answer, context) =>
    searchedAnew(
      answer,
      [
        ...answer.blocks
          .filter(({ type }) => type !== 'text')
          .map(
            (block): AnswerBlock =>
              block.type === 'web_search_tool_result'
                ? { ...block, content: { type: 'web_search_tool_result_error', error_code: code } }
                : block,
          ),
        { type: 'text', text: 'The search failed.', citations: null },
      ],
      'end_turn',
      context,
    );

export const searchPaused =
  (where: 'before_result' | 'after_result'): Alteration =>
  (answer, context) => {
    const end = answer.blocks.findIndex(({ type }) => type === 'web_search_tool_result');
    const kept = answer.blocks.slice(0, where === 'before_result' ? end : end + 1);
    return searchedAnew(answer, kept, 'pause_turn', context);
  };

function searchedAnew(
  answer: Answer,
  blocks: AnswerBlock[],
  stopReason: string,
  context: AlterContext,
): Answer {
  const searched = costOfSearch(blocks, context.model);
  return recounted({ ...answer, blocks, stopReason, searched }, context);
}

const thinkingOf = (answer: Answer): AnswerBlock[] =>
  answer.blocks.filter(({ type }) => type === 'thinking');

/** What is sent is counted, up to `max_tokens`: a longer text arrives whole all the same. */
function recounted(answer: Answer, { model, maxTokens }: AlterContext): Answer {
  const written = answer.blocks.reduce((sum, block) => sum + tokensOf(block, model), 0);
  return { ...answer, outputTokens: Math.min(maxTokens, answer.thinkingTokens + written) };
}
