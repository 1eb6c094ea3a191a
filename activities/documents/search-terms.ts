/** How texts and queries become terms of the search index. */

/** Longer ones are data, not words (base64, hashes in a row). */
const TERM_CHARACTERS_MAX = 64;
const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
/** Scripts that put no spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

/** Words; where a script has no spaces, every two neighbouring characters. */
export function tokenize(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    if (word.length > TERM_CHARACTERS_MAX) continue;
    const rest = word.replace(UNSPACED, (run) => {
      terms.push(...pairs(run));
      return ' ';
    });
    for (const term of rest.split(' ')) if (term !== '') terms.push(term);
  }
  return terms;
}

function pairs(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}

/** Case and accents make no difference: `Zürich` is found by `zurich`. */
export function foldTerm(term: string): string {
  return term.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
