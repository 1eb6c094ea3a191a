/**
 * A stated confidence, corrected by what code can see. Models state about the same high figure
 * whether or not their work went well, so what went wrong counts against it:
 *
 *   corrected = stated × weight(doubt)^min(count, 3) for each doubt × the least that is left of an input
 *
 * where what is left of an input is corrected / stated of the phase that made it.
 *
 * The weights are choices, not measurements: there are no verdicts of people to fit them to yet. What
 * is kept (`stated`, `corrected` and the doubts of each output) is what a fit needs. Their order is
 * reasoned: what was left out weighs most, claims that did not hold more than a form that did not,
 * and what was mended under a check's eyes least.
 */
import { type Confidence, DOUBTS, type Doubt, type DoubtKind } from '../contracts/confidence';

export const DOUBT_WEIGHTS: Record<Exclude<DoubtKind, 'input_doubted'>, number> = {
  /** A whole part of the work was to be there and is not. */
  input_missing: 0.7,
  /** As much, of the agent's own part. */
  cut_short: 0.7,
  /** The agent made claims up; checks see quotes and citations, not everything that it says. */
  check_failed: 0.8,
  /** One of several sources as a rule; what it would have said is not known. */
  source_unavailable: 0.8,
  /** One or a few of many documents. */
  documents_unread: 0.9,
  /** Details are lost, and the agent does not know which. */
  context_compacted: 0.9,
  /** Chosen as second best for the work. */
  fallback_model: 0.9,
  /** True some time ago; its age is told. */
  stale_result: 0.95,
  /** Says little of the content: a form that was not kept. */
  round_rejected: 0.95,
  /** The same, and the agent mended it at once. */
  answer_repaired: 0.98,
};

/** The fourth failure of a kind says nothing that three did not. */
export const DOUBT_COUNT_MAX = 3;

/** Two digits: figures of this origin carry no more. */
const rounded = (value: number): number => Math.round(value * 100) / 100;

/** @param inputs confidences of the outputs that this one was made from, where they have any */
export function correctConfidence(
  stated: number,
  doubts: readonly Doubt[],
  inputs: readonly Confidence[] = [],
): Confidence {
  const left = Math.min(1, ...inputs.map(leftOf));
  const because = inOrder([
    ...doubts.filter(({ count }) => count > 0),
    ...(left < 1
      ? [{ kind: 'input_doubted', count: inputs.filter(isDoubted).length } as const]
      : []),
  ]);
  if (because.length === 0) return { stated, corrected: stated, because };
  const corrected = because.reduce((value, { kind, count }) => {
    if (kind === 'input_doubted') return value * left;
    return value * DOUBT_WEIGHTS[kind] ** Math.min(count, DOUBT_COUNT_MAX);
  }, stated);
  return { stated, corrected: Math.min(stated, rounded(corrected)), because };
}

const leftOf = ({ stated, corrected }: Confidence): number => (stated > 0 ? corrected / stated : 1);

const isDoubted = (input: Confidence): boolean => leftOf(input) < 1;

const inOrder = (doubts: Doubt[]): Doubt[] =>
  doubts.sort((one, other) => DOUBTS.indexOf(one.kind) - DOUBTS.indexOf(other.kind));

const times = (count: number, one: string, more: string): string =>
  count === 1 ? one : more.replace('#', String(count));

const DOUBT_WORDS: Record<DoubtKind, (count: number) => string> = {
  check_failed: (count) =>
    times(
      count,
      'claims of an earlier round did not hold',
      'claims of # earlier rounds did not hold',
    ),
  round_rejected: (count) =>
    times(count, 'an earlier round was rejected', '# earlier rounds were rejected'),
  answer_repaired: (count) =>
    times(count, 'the answer was repaired', 'the answer was repaired # times'),
  source_unavailable: (count) =>
    times(count, 'a source was unavailable', '# sources were unavailable'),
  stale_result: (count) => times(count, 'a result was an old one', '# results were old ones'),
  documents_unread: (count) =>
    times(count, 'a document could not be read', '# documents could not be read'),
  input_missing: (count) =>
    times(count, 'a phase that it needs gave nothing', '# phases that it needs gave nothing'),
  cut_short: () => 'the agent was made to answer early',
  context_compacted: () => 'parts of the context were left out',
  fallback_model: () => 'the answer is a fallback model’s',
  input_doubted: (count) =>
    times(count, 'an input is less sure than stated', '# inputs are less sure than stated'),
};

/** In a person's words: `a source was unavailable`. */
export const doubtInWords = ({ kind, count }: Doubt): string => DOUBT_WORDS[kind](count);

/** `0.8`, or `0.64 of 0.8 stated (a source was unavailable)`. */
export function confidenceInWords({ stated, corrected, because }: Confidence): string {
  if (because.length === 0) return String(stated);
  return `${corrected} of ${stated} stated (${because.map(doubtInWords).join('; ')})`;
}
