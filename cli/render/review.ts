/** What a run asks a person, and the commands that answer it. */
import type { DecisionKind } from '../../contracts/reviews';
import type { ReviewView } from '../../contracts/views';
import { asTyped, command } from '../called-as';

/** Everything that the person should see before deciding, and a command for each decision. */
export function renderReview(run: string, review: ReviewView): string {
  return [
    `waits for a person (${review.kind}, since ${review.openedAt}): ${asTyped(review.explanation)}`,
    ...shownBy(review).map((line) => `  ${line}`),
    ...whoDecides(review).map((line) => `  ${line}`),
    ...decideCommands(run, review).map((line) => `  ${line}`),
  ].join('\n');
}

/** What the person should have seen before deciding, each with the command that shows it. */
export function shownBy(review: ReviewView): string[] {
  const { kind, digest, effects = [], reportSha256 } = review;
  const inputs = effects.map(({ inputSha256 }) => inputSha256);
  const shown: [what: string, sha256: string][] = [
    ...(kind === 'question' ? [['what is asked', digest] as [string, string]] : []),
    ...(isOfOutput(review) && !inputs.includes(digest)
      ? [['the output', digest] as [string, string]]
      : []),
    ...effects.map(({ tool, inputSha256 }): [string, string] => [`input of ${tool}`, inputSha256]),
    ...(reportSha256 ? [['what went wrong', reportSha256] as [string, string]] : []),
  ];
  return shown.map(([what, sha256]) => `${what}: ${command(`artifact ${sha256}`)}`);
}

/** Who may decide, and who has had a say; nothing where anybody may and nobody has. */
export function whoDecides(review: WhoDecides): string[] {
  const { quorum, approvedBy, groups, notStarter, delegations } = review;
  return [
    ...(quorum > 1 ? [`approved: ${approvedBy.length} of ${quorum}${listed(approvedBy)}`] : []),
    ...(groups.length > 0 ? [`groups: ${groups.join(', ')}`] : []),
    ...(notStarter ? ['not by who started the run'] : []),
    ...delegations.map(({ from, to }) => `handed over: ${from} → ${to}`),
  ];
}
type WhoDecides = Pick<
  ReviewView,
  'quorum' | 'approvedBy' | 'groups' | 'notStarter' | 'delegations'
>;

const listed = (people: readonly string[]): string =>
  people.length > 0 ? ` (${people.join(', ')})` : '';

/** Whether what is decided on is an output, not what went wrong. */
const isOfOutput = ({ kind, options }: ReviewView): boolean =>
  kind === 'approval' || options.includes('accept');

export function decideCommands(run: string, review: ReviewView): string[] {
  const { id, digest, options } = review;
  // Bound to what the person was shown.
  const bound = isOfOutput(review) ? ` --digest ${digest}` : '';
  return options.map((option) =>
    command(`decide ${run} ${option} --review ${id}${bound}${NEEDS[option] ?? ''}`),
  );
}

/** What the person has to fill in. */
const NEEDS: Partial<Record<DecisionKind, string>> = {
  revise: ' --comment TEXT',
  respond: ' --comment TEXT',
  edit: ' --output FILE',
  delegate: ' --to PERSON',
  top_up: ' --add DOLLARS',
};
