/** Where a quote stands: `offset` in UTF-16 units of the text, `line` from 1. */
export interface QuotePlace {
  offset: number;
  line: number;
}

/**
 * Finds a quote in an extracted text, byte for byte: no change of case, spaces or punctuation is
 * forgiven. An empty quote, or one with half of a surrogate pair (no UTF-8 has it), stands nowhere.
 */
export function findQuote(text: string, quote: string): QuotePlace | undefined {
  if (quote === '' || /\p{Surrogate}/u.test(quote)) return undefined;
  const offset = text.indexOf(quote);
  if (offset === -1) return undefined;
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return { offset, line };
}
