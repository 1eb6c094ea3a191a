/** What a campaign prints in the end. */
import type { CampaignReport } from './campaign';
import { counted } from './invariants/counted';

const VIOLATIONS_SHOWN_MAX = 20;

export function reportInWords(seed: number, report: CampaignReport): string {
  const { windows, findings, answers } = report;
  const faults = counted(windows.map(({ fault }) => fault.kind));
  const answered = Object.entries(answers).map(([reason, count]) => `${count} ${reason}`);
  return [
    `seed ${seed}`,
    `faults done: ${faults}`,
    `answers of the decider: ${answered.join(', ') || 'none'} (${report.failedLooksCount} looks failed and were made again)`,
    `workers that ended by themselves and were started again: ${report.workersEndedCount}`,
    `last run ended ${(report.settledAfterMs / 1_000).toFixed(1)} s after the faults`,
    '',
    ...findings.flatMap(({ invariant, figures, violations }) => [
      `${violations.length === 0 ? 'holds ' : 'BROKEN'}  ${invariant}: ${figures}`,
      ...violations.slice(0, VIOLATIONS_SHOWN_MAX).map((violation) => `        ${violation}`),
      ...(violations.length > VIOLATIONS_SHOWN_MAX
        ? [`        and ${violations.length - VIOLATIONS_SHOWN_MAX} more`]
        : []),
    ]),
  ].join('\n');
}
