import { findQuote } from '../../domain/quotes';

describe('findQuote', () => {
  const text = 'First line.\nThe “second” line\nhas a naïve quote 😀 in it.';

  it('gives the offset and the line of the first place', () => {
    expect(findQuote(text, 'line')).toEqual({ offset: 6, line: 1 });
    expect(findQuote(text, 'naïve quote 😀')).toEqual({ offset: 36, line: 3 });
  });

  it('finds quotes that go over a line end', () => {
    expect(findQuote(text, 'line\nhas')).toEqual({ offset: 25, line: 2 });
  });

  it.each([
    ['another case', 'first line.'],
    ['straight quotation marks', 'The "second" line'],
    ['a space for the line end', 'line has'],
    ['another normal form', 'nai\u0308ve'],
    ['half of a surrogate pair', '\ud83d'],
    ['nothing', ''],
  ])('does not find %s', (_, quote) => {
    expect(findQuote(text, quote)).toBeUndefined();
  });
});
