/**
 * What model calls cost. Prices are data with a date and a source; an unknown model has no price
 * and is refused. Unit: nano-dollars per token, so that a dollar per million tokens is 1,000 and
 * every listed price is a whole number. A call's cost is rounded up to the next micro-dollar.
 */
import type { Usage } from '../contracts/ledger';

export interface Rates {
  input: number;
  cacheWrite: number;
  cacheRead: number;
  output: number;
}

export interface ModelPrice {
  rates: Rates;
  /** Rates of the whole call when its prompt is longer than `aboveTokens`. */
  longPrompt?: { aboveTokens: number; rates: Rates };
  /** The day the price was read, and where. */
  asOf: string;
  source: string;
}
export type PriceTable = Record<string, ModelPrice>;

const OFFICIAL = 'Anthropic pricing page';
const THIRD_PARTY = 'third-party reports of Anthropic list prices; official row not seen';

/** Dollars per million tokens in, nano-dollars per token out. Cache writes are the 5-minute ones. */
const rates = (input: number, cacheWrite: number, cacheRead: number, output: number): Rates => ({
  input: Math.round(input * 1_000),
  cacheWrite: Math.round(cacheWrite * 1_000),
  cacheRead: Math.round(cacheRead * 1_000),
  output: Math.round(output * 1_000),
});

const price = (perMillion: Rates, asOf: string, source: string): ModelPrice => ({
  rates: perMillion,
  asOf,
  source,
});

const FABLE_5_1 = price(rates(10, 12.5, 0.25, 50), '2026-09', OFFICIAL);
const FABLE_5 = price(rates(10, 12.5, 1, 50), '2026-09', OFFICIAL);
const OPUS_5 = price(rates(5, 6.25, 0.5, 25), '2026-08-21', OFFICIAL);
const SONNET_4 = price(rates(3, 3.75, 0.3, 15), '2026-08-21', OFFICIAL);
const HAIKU_4_5 = price(rates(1, 1.25, 0.1, 5), '2026-08-21', OFFICIAL);

export const PRICES: PriceTable = {
  'claude-fable-5-2': price(rates(8, 10, 0.2, 40), '2026-11-10', THIRD_PARTY),
  'claude-fable-5-1': FABLE_5_1,
  'claude-mythos-5-1': FABLE_5_1,
  'claude-fable-5': FABLE_5,
  'claude-mythos-5': FABLE_5,
  'claude-opus-5-5': price(rates(4, 5, 0.2, 20), '2026-09', OFFICIAL),
  'claude-opus-5': OPUS_5,
  'claude-opus-4-8': OPUS_5,
  'claude-opus-4-7': OPUS_5,
  'claude-opus-4-6': OPUS_5,
  'claude-opus-4-5': OPUS_5,
  'claude-opus-4-5-20251101': OPUS_5,
  // The dearer of two reported cache-read prices (0.10 and 0.20), so that no budget is overrun.
  'claude-sonnet-5-5': price(rates(2, 2.5, 0.2, 10), '2026-09', OFFICIAL),
  'claude-sonnet-5': price(rates(2, 2.5, 0.2, 10), '2026-09', OFFICIAL),
  'claude-sonnet-4-6': SONNET_4,
  'claude-sonnet-4-5': SONNET_4,
  'claude-sonnet-4-5-20250929': SONNET_4,
  'claude-haiku-5-5': {
    rates: rates(0.1, 0.125, 0.01, 0.5),
    longPrompt: { aboveTokens: 100_000, rates: rates(0.5, 0.625, 0.05, 2.5) },
    asOf: '2026-10-10',
    source: `${OFFICIAL} for the lower tier; the split is from ${THIRD_PARTY}`,
  },
  'claude-haiku-4-5': HAIKU_4_5,
  'claude-haiku-4-5-20251001': HAIKU_4_5,
};

/** A search of the web by the provider's own tool, whatever the model; one that fails is free. */
export const WEB_SEARCH_PRICE = {
  /** 10 dollars per 1,000. */
  microUsd: 10_000,
  asOf: '2026-08-21',
  source: OFFICIAL,
};

const toMicro = (nano: number): number => Math.ceil(nano / 1_000);

/** What a call cost by the usage that the provider reported, in micro-dollars. */
export function costOf(price: ModelPrice, usage: Usage): number {
  const prompt = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
  const { input, cacheWrite, cacheRead, output } = ratesFor(price, prompt);
  const tokens = toMicro(
    usage.inputTokens * input +
      usage.cacheWriteTokens * cacheWrite +
      usage.cacheReadTokens * cacheRead +
      usage.outputTokens * output,
  );
  return tokens + (usage.webSearches ?? 0) * WEB_SEARCH_PRICE.microUsd;
}

/** The most a call can cost: every prompt token at the dearest input rate of the dearest tier it can reach. */
export function worstCase(
  price: ModelPrice,
  promptTokensMax: number,
  outputTokensMax: number,
  webSearchesMax = 0,
): number {
  const { input, cacheWrite, cacheRead, output } = ratesFor(price, promptTokensMax);
  const tokens = toMicro(
    promptTokensMax * Math.max(input, cacheWrite, cacheRead) + outputTokensMax * output,
  );
  return tokens + webSearchesMax * WEB_SEARCH_PRICE.microUsd;
}

function ratesFor(price: ModelPrice, promptTokens: number): Rates {
  const long = price.longPrompt;
  return long && promptTokens > long.aboveTokens ? long.rates : price.rates;
}
