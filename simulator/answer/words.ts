/** Words and sentences: what the answers are made of. */

const STOP_WORDS = new Set(
  (
    'a about after against all also an and any are as at be because been before between both but by can could did do does ' +
    'deal deals document documents each every for from get give had happen happens has have how if in into is it its just like ' +
    'made make many may me more most much must my no not of on one only or other our out over please ' +
    'same say see shall she should so some such tell than that the their them then there these they this ' +
    'those through to under up us use used using very was we were what when where which while who whose ' +
    'why will with within without would you your question answer according'
  ).split(' '),
);

/** Lower-case words with meaning, in order, each once. */
export function contentWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_-]*/gu) ?? [];
  return [...new Set(words.filter((word) => word.length > 2 && !STOP_WORDS.has(word)))];
}

/** So that "retries" finds "retry". */
export const stem = (word: string): string =>
  word.replace(/(?<=.{3})(?:ies|ied|ing|es|ed|y|s|e)$/u, '');

/** The stems of all words with meaning. */
export const stemsOf = (text: string): Set<string> => new Set(contentWords(text).map(stem));

/** The most frequent plain words with meaning: no figures, no names of code. */
export function topTerms(texts: readonly string[], count: number): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of contentWords(text)) {
      if (!/^\p{L}{4,14}$/u.test(word)) continue;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || b.length - a.length || (a < b ? -1 : 1))
    .slice(0, count)
    .map(([word]) => word);
}

/** One line's sentences, each a verbatim piece of the line. */
export function sentencesOf(line: string): string[] {
  return line
    .split(/(?<=[.!?]["”)*_`]{0,3})\s+(?=[\p{Lu}\p{N}"“(`*[])/u)
    .map((sentence) => sentence.replace(/^(?:\s|[-*+>#|]+\s|\d+[.)]\s)+/u, '').trim())
    .filter((sentence) => sentence !== '');
}

/** For prose: without the marks of Markdown, on one line, with a full stop. */
export function asProse(sentence: string): string {
  const plain = sentence
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`#|]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\s:;,]+$/, '');
  return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const charsOf = (text: string): string[] => [...text];
export const lengthOf = (text: string): number => charsOf(text).length;

/** At most so many characters, cut between words where that leaves most of it. */
export function cutTo(text: string, charsMax: number): string {
  const chars = charsOf(text);
  if (chars.length <= charsMax) return text;
  const cut = chars.slice(0, charsMax).join('');
  const space = cut.lastIndexOf(' ');
  return space > charsMax / 2 ? cut.slice(0, space) : cut;
}
