import type { Answer } from './answer';
import type { CountedPrompt } from './prompt';
import type { CacheUse } from './prompt-cache';
import { randomFrom } from './random';

/** What one answered request costs, in tokens. Cache writes are split by their time to live. */
export interface BilledUsage {
  inputTokens: number;
  outputTokens: number;
  /** The sum of the two below. */
  cacheCreationInputTokens: number;
  cacheCreation5mInputTokens: number;
  cacheCreation1hInputTokens: number;
  cacheReadInputTokens: number;
  /** Part of `outputTokens`. */
  thinkingTokens: number;
  /** Searches of the web that gave results. */
  webSearchRequests: number;
}

export const NO_USAGE: BilledUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheCreationInputTokens: 0,
  cacheCreation5mInputTokens: 0,
  cacheCreation1hInputTokens: 0,
  cacheReadInputTokens: 0,
  thinkingTokens: 0,
  webSearchRequests: 0,
};

/** The bill may be above the count, since counting is an estimate (API page 3.9). */
export const BILLED_ABOVE_COUNT_RATIO_MAX = 0.1;

/**
 * The bill of a prompt: up to 10 % above its count, by seed and digest, and never above the bytes
 * of its text and the fixed overheads. The surplus is never cached. What a search found is read as
 * input of the same request, beyond what anybody could count before.
 */
export function billPrompt(
  counted: CountedPrompt,
  cache: CacheUse,
  output: Pick<Answer, 'outputTokens' | 'thinkingTokens' | 'searched'>,
  seed: number,
  digest: string,
): BilledUsage {
  const surplus = randomFrom(seed, 'bill', digest).next() * BILLED_ABOVE_COUNT_RATIO_MAX;
  const total = Math.min(Math.floor(counted.tokens * (1 + surplus)), counted.tokensMax);
  const written = cache.write5mTokens + cache.write1hTokens;
  return {
    inputTokens:
      Math.max(0, total - cache.readTokens - written) + (output.searched?.inputTokens ?? 0),
    outputTokens: output.outputTokens,
    cacheCreationInputTokens: written,
    cacheCreation5mInputTokens: cache.write5mTokens,
    cacheCreation1hInputTokens: cache.write1hTokens,
    cacheReadInputTokens: cache.readTokens,
    thinkingTokens: output.thinkingTokens,
    webSearchRequests: output.searched?.requests ?? 0,
  };
}

/** The `usage` object of a message (API page 3.3). */
export function usageBody(
  usage: BilledUsage,
  settings: { speed: 'standard' | 'fast' | null; inferenceGeo: string | null },
): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_creation_input_tokens: usage.cacheCreationInputTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheCreation5mInputTokens,
      ephemeral_1h_input_tokens: usage.cacheCreation1hInputTokens,
    },
    output_tokens_details: { thinking_tokens: usage.thinkingTokens },
    server_tool_use:
      usage.webSearchRequests > 0
        ? { web_search_requests: usage.webSearchRequests, web_fetch_requests: 0 }
        : null,
    service_tier: 'standard',
    inference_geo: settings.inferenceGeo,
    speed: settings.speed,
  };
}
