/** One review with all that a person needs to decide on it. */
import type { ReviewDetail, ShownArtifact } from '../../contracts/review-views';
import { dollars } from '../../domain/dollars';
import { command } from '../called-as';
import { limitationLine } from './limitation';
import { howSure, whatTheyHold } from './outputs';
import { decideCommands, whoDecides } from './review';
import { indent, renderValue } from './value';

export function renderReviewDetail(review: ReviewDetail): string {
  const { run, id, kind, phase, explanation, question, openedAt, reasons } = review;
  return [
    `${run}: ${id} (${kind} in ${phase}, since ${openedAt}): ${review.state}`,
    explanation,
    `question: ${question}`,
    ...reasons.map(({ reason, words }) => `why: ${reason}, ${words}`),
    ...facts(review),
    ...review.restsOn.phases.map(
      ({ phase: need, status, outputSha256 }) =>
        `rests on: ${need} (${status})${outputSha256 ? `, ${shows(outputSha256)}` : ''}`,
    ),
    ...review.restsOn.documents.map(
      ({ name, textSha256 }) => `document: ${name}, ${shows(textSha256)}`,
    ),
    ...review.limitations.map((limitation) => `limitation: ${limitationLine(limitation)}`),
    ...artifact('what it is about', review.artifact),
    ...review.inputs.flatMap(({ tool, ...input }) => artifact(`input of ${tool}`, input)),
    ...(review.report ? artifact('what went wrong', review.report) : []),
    ...review.decisions.map(decisionLine),
    ...(review.state === 'open' ? choices(review) : []),
  ].join('\n');
}

function facts(review: ReviewDetail): string[] {
  const { phase, confidence, categories } = review;
  const output = {
    name: phase,
    ...(confidence ? { confidence } : {}),
    ...(categories ? { categories } : {}),
  };
  const [sure, holds] = [howSure([output]), whatTheyHold([output])];
  return [
    ...(sure ? [`confidence: ${sure}`] : []),
    ...(holds ? [`holds: ${holds}`] : []),
    `cost so far: ${dollars(review.spentMicroUsd)} of ${dollars(review.budgetMicroUsd)}`,
    ...whoDecides(review),
    ...(review.ifUnanswered ? [review.ifUnanswered] : []),
  ];
}

const shows = (sha256: string): string => `\`${command(`artifact ${sha256}`)}\` shows it`;

function artifact(what: string, { sha256, content }: ShownArtifact): string[] {
  return [
    `${what}: ${shows(sha256)}`,
    ...(content === undefined ? [] : [indent(renderValue(content))]),
  ];
}

function decisionLine(made: ReviewDetail['decisions'][number]): string {
  const { at, actor, verified, decision, to, comment } = made;
  return [
    `decided: ${decision}${to ? ` to ${to}` : ''} by ${actor}${verified ? '' : ' (not signed in)'} at ${at}`,
    ...(comment ? [`: ${comment}`] : []),
  ].join('');
}

function choices(review: ReviewDetail): string[] {
  const commands = decideCommands(review.run, review);
  return review.choices.map(
    ({ decision, does }, index) => `${decision} → ${does}: \`${commands[index]}\``,
  );
}
