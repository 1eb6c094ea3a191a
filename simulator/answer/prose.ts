import type { Random } from '../random';
import { type Evidence, subjectsOf } from './evidence';
import { asProse, capitalize, cutTo, topTerms } from './words';

/** Sentences made of evidence; nothing in them that the request does not say. */

const TITLE_CHARS_MAX = 120;
const HEADING_WORDS_COUNT_MAX = 2;

/** How a statement names its document; which one is by its place in the paragraph. */
const OPENINGS: ((document: string, text: string) => string)[] = [
  (document, text) => `According to ${document}, ${lowerFirst(text)}`,
  (document, text) => `${document} states: ${text}`,
  (document, text) => `As ${document} has it, ${lowerFirst(text)}`,
];

export function claimOf(evidence: Evidence, isInline = false, place = 0): string {
  const text = asProse(evidence.text);
  const mark = isInline && evidence.id !== undefined ? ` [${evidence.id}]` : '';
  const opening = OPENINGS[place % OPENINGS.length];
  const said =
    evidence.document === '' || !evidence.verbatim || opening === undefined
      ? text
      : opening(evidence.document, text);
  return mark === '' ? said : `${said.slice(0, -1)}${mark}${said.slice(-1)}`;
}

/** Only a plain first word loses its capital: "The", not "HTTP" or "Temporal". */
function lowerFirst(text: string): string {
  return /^(The|A|An|This|These|Those|It|If|When|In|On|For|To|By|Each|Every|All|Both|Its|Where|You|Use|We)\b/.test(
    text,
  )
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}

export function paragraphOf(
  evidence: readonly Evidence[],
  question: string,
  isInline = false,
): string {
  if (evidence.length === 0) return withoutEvidence(question);
  return evidence.map((item, place) => claimOf(item, isInline, place)).join(' ');
}

/** What can be said where the request holds no document. */
export function withoutEvidence(question: string): string {
  const topic = topTerms([question], 3).join(', ');
  return topic === ''
    ? 'The request holds no document on this.'
    : `No document was given on ${topic}; this rests on the question alone.`;
}

/** What asks for what is said on a subject, before the subject. */
const ASKING = /^\s*what (?:do|does) [^,?]{1,60}? say about\s+/i;

export function titleOf(question: string): string {
  const line = question.split('\n').find((part) => part.trim() !== '') ?? '';
  const title = line
    .replace(ASKING, '')
    .replace(/[?.!:\s]+$/, '')
    .trim();
  if (title === '') return 'Answer';
  const cut = cutTo(title, TITLE_CHARS_MAX);
  return capitalize(cut === title ? title : `${cut.replace(/[,;:\s]+$/, '')} …`);
}

/** A heading for a group of evidence: what it holds of the question, else its own words. */
export function headingOf(
  evidence: readonly Evidence[],
  context: { question: string; evidence: readonly Evidence[] },
  given: Set<string>,
  random: Random,
): string {
  const { question } = context;
  const subjects = subjectsOf(evidence, context.evidence, question);
  const fresh = subjects.filter((word) => !given.has(word)).slice(0, HEADING_WORDS_COUNT_MAX);
  for (const word of fresh) given.add(word);
  if (fresh.length > 0) return capitalize(fresh.join(' and '));
  if (subjects[0] !== undefined) return `More on ${subjects[0]}`;
  const terms = topTerms(
    evidence.map((item) => item.text),
    4,
  );
  if (terms.length < 2) return titleOf(question);
  const [first = '', second = ''] = [terms[0], random.pick(terms.slice(1))];
  return `${capitalize(first)} and ${second}`;
}
