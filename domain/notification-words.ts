/** What is told of runs, in words. */
import type { NoticeOfReview, NotifiedEvent } from '../contracts/notifications';
import type { ReviewKind } from '../contracts/reviews';

const ASKED: Record<ReviewKind, string> = {
  approval: 'Approval asked',
  question: 'An agent asks',
  top_up: 'More budget asked',
  operator: 'An operator is needed',
  take_over: 'Taken over by a person',
};

const PREFIX: Record<NotifiedEvent, string> = {
  review_opened: '',
  review_reminded: 'Reminder: ',
  review_escalated: 'Escalated: ',
  run_ended: '',
};

interface OfRun {
  run: string;
  team: string;
}

/** `Reminder: Approval asked: write (report, run r-1)`. */
export const titleOfReview = (
  event: NotifiedEvent,
  { kind, phase }: Pick<NoticeOfReview, 'kind' | 'phase'>,
  { run, team }: OfRun,
): string => `${PREFIX[event]}${ASKED[kind]}: ${phase} (${team}, run ${run})`;

/** `Run completed with limitations: r-1 (report)`. */
export const titleOfEnd = (status: string, { run, team }: OfRun): string =>
  `Run ${status.replaceAll('_', ' ')}: ${run} (${team})`;

/** What is to be known of a review beside its question, a line each. */
export function reviewLines({ options, groups, unanswered }: NoticeOfReview): string[] {
  return [
    `Options: ${options.join(', ')}`,
    ...(groups ? [`Asked: ${groups.join(', ')}`] : []),
    ...(unanswered
      ? [`Unanswered, it is decided as ${unanswered.decision} at ${unanswered.decideAt}`]
      : []),
  ];
}
