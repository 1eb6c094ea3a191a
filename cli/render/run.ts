/** A run on one screen: where it stands, what it waits for, what each phase has done and cost. */
import { isEnd } from '../../contracts/run-status';
import type { PhaseView, ReviewView, RunView } from '../../contracts/views';
import { dollars } from '../../domain/explanation';
import { asTyped, command } from '../called-as';
import { oneLine, printable } from './printable';
import { cut, renderTable } from './table';
import { count, duration, elapsedMs, money } from './units';

const QUESTION_CHARACTERS_MAX = 300;

export function renderRun(run: RunView): string {
  const facts: [string, string][] = [
    ['run', `${run.id}  (${run.team} ${run.version}, for ${run.user})`],
    ['status', run.status],
    ['', run.explanation],
    ['question', cut(oneLine(run.question), QUESTION_CHARACTERS_MAX)],
    ['answered by', run.provider],
    ['time', `${duration(elapsedMs(run))} since ${run.startedAt}`],
    ['cost', `${money(run.spend, !isEnd(run.status))} of ${dollars(run.budgetMicroUsd)}`],
    ['tokens', `${count(run.tokens.input, 'token')} in, ${count(run.tokens.output, 'token')} out`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    renderPhases(run.phases),
    ...renderLimitations(run),
    ...run.reviews.map((review) => `\n${renderReview(run.id, review)}`),
  ].join('\n');
}

function renderPhases(phases: readonly PhaseView[]): string {
  return renderTable(phases, [
    { title: 'phase', cell: ({ name }) => name },
    { title: 'status', cell: ({ status }) => status },
    { title: 'round', cell: ({ round }) => String(round), align: 'right' },
    { title: 'model', cell: ({ steps }) => String(steps.model), align: 'right' },
    { title: 'tool', cell: ({ steps }) => String(steps.tool), align: 'right' },
    {
      title: 'cost',
      cell: ({ spend, current }) => money(spend, current.length > 0),
      align: 'right',
    },
    { title: 'now', cell: (phase) => currentStep(phase) },
  ]);
}

/** `search_documents + 2 more, 1.2 s`. */
export function currentStep({ current }: PhaseView): string {
  const [first, ...others] = current;
  if (first === undefined) return '';
  const more = others.length > 0 ? ` + ${others.length} more` : '';
  return `${first.name}${more}, ${duration(Date.now() - Date.parse(first.since))}`;
}

function renderLimitations({ limitations }: RunView): string[] {
  if (limitations.length === 0) return [];
  return [
    '\nlimitations',
    ...limitations.map(({ kind, phase, count: times, detail }) =>
      printable(
        `  ${kind}${phase ? ` in ${phase}` : ''}${times && times > 1 ? ` × ${times}` : ''}${detail ? `: ${detail}` : ''}`,
      ),
    ),
  ];
}

/** What is asked, and the commands that answer it. */
export function renderReview(run: string, review: ReviewView): string {
  return [
    `waits for a person (${review.kind}, since ${review.openedAt}): ${asTyped(review.explanation)}`,
    ...shownBy(review).map(([what, sha256]) => `  ${what}: ${command(`artifact ${sha256}`)}`),
    ...decideCommands(run, review).map((line) => `  ${line}`),
  ].join('\n');
}

/** What the person should have seen before deciding, each with its artifact. */
function shownBy({ kind, digest, effects = [], reportSha256 }: ReviewView): [string, string][] {
  const inputs = effects.map(({ inputSha256 }) => inputSha256);
  return [
    ...(kind === 'approval' && !inputs.includes(digest)
      ? [['the output', digest] as [string, string]]
      : []),
    ...effects.map(({ tool, inputSha256 }): [string, string] => [`input of ${tool}`, inputSha256]),
    ...(reportSha256 ? [['what went wrong', reportSha256] as [string, string]] : []),
  ];
}

export function decideCommands(run: string, { id, kind, digest, options }: ReviewView): string[] {
  // An approval is bound to what the person was shown.
  const bound = kind === 'approval' ? ` --digest ${digest}` : '';
  return options.map((option) => command(`decide ${run} ${option} --review ${id}${bound}`));
}
