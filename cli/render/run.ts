/** What a team is doing right now, on one screen: 24 lines of 80 columns for a team of five phases. */

import { isEnd, type RunStatus } from '../../contracts/run-status';
import type { PhaseView, ReviewView, RunView } from '../../contracts/views';
import { dollars } from '../../domain/dollars';
import { asTyped, command } from '../called-as';
import { limitationLine } from './limitation';
import { howSure, whatTheyHold } from './outputs';
import { oneLine } from './printable';
import { recoveriesOfRun } from './recoveries';
import { decideCommands, shownBy } from './review';
import { cut, renderTable, wrap } from './table';
import { count, duration, elapsedMs, money } from './units';

const COLUMNS = 80;
const LINES = 24;
const EXPLANATION_LINES_MAX = 3;
const REVIEW_ARTIFACTS_MAX = 2;
/** Beyond this, names are cut; they may have 40 characters. */
const PHASE_CHARACTERS_MAX = 16;

/** Statuses that the phases below do not explain. */
const EXPLAINED: readonly RunStatus[] = ['queued', 'paused'];

export function renderRun(run: RunView, now = Date.now()): string {
  const above = [...facts(run, now), ''];
  const due = [...known(run), ...leftOut(run), ...limitations(run)];
  const asked = reviews(run, now);
  const taken = linesOf([...above, ...due, ...asked]) + 1 + run.phases.length;
  // What was recovered from, and the steps and successors of phases, get what room is left.
  const room = Math.max(LINES - taken, 0);
  const recovered = recoveries(run).slice(0, room);
  const shown = phases(run.phases, room - recovered.length, now);
  return [...above, ...shown, ...due, ...recovered, ...asked].join('\n');
}

function facts(run: RunView, now: number): string[] {
  const isOver = isEnd(run.status);
  const took = duration(elapsedMs(run, now));
  const time = isOver
    ? `after ${took}, begun ${run.startedAt}`
    : `for ${took}, since ${run.startedAt}`;
  const tokens = `${count(run.tokens.input, 'token')} in, ${count(run.tokens.output, 'token')} out`;
  const cost = `${money(run.spend, !isOver)} of ${dollars(run.budgetMicroUsd)}`;
  const explained = isOver || run.heldBy !== undefined || EXPLAINED.includes(run.status);
  return [
    fact('run', `${run.id} (${run.team} ${run.version}, for ${run.user}${forkOf(run)})`),
    fact('status', `${run.status} ${time}`),
    ...(explained
      ? wrap(oneLine(asTyped(run.explanation)), COLUMNS - 10, EXPLANATION_LINES_MAX).map((line) =>
          fact('', line),
        )
      : []),
    fact('question', run.question),
    fact('cost', `${cost}; ${tokens}; ${run.provider}`),
    ...(run.next ? [fact('next', run.next)] : []),
  ];
}

const forkOf = ({ forkedFrom }: RunView): string =>
  forkedFrom ? `; fork of ${forkedFrom.run} from ${forkedFrom.phase} on` : '';

const fact = (name: string, value: string): string =>
  cut(`${name.padEnd(8)}  ${oneLine(value)}`, COLUMNS);

function phases(views: readonly PhaseView[], detailsMax: number, now: number): string[] {
  const [head = '', ...rows] = renderTable(views, [
    { title: 'phase', cell: ({ name }) => cut(name, PHASE_CHARACTERS_MAX) },
    { title: 'status', cell: ({ status }) => status },
    { title: 'for', cell: ({ since }) => (since ? sinceThen(since, now) : ''), align: 'right' },
    { title: 'round', cell: ({ round }) => (round > 0 ? String(round) : ''), align: 'right' },
    { title: 'steps', cell: ({ steps }) => stepCount(steps), align: 'right' },
    { title: 'cost', cell: ({ spend }) => cost(spend), align: 'right' },
    { title: 'waits for', cell: ({ waitsFor }) => waitsFor ?? '' },
  ]).split('\n');
  const detailed = views.filter((phase) => detailOf(phase, now) !== '').slice(0, detailsMax);
  return [
    head,
    ...rows.flatMap((row, index) => {
      const phase = views[index];
      const line = cut(row, COLUMNS);
      return phase && detailed.includes(phase)
        ? [line, cut(`  └ ${oneLine(detailOf(phase, now))}`, COLUMNS)]
        : [line];
    }),
  ];
}

