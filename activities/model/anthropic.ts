/** The Messages API through Anthropic's SDK. The only module that knows how its requests look. */
import Anthropic, { type Middleware } from '@anthropic-ai/sdk';
import { isDeeperThan } from '../../contracts/depth';
import { MODEL_ANSWER_BYTES_MAX, MODEL_MESSAGE_DEPTH_MAX } from '../../contracts/limits';
import { type CutOff, toModelError } from './anthropic-errors';
import { capabilitiesOf, effortFor } from './capabilities';
import {
  type CallOptions,
  type ModelAnswer,
  type ModelEnding,
  ModelError,
  type ModelPort,
  type ModelRequest,
} from './port';
import { createNoticeCatcher } from './sdk-notices';

/**
 * Tokens that the API adds to a prompt by itself: the instructions for tool use and for structured
 * output. Documented at a few hundred for tool use; doubled and rounded up.
 */
const FIXED_OVERHEAD_TOKENS = 2_000;
/** The counting endpoint is an estimate; the bill may be above it. */
const COUNT_MARGIN = 1.25;
/** Counting must not hold up a step for long. */
const COUNT_MS = 20_000;

export interface AnthropicOptions {
  apiKey: string;
  /** Undefined: the SDK's default, the real API. */
  baseUrl?: string;
  /** Hears what the SDK has to say, e.g. that a model will be retired; default: nobody does. */
  onNotice?: (notice: string) => void;
}

export function createAnthropicModel(options: AnthropicOptions): ModelPort {
  const { apiKey, baseUrl, onNotice = () => undefined } = options;
  const catchingNotices = createNoticeCatcher(onNotice);
  const client = new Anthropic({
    apiKey,
    authToken: null,
    ...(baseUrl ? { baseURL: baseUrl } : {}),
    // Temporal owns retries; a second retrying layer would multiply them.
    maxRetries: 0,
    logLevel: 'off',
    openTelemetry: false,
  });

  return {
    async call(request, options) {
      if (options.signal.aborted)
        throw new ModelError('connection_lost', 'released', {
          answer: 'cancelled before it was sent',
        });
      const cut = cutOffSignal(options);
      const stream = catchingNotices(() =>
        client.messages.stream(toBody(request), {
          signal: cut.signal,
          timeout: options.callMs,
          headers: { 'idempotency-key': options.stepKey },
          middleware: [tellOfBytes(cut.alive)],
        }),
      );
      try {
        const message = await stream.finalMessage();
        return toAnswer(message, stream.request_id ?? null);
      } catch (error) {
        if (error instanceof ModelError) throw error;
        // Cancelled from outside: not the model's failure, but the call may have been billed.
        throw toModelError(error, cut.reason(), stream.response?.headers);
      } finally {
        cut.clear();
      }
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

/** Every byte is a sign of life, pings too: the SDK keeps those to itself. */
function tellOfBytes(alive: () => void): Middleware {
  return async (request, next) => {
    const response = await next(request);
    if (!response.body) return response;
    alive();
    let bytesCount = 0;
    const told = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        alive();
        bytesCount += bytes.length;
        if (bytesCount > MODEL_ANSWER_BYTES_MAX)
          throw new RangeError(`an answer of more than ${MODEL_ANSWER_BYTES_MAX} bytes`);
        controller.enqueue(bytes);
      },
    });
    return new Response(response.body.pipeThrough(told), response);
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

function toAnswer(message: Anthropic.Message, requestId: string | null): ModelAnswer {
  if (isDeeperThan(MODEL_MESSAGE_DEPTH_MAX, message))
    throw new ModelError('bad_response', 'unsettled', {
      answer: `a message that is nested deeper than ${MODEL_MESSAGE_DEPTH_MAX} levels`,
      ...(requestId ? { requestId } : {}),
    });
  if (!Array.isArray(message?.content) || typeof message.usage?.output_tokens !== 'number')
    throw new ModelError('bad_response', 'unsettled', { answer: message });
  const { content, usage } = message;
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
    assistant: content.filter((block) => block.type !== 'text' || block.text.trim() !== ''),
    raw: message,
    usage: {
      inputTokens: usage.input_tokens ?? 0,
      outputTokens: usage.output_tokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    },
    requestId,
    servedBy: message.model,
  };
}

/** The SDK's own time-out ends with the headers; silence and the total time are ours to watch. */
function cutOffSignal({ signal, stallMs, callMs }: CallOptions) {
  const controller = new AbortController();
  let why: CutOff;
  const cut = (reason: CutOff) => () => {
    why ??= reason;
    controller.abort();
  };
  let stall = setTimeout(cut('stalled'), stallMs);
  const total = setTimeout(cut('too_slow'), callMs);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    reason: () => why,
    alive() {
      clearTimeout(stall);
      stall = setTimeout(cut('stalled'), stallMs);
    },
    clear() {
      clearTimeout(stall);
      clearTimeout(total);
    },
  };
}
