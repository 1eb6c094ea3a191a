/** Calls of the Messages API through Anthropic's SDK, cut off in time and with errors in our one form. */
import Anthropic, { type Middleware } from '@anthropic-ai/sdk';
import { isDeeperThan } from '../../contracts/depth';
import type { Usage } from '../../contracts/ledger';
import { MODEL_ANSWER_BYTES_MAX, MODEL_MESSAGE_DEPTH_MAX } from '../../contracts/limits';
import { type CutOff, toModelError } from './anthropic-errors';
import { type CallOptions, ModelError } from './port';
import { createNoticeCatcher } from './sdk-notices';

export interface AnthropicOptions {
  apiKey: string;
  /** Undefined: the SDK's default, the real API. */
  baseUrl?: string;
  /** Hears what the SDK has to say, e.g. that a model will be retired; default: nobody does. */
  onNotice?: (notice: string) => void;
}

/** A message that can be relied on to be one. */
export interface Answered {
  message: Anthropic.Message;
  usage: Usage;
  requestId: string | null;
}

export interface AnthropicCalls {
  client: Anthropic;
  /** @throws ModelError */
  call(body: Anthropic.MessageStreamParams, options: CallOptions): Promise<Answered>;
}

export function createAnthropicCalls(options: AnthropicOptions): AnthropicCalls {
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
    client,
    async call(body, options) {
      if (options.signal.aborted)
        throw new ModelError('connection_lost', 'released', {
          answer: 'cancelled before it was sent',
        });
      const cut = cutOffSignal(options);
      const stream = catchingNotices(() =>
        client.messages.stream(body, {
          signal: cut.signal,
          timeout: options.callMs,
          headers: { 'idempotency-key': options.stepKey },
          middleware: [tellOfBytes(cut.alive)],
        }),
      );
      try {
        const message = await stream.finalMessage();
        return checked(message, stream.request_id ?? null);
      } catch (error) {
        if (error instanceof ModelError) throw error;
        // Cancelled from outside: not the model's failure, but the call may have been billed.
        throw toModelError(error, cut.reason(), stream.response?.headers);
      } finally {
        cut.clear();
      }
    },
  };
}

function checked(message: Anthropic.Message, requestId: string | null): Answered {
  if (isDeeperThan(MODEL_MESSAGE_DEPTH_MAX, message))
    throw new ModelError('bad_response', 'unsettled', {
      answer: `a message that is nested deeper than ${MODEL_MESSAGE_DEPTH_MAX} levels`,
      ...(requestId ? { requestId } : {}),
    });
  if (!Array.isArray(message?.content) || typeof message.usage?.output_tokens !== 'number')
    throw new ModelError('bad_response', 'unsettled', { answer: message });
  const { usage } = message;
  const webSearches = usage.server_tool_use?.web_search_requests ?? 0;
  return {
    message,
    usage: {
      inputTokens: usage.input_tokens ?? 0,
      outputTokens: usage.output_tokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
      ...(webSearches > 0 ? { webSearches } : {}),
    },
    requestId,
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
