/** What a garbage campaign prints in the end. */
import { counted } from '../chaos/invariants/counted';
import type { CampaignReport } from './campaign';
import { GARBAGE_CLASSES, VERDICTS } from './verdicts';

const PROBLEMS_SHOWN_MAX = 40;

export function problemsOf({ outcomes, leaks, money }: CampaignReport): string[] {
  return [
    ...outcomes.flatMap(({ run, phase, garbage, strikes, problems }) =>
      problems.map((problem) => `${run}/${phase} ${garbage} (${strikes}): ${problem}`),
    ),
    ...leaks,
    ...money.flatMap(({ violations }) => violations),
  ];
}

export const isAsExpected = (report: CampaignReport): boolean => problemsOf(report).length === 0;

export function reportInWords(seed: number, report: CampaignReport): string {
  const { outcomes, ends, leaks, money } = report;
  const problems = problemsOf(report);
  return [
    `seed ${seed}: ${sum(outcomes)} bad answers in ${outcomes.length} cases and ${ends.size} runs`,
    `runs ended: ${counted([...ends.values()])}`,
    '',
    ...GARBAGE_CLASSES.map((garbage) => {
      const own = outcomes.filter((outcome) => outcome.garbage === garbage);
      const wrong = own.filter((outcome) => outcome.problems.length > 0).length;
      const { verdict, next } = VERDICTS[garbage];
      const words = `${verdict}, ${next}`.replaceAll('_', ' ');
      return `${wrong === 0 ? '  ' : '! '}${garbage.padEnd(20)}${words.padEnd(36)}${String(sum(own)).padStart(4)} answers, ${own.length} cases, ${wrong} otherwise`;
    }),
    '',
    `garbage that another agent saw: ${leaks.length}`,
    ...money.map(
      ({ invariant, figures, violations }) =>
        `${violations.length === 0 ? 'holds ' : 'BROKEN'}  ${invariant}: ${figures}`,
    ),
    ...problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `! ${problem}`),
    ...(problems.length > PROBLEMS_SHOWN_MAX
      ? [`! and ${problems.length - PROBLEMS_SHOWN_MAX} more`]
      : []),
  ].join('\n');
}

const sum = (outcomes: CampaignReport['outcomes']): number =>
  outcomes.reduce((total, { responses }) => total + responses, 0);
