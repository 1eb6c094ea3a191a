/** The Messages API through Anthropic's SDK. The only module that knows how its requests look. */
import type Anthropic from '@anthropic-ai/sdk';
import { type Answered, type AnthropicOptions, createAnthropicCalls } from './anthropic-calls';
import { capabilitiesOf, effortFor } from './capabilities';
import type { ModelAnswer, ModelEnding, ModelPort, ModelRequest } from './port';

/**
 * Tokens that the API adds to a prompt by itself: the instructions for tool use and for structured
 * output. Documented at a few hundred for tool use; doubled and rounded up.
 */
const FIXED_OVERHEAD_TOKENS = 2_000;
/** The counting endpoint is an estimate; the bill may be above it. */
const COUNT_MARGIN = 1.25;
/** Counting must not hold up a step for long. */
const COUNT_MS = 20_000;

export function createAnthropicModel(options: AnthropicOptions): ModelPort {
  const { client, call } = createAnthropicCalls(options);
  return {
    async call(request, options) {
      return toAnswer(await call(toBody(request), options));
    },

    promptTokensMax: (request) =>
      Buffer.byteLength(JSON.stringify(toBody(request))) + FIXED_OVERHEAD_TOKENS,

    async countedTokensMax(request, signal) {
      const { max_tokens: _max, ...countable } = toBody(request);
      try {
        const { input_tokens: counted } = await client.messages.countTokens(countable, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(COUNT_MS)]),
        });
        if (typeof counted !== 'number') return undefined;
        return Math.ceil(counted * COUNT_MARGIN) + FIXED_OVERHEAD_TOKENS;
      } catch {
        // Many gateways have no counting endpoint: the bound in bytes stands.
        return undefined;
      }
    },
  };
}

function toBody({ prompt, exchanges, maxOutputTokens, mayUseTools, part = -1 }: ModelRequest) {
  const { adaptiveThinking, outputTokensMax } = capabilitiesOf(prompt.model);
  const effort = prompt.effort && effortFor(prompt.model, prompt.effort);
  return {
    model: prompt.model,
    max_tokens: Math.min(maxOutputTokens, outputTokensMax),
    // The system prompt and the tools before it stay the same through a round: cached.
    system: [
      { type: 'text' as const, text: prompt.system, cache_control: { type: 'ephemeral' as const } },
    ],
    // And so does the conversation up to its last block, which the next turn extends.
    cache_control: { type: 'ephemeral' as const },
    messages: [
      { role: 'user' as const, content: [{ type: 'text' as const, text: prompt.task }] },
      ...exchanges.flatMap(({ assistant, toolResults, said }): Anthropic.MessageParam[] => [
        { role: 'assistant', content: assistant as Anthropic.ContentBlockParam[] },
        {
          role: 'user',
          content: [
            ...toolResults.map(({ id, content, isError }) => ({
              type: 'tool_result' as const,
              tool_use_id: id,
              content,
              ...(isError ? { is_error: true } : {}),
            })),
            ...(said ? [{ type: 'text' as const, text: said }] : []),
          ],
        },
      ]),
    ],
    ...(prompt.tools.length > 0
      ? {
          tools: prompt.tools.map(({ name, description, inputSchema }) => ({
            name,
            description,
            input_schema: inputSchema as Anthropic.Tool.InputSchema,
          })),
          tool_choice: { type: mayUseTools ? ('auto' as const) : ('none' as const) },
        }
      : {}),
    output_config: {
      format: {
        type: 'json_schema' as const,
        schema: prompt.parts?.[part]?.outputSchema ?? prompt.outputSchema,
      },
      ...(effort ? { effort } : {}),
    },
    ...(adaptiveThinking
      ? // Without asking, the reasoning comes back empty.
        { thinking: { type: 'adaptive' as const, display: 'summarized' as const } }
      : {}),
  };
}

const ENDINGS: Record<string, ModelEnding> = {
  end_turn: 'answer',
  stop_sequence: 'answer',
  tool_use: 'tool_calls',
  max_tokens: 'truncated',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_exceeded',
};

/** Gateways mix them up: calls make an answer one that calls tools, and none make it no such answer. */
function endingOf(stopReason: string | null, callsTools: boolean): ModelEnding {
  const ending = ENDINGS[stopReason ?? ''] ?? 'unknown';
  if (ending === 'answer' && callsTools) return 'tool_calls';
  if (ending === 'tool_calls' && !callsTools) return 'unknown';
  return ending;
}

const TOOL_NAME_CHARACTERS_MAX = 64;

/** Nor does it take back names of tools that no tool can have, which models behind gateways make up. */
function asTakenBack(block: Anthropic.ContentBlock): Anthropic.ContentBlock {
  if (block.type !== 'tool_use') return block;
  const name = block.name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, TOOL_NAME_CHARACTERS_MAX) || '_';
  return name === block.name ? block : { ...block, name };
}

function toAnswer({ message, usage, requestId }: Answered): ModelAnswer {
  const { content } = message;
  const toolCalls = content.flatMap((block) =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : [],
  );
  return {
    ending: endingOf(message.stop_reason, toolCalls.length > 0),
    text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
    toolCalls,
    reasoning: content
      .flatMap((block) => (block.type === 'thinking' ? [block.thinking] : []))
      .filter(Boolean)
      .join('\n'),
    // The API gives texts that it does not take back: empty ones before a tool call.
    assistant: content
      .filter((block) => block.type !== 'text' || block.text.trim() !== '')
      .map(asTakenBack),
    raw: message,
    usage,
    requestId,
    servedBy: message.model,
  };
}
