/**
 * The output's prose is in the language of its phase, else in that of the question. What is too short
 * to tell passes, and so does what may be either: languages that are near to each other, or a question
 * of names and figures.
 */
import { francAll } from 'franc';
import { LANGUAGE_CHARACTERS_MIN } from '../../contracts/limits';
import { type Check, visitLeaves } from './check';

/** Texts that may be in any language: somebody else's, or no prose. */
const NOT_OURS = new Set(['quote', 'document', 'id', 'url', 'citations', 'title']);
/** How near to the best a language must be to be plausible: generous to the question, which is short. */
const PLAUSIBLE_OF_QUESTION = 0.9;
const PLAUSIBLE_OF_OUTPUT = 0.93;

export const sameLanguage: Check = async ({ output, question, language }) => {
  const wanted = language ? new Set([language]) : languagesOf(question, PLAUSIBLE_OF_QUESTION);
  if (wanted.size === 0) return { problems: [], corrections: [] };
  const texts: { text: string; path: string }[] = [];
  visitLeaves(output, (leaf, path, name) => {
    if (typeof leaf === 'string' && !NOT_OURS.has(name)) texts.push({ text: leaf, path });
  });
  const others = (text: string): string | undefined => {
    const spoken = languagesOf(text, PLAUSIBLE_OF_OUTPUT);
    return [...spoken].some((code) => wanted.has(code)) ? undefined : [...spoken][0];
  };
  const problems = texts.flatMap(({ text, path }) => problemOf(others(text), path));
  if (problems.length > 0) return { problems, corrections: [] };
  // Each too short alone, they may be long enough together.
  const together = texts.map(({ text }) => text).join('\n');
  return { problems: problemOf(others(together), ''), corrections: [] };

  function problemOf(code: string | undefined, path: string) {
    if (code === undefined) return [];
    const ours = language ? languageName(language) : 'the language of the question';
    return [{ path, message: `is in ${languageName(code)}; write in ${ours}` }];
  }
};

/** Codes of ISO 639-3 that a text may be in, the best first; none where it is too short to tell. */
function languagesOf(text: string, plausible: number): Set<string> {
  // Figures, links and marks tell nothing.
  const prose = text
    .replace(/https?:\S+|[^\p{L}\p{M}'’\s-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const needed = HAS_WORDS.test(prose) ? LANGUAGE_CHARACTERS_MIN : LANGUAGE_CHARACTERS_MIN / 4;
  if (prose.length < needed) return new Set();
  const ranked = francAll(prose).filter(([code]) => code !== 'und');
  return new Set(ranked.filter(([, score]) => score >= plausible).map(([code]) => code));
}

/** Scripts that many languages share; the others name theirs in a few signs. */
const HAS_WORDS = /\p{Script=Latin}|\p{Script=Cyrillic}|\p{Script=Arabic}|\p{Script=Devanagari}/u;

const names = new Intl.DisplayNames(['en'], { type: 'language' });
export const languageName = (code: string): string => names.of(code) ?? code;
