/**
 * Numbers in running text, as values that can be compared whatever way they are written: `1,234.5`,
 * `1.234,5` and `1 234,5`; `12 %` and `0.12`; `1.2 million` and `1,200,000`.
 */

export interface FoundNumber {
  /** As it is written, with its unit. */
  text: string;
  readings: Reading[];
  /** Whole, not large, and without a unit: more often a count of what the text lists than a fact. */
  isBare: boolean;
}

/** One way to read a number; `1.234` has two. */
export interface Reading {
  value: number;
  /** Distance of two neighbours as exact as this one; what it was rounded from lies within half of it. */
  step: number;
  /** Digits that it states. */
  digits: number;
}

const GROUPED = String.raw`\d{1,3}(?:[,.'’ \u00a0\u2009\u202f]\d{3})+(?!\d)(?:[.,]\d+)?`;
const LITERAL = String.raw`${GROUPED}|\d+(?:[.,]\d+)?`;

const SCALES: Record<string, number> = {
  ...{ thousand: 1e3, tausend: 1e3, k: 1e3, mille: 1e3, mil: 1e3 },
  ...{ million: 1e6, millions: 1e6, millionen: 1e6, mio: 1e6, mn: 1e6, m: 1e6, millones: 1e6 },
  ...{ billion: 1e9, billions: 1e9, bn: 1e9, b: 1e9, mrd: 1e9, milliarde: 1e9, milliarden: 1e9 },
  ...{ milliard: 1e9, milliards: 1e9, trillion: 1e12, trillions: 1e12, tn: 1e12 },
};
const SCALE = `(?:[ \\u00a0-]?(${Object.keys(SCALES)
  .sort((one, other) => other.length - one.length)
  .join('|')})\\b)?`;
const CURRENCY = String.raw`[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|US\$)`;
const NUMBER = new RegExp(
  String.raw`(${CURRENCY})?[ \u00a0]?(?<![\p{L}\p{N}_]|\p{L}-)(${LITERAL})${SCALE}(?:[ \u00a0\u202f]?(%|percent\b|per cent\b|Prozent\b|${CURRENCY}))?`,
  'giu',
);
const PERCENT = /^(?:%|percent|per cent|prozent)$/i;

/** Bare whole numbers up to here are not looked at. */
const BARE_MAX = 12;

export function numbersIn(text: string): FoundNumber[] {
  return [...text.matchAll(NUMBER)].map(([whole, before, literal = '', scale, after]) => {
    const plain = readingsOf(literal);
    const factor = scale === undefined ? 1 : (SCALES[scale.toLowerCase()] ?? 1);
    const isPercent = after !== undefined && PERCENT.test(after);
    const hasUnit = before !== undefined || scale !== undefined || after !== undefined;
    return {
      text: whole.trim(),
      readings: [
        ...plain,
        // A table whose head says "in millions" has the number alone.
        ...(factor === 1 ? [] : plain.map((reading) => times(reading, factor))),
        ...(isPercent ? plain.map((reading) => times(reading, 0.01)) : []),
      ],
      isBare: !hasUnit && plain.every(({ value }) => Number.isInteger(value) && value <= BARE_MAX),
    };
  });
}

const times = ({ value, step, digits }: Reading, factor: number): Reading => ({
  value: value * factor,
  step: step * factor,
  digits,
});

function readingsOf(literal: string): Reading[] {
  const text = literal.replace(/['’ \u00a0\u2009\u202f]/g, '');
  const points = [...text].filter((character) => character === '.' || character === ',');
  const last = points.at(-1);
  if (last === undefined) return [reading(text)];
  const isMixed = points.some((point) => point !== last);
  const asDecimal = () => reading(text.replaceAll(last === '.' ? ',' : '.', '').replace(last, '.'));
  const asGroups = () => reading(text.replaceAll(last, ''));
  if (isMixed) return [asDecimal()];
  if (points.length > 1) return [asGroups()];
  return /^[1-9]\d{0,2}[.,]\d{3}$/.test(text) ? [asDecimal(), asGroups()] : [asDecimal()];
}

function reading(text: string): Reading {
  const [whole = '', decimals = ''] = text.split('.');
  const zeros = decimals === '' ? (/0*$/.exec(whole)?.[0].length ?? 0) : 0;
  const digits = (whole + decimals).replace(/^0+/, '').length - zeros;
  return { value: Number(text), step: 10 ** (zeros - decimals.length), digits };
}

const WORDS = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'],
  ...['eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen'],
  ...['nineteen', 'twenty'],
];
const TENS = ['thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const IN_WORDS = new Map<string, number[]>([
  ...WORDS.map((word, value): [string, number[]] => [word, [value]]),
  ...TENS.map((word, index): [string, number[]] => [word, [30 + 10 * index]]),
  ...Object.entries({ half: [0.5], third: [33, 1 / 3], quarter: [0.25], dozen: [12] }),
  ...Object.entries({ hundred: [100], thousand: [1e3], million: [1e6], billion: [1e9] }),
]);

/** All values that a number in a source may have, in order; half of what is looked for stands in words. */
export class KnownNumbers {
  private readonly values: Float64Array;

  constructor(texts: Iterable<string>) {
    const values = new Set<number>();
    for (const text of texts) {
      for (const { readings } of numbersIn(text))
        for (const { value } of readings) values.add(value);
      // Ids and figures side by side in a table: whatever digits there are.
      for (const [digits] of text.matchAll(/\d+(?:[.,]\d+)?/g))
        for (const { value } of readingsOf(digits)) values.add(value);
      for (const [word] of text.toLowerCase().matchAll(/[a-z]{3,9}/g))
        for (const value of IN_WORDS.get(word) ?? []) values.add(value);
    }
    this.values = Float64Array.from(values).sort();
  }

  /** Also what is rounded from one of them, where it states two digits at least. */
  has({ readings }: Pick<FoundNumber, 'readings'>): boolean {
    return readings.some(({ value, step, digits }) => {
      const exact = Math.abs(value) * 1e-9;
      return this.within(value, digits >= 2 ? Math.max(exact, step / 2 + exact) : exact);
    });
  }

  private within(value: number, distance: number): boolean {
    let [low, high] = [0, this.values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.values[middle] ?? 0) < value - distance) low = middle + 1;
      else high = middle;
    }
    const nearest = this.values[low];
    return nearest !== undefined && nearest <= value + distance;
  }
}