/** What it is doing, and what comes then; nothing for a phase that has not begun or has ended. */
function detailOf(phase: PhaseView, now: number): string {
  if (phase.status !== 'running' && phase.status !== 'waiting') return '';
  return [currentStep(phase, now), phase.next ?? ''].filter((part) => part !== '').join('; ');
}

const stepCount = ({ model, tool }: PhaseView['steps']): string =>
  model + tool > 0 ? `${model} + ${tool}` : '';

const cost = (spend: PhaseView['spend']): string =>
  spend.settledMicroUsd + spend.unsettledMicroUsd > 0
    ? `${dollars(spend.settledMicroUsd)}${spend.unsettledMicroUsd > 0 ? '+' : ''}`
    : '';

const sinceThen = (since: string, now: number): string => duration(now - Date.parse(since));

/** `search_documents + 2 more, 1.2 s`. */
export function currentStep({ current }: PhaseView, now = Date.now()): string {
  const [first, ...others] = current;
  if (first === undefined) return '';
  const more = others.length > 0 ? ` + ${others.length} more` : '';
  const again = first.failedTries > 0 ? ` (try ${first.failedTries + 1})` : '';
  return `${first.name}${again}${more}, ${sinceThen(first.since, now)}`;
}

/** `tuesday trace` has the reasons. */
function known({ phases: views }: RunView): string[] {
  const [sure, holds] = [howSure(views), whatTheyHold(views)];
  return [...(sure ? [fact('sure', sure)] : []), ...(holds ? [fact('holds', holds)] : [])];
}

/** One line for all documents that are missing; `--json` and the result have the reasons. */
function leftOut({ unavailableDocuments, skippedFiles }: RunView): string[] {
  const told = (list: RunView['skippedFiles'], what: string) =>
    list.length > 0 ? [`${list.length} ${what} (${list.map(({ name }) => name).join(', ')})`] : [];
  const parts = [...told(unavailableDocuments, 'unavailable'), ...told(skippedFiles, 'skipped')];
  return parts.length > 0 ? [fact('left out', parts.join('; '))] : [];
}

function limitations(run: RunView): string[] {
  const told = run.limitations.map(limitationLine);
  return told.length > 0 ? [fact('lacks', told.join('; '))] : [];
}

function recoveries(run: RunView): string[] {
  const told = recoveriesOfRun(run);
  return told === '' ? [] : [fact('recovery', told)];
}

/** The first question with the way to answer it; all of them in full are what `decide` lists. */
function reviews({ id, reviews: [first, ...others] }: RunView, now: number): string[] {
  if (first === undefined) return [];
  const [decide = ''] = decideCommands(id, first);
  const more = `and ${count(others.length, 'more question')}; \`${command(`decide ${id}`)}\` lists them all`;
  return [
    '',
    ...wrap(oneLine(question(first, now)), COLUMNS, others.length > 0 ? 1 : 2),
    ...shownBy(first)
      .slice(0, REVIEW_ARTIFACTS_MAX)
      .map((line) => `  ${line}`),
    `  ${oneOf(first.options)}: ${decide}`,
    ...(others.length > 0 ? [cut(more, COLUMNS)] : []),
  ];
}

/** `approve, reject or stop`. */
const oneOf = (options: readonly string[]): string =>
  [options.slice(0, -1).join(', '), ...options.slice(-1)]
    .filter((part) => part !== '')
    .join(' or ');

const question = (review: ReviewView, now: number): string =>
  `waits for ${review.kind === 'operator' ? 'an operator' : 'a person'} for ${sinceThen(review.openedAt, now)}${unanswered(review)}: ${asTyped(review.explanation)}`;

function unanswered({ remindedAt, escalatedAt, unanswered: otherwise }: ReviewView): string {
  const said = [
    ...(remindedAt ? ['reminded'] : []),
    ...(escalatedAt ? ['escalated'] : []),
    ...(otherwise ? [`${otherwise.decision} at ${otherwise.decideAt.slice(0, 16)}Z`] : []),
  ];
  return said.length > 0 ? ` (${said.join(', ')})` : '';
}

/** Lines of a screen: a terminal breaks what is longer. */
const linesOf = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / COLUMNS)), 0);
