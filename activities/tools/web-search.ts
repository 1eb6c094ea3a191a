/** `web_search`: what the web says of a query, found by the provider of the model. Costs money. */
import { z } from 'zod';
import type { ModelFailureKind } from '../../contracts/failures';
import { costOf, type ModelPrice, worstCase } from '../../domain/prices';
import { ModelError } from '../model/port';
import type {
  FoundPage,
  PausedTurn,
  WebQuote,
  WebSearchOutcome,
  WebSearchPort,
} from '../model/web-search-port';
import { type Tool, type ToolContext, ToolError, type ToolErrorKind } from './tool';
import { zodValue } from './tool-value';

const QUERY_CHARACTERS_MAX = 400;
/** How often a search that the provider pauses is gone on with. */
const CONTINUATIONS_MAX = 3;
/** Silence after which an answer counts as stalled; the tool's own time holds besides. */
const STALL_MS = 45_000;
const CALL_MS = 300_000;

const Input = z.strictObject({
  query: z
    .string()
    .min(2)
    .max(QUERY_CHARACTERS_MAX)
    .describe('What to search the web for, as one would type it into a search engine.'),
});
type Input = z.infer<typeof Input>;

export interface WebSearchResult {
  results: FoundPage[];
  /** What a model makes of the pages. */
  summary: string;
  /** What the pages say, word for word. */
  quotes: WebQuote[];
}

/** @param price of the port's model */
export function webSearchTool(port: WebSearchPort, price: ModelPrice): Tool<Input> {
  const { promptTokens, outputTokens, searches } = port.bounds;
  const reserveMicroUsd = worstCase(price, promptTokens, outputTokens, searches);
  return {
    name: 'web_search',
    description:
      'Searches the web and returns addresses and titles of pages, a summary, and quotes of them. Every search costs money: ask precisely, and not twice for the same.',
    input: zodValue(Input),
    effect: 'none',
    reserveMicroUsd: () => reserveMicroUsd,
    run: ({ query }, context) => search(port, price, query, context),
  };
}

async function search(
  port: WebSearchPort,
  price: ModelPrice,
  query: string,
  { buy, stepKey, signal }: ToolContext,
): Promise<WebSearchResult> {
  if (!buy) throw new RangeError('a search without a budget to book it in');
  const paused: PausedTurn[] = [];
  while (paused.length <= CONTINUATIONS_MAX) {
    // A request that differs has a key of its own.
    const key = paused.length === 0 ? stepKey : `${stepKey}.${paused.length}`;
    const options = { stepKey: key, signal, stallMs: STALL_MS, callMs: CALL_MS };
    const result = await buy(async () => {
      const { usage, requestId, servedBy, result } = await port.ask(query, paused, options);
      const costMicroUsd = costOf(price, usage);
      return { value: result, costMicroUsd, usage, servedBy, ...(requestId ? { requestId } : {}) };
    }).catch((error) => {
      throw error instanceof ModelError ? toToolError(error) : error;
    });
    if (result.outcome !== 'paused') return resultOf(result);
    paused.push(result.turn);
  }
  throw new ToolError('timeout', `was paused ${paused.length} times and has not ended`);
}

function resultOf(result: Exclude<WebSearchOutcome, { outcome: 'paused' }>): WebSearchResult {
  switch (result.outcome) {
    case 'found':
      return { results: result.pages, summary: result.summary, quotes: result.quotes };
    case 'failed':
      throw new ToolError(result.as, `the search failed: ${result.code}`);
    case 'not_searched':
      throw new ToolError('unavailable', `ended without a search (${result.ending})`);
  }
}

/** What the model call's failure is to the agent, who cannot mend a key or an account. */
const KINDS: Record<ModelFailureKind, { kind: ToolErrorKind; retryable: boolean }> = {
  rate_limited: { kind: 'rate_limited', retryable: true },
  overloaded: { kind: 'unavailable', retryable: true },
  server_error: { kind: 'unavailable', retryable: true },
  connection_lost: { kind: 'unavailable', retryable: true },
  stalled: { kind: 'timeout', retryable: true },
  too_slow: { kind: 'timeout', retryable: true },
  bad_response: { kind: 'bad_output', retryable: true },
  authentication: { kind: 'unavailable', retryable: false },
  permission: { kind: 'unavailable', retryable: false },
  billing: { kind: 'unavailable', retryable: false },
  spend_cap: { kind: 'unavailable', retryable: false },
  invalid_request: { kind: 'unavailable', retryable: false },
  unknown_model: { kind: 'unavailable', retryable: false },
  context_exceeded: { kind: 'too_large', retryable: false },
  breaker_open: { kind: 'unavailable', retryable: true },
};

function toToolError({ kind, details }: ModelError): ToolError {
  const { retryAfterMs } = details;
  const as = KINDS[kind];
  return new ToolError(as.kind, `the search could not be made: ${kind}`, {
    retryable: as.retryable,
    retryAfterMs,
  });
}
