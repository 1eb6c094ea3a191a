import { CACHE_ENTRIES_COUNT_MAX, CACHE_LOOKBACK_BLOCKS_MAX } from './limits';
import type { ModelCapabilities } from './models';
import type { CountedPrompt } from './prompt';
import { sha256 } from './random';
import type { PromptRequest } from './request/schema';

/**
 * The prompt cache (API page 3.7).
 *
 * 1. An entry is the digest of all blocks up to a breakpoint, for one model and key.
 * 2. A breakpoint finds the longest earlier entry within the look-back before it.
 * 3. What is read and what is written are prefixes of the counted prompt: they never overlap.
 * 4. An entry exists once `commit` was called, which is when the answer has begun.
 * 5. A hit starts the entry's life anew.
 */
export interface CacheUse {
  readTokens: number;
  write5mTokens: number;
  write1hTokens: number;
  /** Call it when the answer begins. */
  commit(): void;
}

export interface PromptCache {
  use(
    prompt: PromptRequest,
    counted: CountedPrompt,
    model: ModelCapabilities,
    owner: string,
  ): CacheUse;
}

const LIFE_MS = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;

export function createPromptCache(now: () => number = Date.now): PromptCache {
  const entries = new Map<string, { expiresAt: number; lifeMs: number }>();

  const isAlive = (digest: string): boolean => {
    const entry = entries.get(digest);
    return entry !== undefined && entry.expiresAt > now();
  };
  const store = (digest: string, lifeMs: number): void => {
    entries.delete(digest);
    entries.set(digest, { expiresAt: now() + lifeMs, lifeMs });
    const oldest = entries.keys().next().value;
    if (entries.size > CACHE_ENTRIES_COUNT_MAX && oldest !== undefined) entries.delete(oldest);
  };

  return {
    use(prompt, counted, model, owner) {
      const prefixes = prefixesOf(prompt, counted, `${owner}\n${model.id}`);
      const breakpoints = prefixes.filter(
        (prefix) => prefix.ttl !== undefined && prefix.tokens >= model.cacheableTokensMin,
      );
      const lastBreakpoint = breakpoints.at(-1);
      const hit = breakpoints
        .flatMap((breakpoint) =>
          prefixes.slice(
            Math.max(0, breakpoint.index - CACHE_LOOKBACK_BLOCKS_MAX),
            breakpoint.index + 1,
          ),
        )
        .findLast((prefix) => isAlive(prefix.digest));
      const readTokens = hit?.tokens ?? 0;
      const written = breakpoints.filter((prefix) => prefix.tokens > readTokens);
      const long = written.findLast((prefix) => prefix.ttl === '1h');
      const write1hTokens = long === undefined ? 0 : long.tokens - readTokens;
      const total = Math.max(0, (lastBreakpoint?.tokens ?? 0) - readTokens);
      return {
        readTokens,
        write1hTokens,
        write5mTokens: written.length === 0 ? 0 : total - write1hTokens,
        commit() {
          for (const prefix of written) store(prefix.digest, LIFE_MS[prefix.ttl ?? '5m']);
          const refreshed = hit === undefined ? undefined : entries.get(hit.digest);
          if (hit !== undefined && refreshed !== undefined) store(hit.digest, refreshed.lifeMs);
        },
      };
    },
  };
}

interface Prefix {
  index: number;
  digest: string;
  /** Of all blocks up to here. */
  tokens: number;
  ttl?: '5m' | '1h';
}

function prefixesOf(prompt: PromptRequest, counted: CountedPrompt, owner: string): Prefix[] {
  // Changes of these invalidate the message part only.
  const messageSettings = JSON.stringify([
    prompt.output_config ?? null,
    prompt.thinking ?? null,
    prompt.tool_choice ?? null,
  ]);
  let digest = sha256(owner);
  let tokens = 0;
  let isInMessages = false;
  return counted.blocks.map((block, index) => {
    if (block.part === 'messages' && !isInMessages) {
      isInMessages = true;
      digest = sha256(digest + messageSettings);
    }
    digest = sha256(`${digest}${block.part}${block.identity}`);
    tokens += block.tokens;
    return { index, digest, tokens, ...(block.ttl === undefined ? {} : { ttl: block.ttl }) };
  });
}
