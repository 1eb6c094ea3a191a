/**
 * Numbers of the output appear in what it rests on: the question, the inputs, the results of tools
 * and the documents that are quoted. Left out, since they are no facts or nobody's: dates, times and
 * years, ordinals, numbers of list items, sections and pages, ids and versions, and bare whole numbers
 * up to twelve. A figure may be rounded; one that the agent has calculated is refused.
 */
import { type Check, type CheckProblem, visitLeaves, visitObjects } from './check';
import { KnownNumbers, numbersIn } from './numbers';

export const numbersAppearInSources: Check = async (subject) => {
  const { output, question, toolResults } = subject;
  const known = new KnownNumbers([
    question,
    ...toolResults,
    ...leavesOf(subject.inputs),
    ...(await quotedTexts(subject)),
  ]);
  const problems: CheckProblem[] = [];
  visitLeaves(output, (leaf, path, name) => {
    if (typeof leaf === 'string' && !NAMING.has(name))
      for (const found of numbersIn(withoutOrder(leaf)))
        if (!found.isBare && !known.has(found)) problems.push(unfounded(found.text, path));
    if (typeof leaf === 'number' && !JUDGED.has(name)) {
      const [found] = numbersIn(String(Math.abs(leaf)));
      if (found && !found.isBare && !known.has(found)) problems.push(unfounded(found.text, path));
    }
  });
  return { problems, corrections: [] };
};

const unfounded = (text: string, path: string): CheckProblem => ({
  path,
  message: `has the number "${text}", which appears in none of its sources; give it as they do, or leave it out`,
});

/** Texts that name something. */
const NAMING = new Set(['id', 'document', 'citations', 'url', 'date', 'version']);
/** Numbers that an agent gives of itself. */
const JUDGED = new Set([
  ...['confidence', 'line', 'page', 'score', 'rank', 'rating', 'weight', 'priority'],
  ...['probability', 'likelihood', 'importance', 'count', 'year'],
]);

function leavesOf(value: unknown): string[] {
  const leaves: string[] = [];
  visitLeaves(value, (leaf) => leaves.push(String(leaf)));
  return leaves;
}

/** The texts of the documents that the output or its inputs name. */
function quotedTexts({ output, inputs, documents, text }: Parameters<Check>[0]): Promise<string[]> {
  const names = new Set<unknown>();
  visitObjects([output, inputs], ({ document }) => names.add(document));
  const quoted = documents?.documents.filter(({ name }) => names.has(name)) ?? [];
  return Promise.all(quoted.map(({ textSha256 }) => text(textSha256)));
}

const MONTHS = [
  ...new Set(
    ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'].flatMap((language) =>
      (['long', 'short'] as const).flatMap((month) =>
        Array.from({ length: 12 }, (_, index) =>
          new Intl.DateTimeFormat(language, { month, timeZone: 'UTC' })
            .format(Date.UTC(2026, index, 15))
            .replace('.', ''),
        ),
      ),
    ),
  ),
].join('|');

/** Dates, versions, addresses and times; then what only counts or names. */
const ORDER = [
  /\d+(?:[.:/-]\d+){2,}(?:T[\d:.]+Z?)?/g,
  /\b\d{1,2}:\d{2}\b/g,
  new RegExp(
    String.raw`\b\d{1,2}(?:st|nd|rd|th|\.|º|°)?[ \u00a0](?:of |de )?(?:${MONTHS})\b`,
    'giu',
  ),
  new RegExp(
    String.raw`\b(?:${MONTHS})\.?[ \u00a0]\d{1,2}(?:st|nd|rd|th)?\b(?![.,]?\d|[ \u00a0]?%)`,
    'giu',
  ),
  /\b\d+(?:st|nd|rd|th|er|re|e|º|ª)\b/giu,
  /^[ \t]*\(?\d{1,3}[.)](?=\s)/gm,
  /(?:\b(?:section|chapter|figure|fig|table|page|pages|pp?|steps?|part|items?|no|number|lines?|appendix|article|version|v|round|phase)\.?|§|#)[ \u00a0]?\d+(?:\.\d+)*(?:[-–]\d+)?/gi,
  // Years, alone or as a span.
  /(?<![\p{L}\p{N}.,$€£¥]|[$€£¥] )(?:19|20)\d{2}(?:s\b|[-–/](?:19|20)?\d{2}\b|(?![\p{N}%]|[.,]\d|[ \u00a0](?:%|percent|million|billion|thousand)))/gu,
];

const withoutOrder = (text: string): string =>
  ORDER.reduce((rest, pattern) => rest.replace(pattern, ' ; '), text);
