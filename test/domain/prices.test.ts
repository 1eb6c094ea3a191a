import fc from 'fast-check';
import type { Usage } from '../../contracts/ledger';
import { costOf, type ModelPrice, PRICES, worstCase } from '../../domain/prices';

const priceOf = (model: string): ModelPrice => {
  const price = PRICES[model];
  if (!price) throw new Error(`${model} has no price`);
  return price;
};
const usage = (changes: Partial<Usage>): Usage => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  ...changes,
});
const haiku = priceOf('claude-haiku-5-5');

describe('what a call cost', () => {
  it.each([
    // Dollars per million tokens: 4 in, 5 cache write, 0.20 cache read, 20 out.
    ['claude-opus-5-5', usage({ inputTokens: 1_000_000 }), 4_000_000],
    ['claude-opus-5-5', usage({ cacheWriteTokens: 1_000_000 }), 5_000_000],
    ['claude-opus-5-5', usage({ cacheReadTokens: 1_000_000 }), 200_000],
    ['claude-opus-5-5', usage({ outputTokens: 1_000_000 }), 20_000_000],
    ['claude-opus-5-5', usage({ inputTokens: 1_500, outputTokens: 500 }), 16_000],
    ['claude-fable-5-2', usage({ inputTokens: 10, outputTokens: 10 }), 480],
    ['claude-haiku-4-5', usage({ inputTokens: 1, cacheReadTokens: 1 }), 2], // 1.1 micro-dollars
    ['claude-sonnet-5-5', usage({ outputTokens: 3 }), 30],
    ['claude-haiku-5-5', usage({ cacheReadTokens: 1 }), 1], // 0.01 micro-dollars
    ['claude-haiku-5-5', usage({ inputTokens: 30, outputTokens: 4 }), 5],
  ])('%s, %j: %i micro-dollars', (model, used, microUsd) => {
    expect(costOf(priceOf(model), used)).toBe(microUsd);
  });

  it('is nothing for no tokens, and never less than a micro-dollar for any', () => {
    for (const price of Object.values(PRICES)) {
      expect(costOf(price, usage({}))).toBe(0);
      expect(costOf(price, usage({ cacheReadTokens: 1 }))).toBeGreaterThanOrEqual(1);
    }
  });

  it('is dearer as a whole as soon as the prompt is longer than 100,000 tokens', () => {
    expect(costOf(haiku, usage({ inputTokens: 100_000, outputTokens: 100 }))).toBe(10_050);
    expect(costOf(haiku, usage({ inputTokens: 100_001, outputTokens: 100 }))).toBe(50_251);
  });

  it('counts cached tokens into the length of the prompt, and output not', () => {
    const long = { inputTokens: 1, cacheWriteTokens: 50_000, cacheReadTokens: 50_000 };
    expect(costOf(haiku, usage(long))).toBe(33_751); // (500 + 50,000 × 625 + 50,000 × 50) / 1,000
    expect(costOf(haiku, usage({ inputTokens: 100_000, outputTokens: 100_000 }))).toBe(60_000);
  });
});

describe('a search of the web', () => {
  const short = usage({ inputTokens: 1_000, outputTokens: 100 });

  it('costs ten dollars for a thousand, besides its tokens', () => {
    const tokens = costOf(haiku, short);
    expect(costOf(haiku, { ...short, webSearches: 2 })).toBe(tokens + 20_000);
    expect(costOf(haiku, { ...short, webSearches: 0 })).toBe(tokens);
  });

  it('is in the worst case as often as it may be made', () => {
    expect(worstCase(haiku, 1_000, 100, 1)).toBe(worstCase(haiku, 1_000, 100) + 10_000);
  });
});

describe('the worst case', () => {
  it.each([
    ['claude-opus-5-5', 1_000, 100, 7_000], // all of it as cache writes
    ['claude-haiku-5-5', 100_000, 1_000, 13_000],
    ['claude-haiku-5-5', 100_001, 1_000, 65_001],
  ])('of %s with %i tokens in and %i out: %i micro-dollars', (model, prompt, output, microUsd) => {
    expect(worstCase(priceOf(model), prompt, output)).toBe(microUsd);
  });

  it('is at least the cost of any usage within its bounds, for all models and tiers', () => {
    const bounds = fc.record({
      model: fc.constantFrom(...Object.keys(PRICES)),
      // Around the tier of 100,000 tokens as well as far from it.
      promptMax: fc.oneof(fc.nat(1_000_000), fc.integer({ min: 99_000, max: 101_000 })),
      outputMax: fc.nat(128_000),
    });
    const parts = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100));
    fc.assert(
      fc.property(
        bounds,
        parts,
        ({ model, promptMax, outputMax }, [input, write, read, rest, out]) => {
          const whole = input + write + read + rest || 1;
          const share = (part: number) => Math.floor((promptMax * part) / whole);
          const used = {
            inputTokens: share(input),
            cacheWriteTokens: share(write),
            cacheReadTokens: share(read),
            outputTokens: Math.floor((outputMax * out) / 100),
          };
          const price = priceOf(model);
          expect(worstCase(price, promptMax, outputMax)).toBeGreaterThanOrEqual(
            costOf(price, used),
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('never falls when more tokens may come', () => {
    const tokens = fc.nat(300_000);
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(PRICES)),
        tokens,
        tokens,
        tokens,
        (price, prompt, more, output) => {
          const worst = worstCase(price, prompt, output);
          expect(worstCase(price, prompt + more, output)).toBeGreaterThanOrEqual(worst);
          expect(worstCase(price, prompt, output + more)).toBeGreaterThanOrEqual(worst);
        },
      ),
    );
  });
});

describe('the price table', () => {
  it.each(Object.entries(PRICES))('%s has whole positive rates, a day and a source', (_, price) => {
    const tiers = [price.rates, ...(price.longPrompt ? [price.longPrompt.rates] : [])];
    for (const rate of tiers.flatMap((rates) => Object.values(rates))) {
      expect(Number.isSafeInteger(rate)).toBe(true);
      expect(rate).toBeGreaterThan(0);
    }
    expect(price.asOf).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
    expect(price.source).not.toBe('');
  });

  it('charges more for cache writes than for input, and less for cache reads', () => {
    for (const { rates } of Object.values(PRICES)) {
      expect(rates.cacheWrite).toBe(rates.input * 1.25);
      expect(rates.cacheRead).toBeLessThan(rates.input);
    }
  });

  it('has no price for a model it does not know', () => {
    expect(PRICES['claude-next']).toBeUndefined();
  });
});
