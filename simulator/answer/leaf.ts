import type { Schema } from '../json-schema/supported';
import type { Random } from '../random';
import type { Evidence } from './evidence';
import { nameWords, type Role } from './fields';
import { claimOf, headingOf, paragraphOf, titleOf, withoutEvidence } from './prose';
import { boundsOf, fitNumber, fitString } from './scalars';
import type { TypeName } from './shape';
import { verdictFlag } from './verdict';
import { topTerms } from './words';
import type { Place, Writing } from './writing';

/** The value of a string, number or boolean, by what its field is meant to hold. */
export function leafValue(type: TypeName, schema: Schema, place: Place, writing: Writing): unknown {
  const random = writing.random(place.path);
  if (type === 'boolean') {
    return verdictFlag(nameWords(place.name), writing.verdict) ?? random.next() < 0.7;
  }
  if (type === 'integer' || type === 'number') {
    const isInteger = type === 'integer';
    return fitNumber(numberFor(schema, place, writing, random, isInteger), schema, isInteger);
  }
  let fillers = 0;
  return fitString(TEXTS[place.role](place, writing, random), schema, random, () => {
    fillers += 1;
    const { ranked } = writing.texts;
    const evidence = ranked[(place.group.length + fillers) % Math.max(1, ranked.length)];
    return evidence === undefined ? withoutEvidence(writing.context.question) : claimOf(evidence);
  });
}

type TextOf = (place: Place, writing: Writing, random: Random) => string;

const first = (place: Place): Evidence | undefined => place.group[0];

/** One sentence where the object quotes one passage, two where it draws on several. */
const claim: TextOf = (place, writing) =>
  paragraphOf(
    place.isRoot ? place.group.slice(0, 1) : place.group.slice(0, 2),
    writing.context.question,
    writing.isInline,
  );

const formatted =
  (format: string): TextOf =>
  (_place, _writing, random) =>
    fitString('', { format }, random, () => '');

/** Every role has its text, so a new role does not compile without one. */
const TEXTS: Record<Role, TextOf> = {
  quote: (place, writing) => first(place)?.text ?? writing.context.question,
  document: (place, { context }) => first(place)?.document || context.documents[0] || 'request',
  line: (place) => String(first(place)?.line || 1),
  id: (place, writing) => newId(place, writing),
  reference: (place, writing, random) => referenceTo(place, writing, random),
  title: (place, { context, headingsGiven }, random) =>
    place.isRoot
      ? titleOf(context.question)
      : headingOf(place.group, context, headingsGiven, random),
  section: (place, { context, headingsGiven }, random) =>
    context.headings.length > 0
      ? random.pick(context.headings)
      : headingOf(place.group, context, headingsGiven, random),
  claim,
  prose: (place, writing) =>
    paragraphOf(place.group.slice(0, 3), writing.context.question, writing.isInline),
  body: (place, writing) =>
    (place.isRoot ? writing.context.drafts.at(-1) : undefined) ??
    paragraphOf(place.group, writing.context.question, writing.isInline),
  term: (place, { context }, random) => {
    const terms = topTerms([...place.group.map((item) => item.text), context.question], 6);
    return terms.length === 0 ? 'general' : random.pick(terms);
  },
  gap: () => 'None that the documents show.',
  comment: (place, writing, random) => {
    const { comments } = writing.verdict;
    if (!writing.isReview) return claim(place, writing, random);
    return comments.length === 0
      ? 'The text answers the question, and what it states is supported.'
      : random.pick(comments);
  },
  verdict: (_place, { verdict }) => (verdict.approves ? 'approve' : 'revise'),
  confidence: (_place, _writing, random) => random.pick(['medium', 'high']),
  score: (_place, _writing, random) => random.pick(['medium', 'high']),
  question: (place, { context }) =>
    place.isRoot
      ? context.question
      : `What else do the documents say about ${topTerms([context.question], 2).join(' and ')}?`,
  filename: (_place, { context }) => `${topTerms([context.question], 3).join('-') || 'answer'}.md`,
  url: formatted('uri'),
  email: formatted('email'),
  date: formatted('date'),
  language: () => 'en',
  count: (place) => String(Math.max(1, place.group.length)),
  year: () => '2026',
  unknown: claim,
};

/** `F1`, `F2`, … by the name of the list, never twice in an answer. */
function newId(place: Place, writing: Writing): string {
  const list = nameWords(
    place.path.split('/').findLast((part) => /^\D/.test(part) && part !== place.name) ?? 'item',
  );
  const prefix = (/[a-z]/.exec(list)?.[0] ?? 'i').toUpperCase();
  const count = (writing.idCounts.get(prefix) ?? 0) + 1;
  writing.idCounts.set(prefix, count);
  const id = `${prefix}${count}`;
  writing.idsGiven.push(id);
  return id;
}

/** An id that exists: of the list that the field names, else of what is quoted, else any. */
function referenceTo(place: Place, writing: Writing, random: Random): string {
  const { items, documents } = writing.context;
  const words = nameWords(place.name);
  const named = items.filter(
    (item) => item.id !== undefined && item.list !== '' && words.includes(item.list),
  );
  const quoted = items.filter((item) => item.id !== undefined && item.evidence?.verbatim === true);
  const candidates = (named.length > 0 ? named : quoted.length > 0 ? quoted : items).flatMap(
    (item) => item.id ?? [],
  );
  const own = place.group
    .flatMap((evidence) => evidence.id ?? [])
    .filter((id) => candidates.includes(id));
  const choice = own[0] ?? (candidates.length > 0 ? random.pick(candidates) : undefined);
  if (choice !== undefined) return choice;
  if (writing.idsGiven.length > 0) return random.pick(writing.idsGiven);
  return first(place)?.document || documents[0] || claim(place, writing, random);
}

function numberFor(
  schema: Schema,
  place: Place,
  writing: Writing,
  random: Random,
  isInteger: boolean,
): number {
  const [low, high] = boundsOf(schema, isInteger ? 1 : 0.01);
  const isBounded = Number.isFinite(low) && Number.isFinite(high);
  switch (place.role) {
    case 'line':
      return first(place)?.line || 1;
    case 'confidence': {
      const share = random.int(60, 95) / 100;
      if (isBounded && high > 1) return low + (high - low) * share;
      return isInteger && !isBounded ? Math.round(share * 100) : share;
    }
    case 'score':
      return isBounded ? low + (high - low) * (random.int(70, 95) / 100) : 4;
    case 'count':
      return Math.max(1, writing.context.evidence.length);
    case 'year':
      return 2026;
    default: {
      const from = Number.isFinite(low) ? low : Number.isFinite(high) ? high - 10 : 0;
      const to = Number.isFinite(high) ? high : from + 10;
      return isInteger
        ? random.int(Math.ceil(from), Math.max(Math.ceil(from), Math.floor(to)))
        : from + (to - from) * random.next();
    }
  }
}
