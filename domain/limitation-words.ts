/** Limitations in a sentence each, for those who read a result or build on it. */
import type { Limitation, LimitationKind } from '../contracts/run-status';

type PlainKind = Exclude<LimitationKind, `incomplete_${string}`>;

const WORDS: Record<PlainKind, (limitation: Limitation) => string> = {
  source_unavailable: ({ source, phase, count }) =>
    source
      ? `The source ${source} was not available${phase ? ` to the phase ${phase}` : ''}: what it holds is missing.`
      : `${count ?? 'Some'} documents could not be read.`,
  stale_result: ({ source, phase }) =>
    `${source ? `The source ${source}` : 'A source'} was not available to the phase ${phase}: an earlier result stands in for it.`,
  context_compacted: ({ phase }) =>
    `The phase ${phase} worked on shortened inputs, since they were too large as a whole.`,
  unverified_output: ({ phase }) =>
    `The output of the phase ${phase} failed its checks; a person took it as it is.`,
  review_unresolved: ({ phase }) => `The phase ${phase} still wanted changes.`,
  phase_not_done: ({ phase }) => `The phase ${phase} was not done.`,
};

export function limitationInWords(limitation: Limitation): string {
  const { kind, phase } = limitation;
  const words = Object.hasOwn(WORDS, kind) ? WORDS[kind as PlainKind] : undefined;
  return words?.(limitation) ?? `The phase ${phase} was cut short: its result may be incomplete.`;
}
