/** What the availability experiment prints in the end. */

import type { SeedOutcome } from './campaign';
import { UP_PROBABILITY } from './conditions';
import { SOURCES } from './facts';

/** What a run of Tuesday is held to, over all seeds. */
export const COMPLETED_SHARE_MIN = 0.98;
const PROBLEMS_SHOWN_MAX = 40;

const isCompleted = (status: string): boolean => status.startsWith('completed');

export const completed = (outcomes: readonly SeedOutcome[], team: 'naive' | 'tuesday'): number =>
  outcomes.filter((outcome) => isCompleted(outcome[team])).length;

/** Of one seed: what is otherwise than it must be, a run that does not complete aside. */
export function problemsOf(outcome: SeedOutcome): string[] {
  const { tuesday, down, flagged, missing, invented, problems } = outcome;
  if (!isCompleted(tuesday)) return [];
  const status = down.length > 0 ? 'completed_with_limitations' : 'completed';
  const missed = down.filter((source) => !flagged.includes(source));
  const falsely = flagged.filter((source) => !(down as string[]).includes(source));
  return [
    ...(tuesday === status ? [] : [`${tuesday} instead of ${status}`]),
    ...missed.map((source) => `${source} was down and is not flagged`),
    ...falsely.map((source) => `${source} is flagged and was there`),
    ...(new Set(flagged).size < flagged.length ? ['a source is flagged twice'] : []),
    ...missing.map((fact) => `missing: ${fact}`),
    ...invented.map((quote) => `invented: ${quote}`),
    ...problems,
  ];
}

/** A team that needs all sources completes exactly where all are there. */
export const naiveIsRight = ({ naive, down }: SeedOutcome): boolean =>
  isCompleted(naive) === (down.length === 0);

export function isAsExpected(outcomes: readonly SeedOutcome[]): boolean {
  const share = completed(outcomes, 'tuesday') / outcomes.length;
  return (
    share >= COMPLETED_SHARE_MIN &&
    outcomes.every((outcome) => problemsOf(outcome).length === 0 && naiveIsRight(outcome))
  );
}

export function reportInWords(seed: number, outcomes: readonly SeedOutcome[]): string {
  const count = outcomes.length;
  const share = (part: number) => `${part} of ${count}, ${((100 * part) / count).toFixed(1)} %`;
  const expected = (100 * UP_PROBABILITY ** SOURCES.length).toFixed(1);
  const problems = outcomes.flatMap((outcome) =>
    problemsOf(outcome).map((problem) => `${outcome.company.number}: ${problem}`),
  );
  const flagged = outcomes.reduce((sum, { down }) => sum + down.length, 0);
  const found = outcomes.reduce(
    (sum, { company, down }) =>
      sum +
      SOURCES.filter((source) => !down.includes(source)).flatMap((source) => company.facts[source])
        .length,
    0,
  );
  const missing = outcomes.reduce((sum, outcome) => sum + outcome.missing.length, 0);
  return [
    `seed ${seed}: ${count} companies, each by both teams; a source is there with ${UP_PROBABILITY}`,
    `naive team completed:   ${share(completed(outcomes, 'naive'))} (${expected} % expected)`,
    `Tuesday's completed:    ${share(completed(outcomes, 'tuesday'))} (at least ${100 * COMPLETED_SHARE_MIN} % wanted)`,
    `sources that were down: ${flagged}; findings that could be had: ${found}, missing ${missing}`,
    ...[0, 1, 2, 3].map((number) => {
      const own = outcomes.filter(({ down }) => down.length === number);
      return `  ${number} down: ${own.length} companies, naive ${completed(own, 'naive')}, Tuesday ${completed(own, 'tuesday')}, otherwise than wanted ${own.filter((outcome) => problemsOf(outcome).length > 0).length}`;
    }),
    ...outcomes
      .filter((outcome) => !naiveIsRight(outcome))
      .map(
        ({ company, naive, down }) =>
          `! ${company.number}: naive ${naive} with ${down.length} down`,
      ),
    ...outcomes
      .filter(({ tuesday }) => !isCompleted(tuesday))
      .map(({ company, tuesday }) => `! ${company.number}: ${tuesday}`),
    ...problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `! ${problem}`),
  ].join('\n');
}
