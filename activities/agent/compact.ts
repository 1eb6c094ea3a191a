/** Shortens JSON values to a number of characters, always in the same way, and marks what was left out. */
import { canonicalJson } from '../../contracts/content';

/** Characters of a text and items of a list that stay, by how much has to go. */
const STEPS: readonly (readonly [textCharactersMax: number, itemsMax: number])[] = [
  [4_000, 100],
  [1_500, 60],
  [600, 30],
  [250, 15],
  [100, 8],
  [40, 4],
];

/** The value, or the least shortened form of it that fits; where none does, its beginning as a text. */
export function compacted(value: unknown, charactersMax: number): unknown {
  const whole = canonicalJson(value);
  if (whole.length <= charactersMax) return value;
  for (const [textCharactersMax, itemsMax] of STEPS) {
    const shorter = shortened(value, textCharactersMax, itemsMax);
    if (canonicalJson(shorter).length <= charactersMax) return shorter;
  }
  // Written into JSON again, a character may take two.
  return cut(whole, Math.floor(charactersMax / 2));
}

function shortened(value: unknown, textCharactersMax: number, itemsMax: number): unknown {
  if (typeof value === 'string') return cut(value, textCharactersMax);
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        shortened(member, textCharactersMax, itemsMax),
      ]),
    );
  const kept = value
    .slice(0, itemsMax)
    .map((member) => shortened(member, textCharactersMax, itemsMax));
  const rest = value.length - kept.length;
  return rest > 0 ? [...kept, `[… ${rest} of ${value.length} items left out]`] : kept;
}

/** A text's beginning with a note of how much is missing; never half a character. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const head = text.slice(0, charactersMax).replace(/[\ud800-\udbff]$/, '');
  return `${head} [… ${text.length - head.length} of ${text.length} characters left out]`;
}
