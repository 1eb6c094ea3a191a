/** Limitations in a sentence each, for those who read a result or build on it. */
import type { Limitation, LimitationKind } from '../contracts/run-status';

type PlainKind = Exclude<LimitationKind, `incomplete_${string}`>;

const WORDS: Record<PlainKind, (limitation: Limitation) => string> = {
  source_unavailable: ({ source, tool, count, phase }) =>
    source
      ? `${named(source, tool)} was not available${to(phase)}: what it holds is missing.`
      : `${count ?? 'Some'} documents could not be read.`,
  stale_result: ({ source = '', tool, ageMs = 0, phase }) =>
    `${named(source, tool)} was not available${to(phase)}: an earlier result, up to ${inWords(ageMs)} old, stands in for it.`,
  context_compacted: ({ phase }) =>
    `The phase ${phase} worked on shortened inputs, since they were too large as a whole.`,
  unverified_output: ({ phase }) =>
    `The output of the phase ${phase} failed its checks; a person took it as it is.`,
  review_unresolved: ({ phase }) => `The phase ${phase} still wanted changes.`,
  phase_not_done: ({ phase }) => `The phase ${phase} was not done.`,
};

const named = (source: string, tool: string | undefined): string =>
  source === tool ? `The tool ${tool}` : `The source ${source}`;

const to = (phase: string | undefined): string => (phase ? ` to the phase ${phase}` : '');

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** Rounded up to whole units: `2 hours`. */
function inWords(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, least]) => ms >= least) ?? ['second', 1_000];
  const count = Math.max(1, Math.ceil(ms / unitMs));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

export function limitationInWords(limitation: Limitation): string {
  const { kind, phase } = limitation;
  const words = Object.hasOwn(WORDS, kind) ? WORDS[kind as PlainKind] : undefined;
  return words?.(limitation) ?? `The phase ${phase} was cut short: its result may be incomplete.`;
}
