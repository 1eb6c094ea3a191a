/** Progress as lines: one for each thing that has changed. */
import { isEnd } from '../../contracts/run-status';
import type { PhaseView, RunView } from '../../contracts/views';
import { oneLine } from './printable';
import type { Progress } from './progress';
import { count, duration, elapsedMs, money } from './units';

export function createProgressLines(write: (line: string) => void): Progress {
  let before: RunView | undefined;
  return {
    show(view) {
      const at = duration(elapsedMs(view));
      for (const line of changes(before, view)) write(`[${at}] ${oneLine(line)}`);
      before = view;
    },
    stop() {},
  };
}

function changes(before: RunView | undefined, now: RunView): string[] {
  const lines: string[] = [];
  for (const phase of now.phases) {
    const earlier = before?.phases.find(({ name }) => name === phase.name);
    const line = phaseLine(earlier, phase);
    if (line) lines.push(line);
  }
  for (const review of now.reviews)
    if (!before?.reviews.some(({ id }) => id === review.id))
      lines.push(`waits for a person: ${review.explanation}`);
  const knownLimitations = before?.limitations.length ?? 0;
  for (const { kind, phase, detail } of now.limitations.slice(knownLimitations))
    lines.push(`limitation ${kind}${phase ? ` in ${phase}` : ''}${detail ? `: ${detail}` : ''}`);
  if (isEnd(now.status) && before?.status !== now.status)
    lines.push(`${now.status}: ${now.explanation}`);
  return lines;
}

function phaseLine(before: PhaseView | undefined, now: PhaseView): string | undefined {
  const { name, status, round, steps, spend } = now;
  if (before?.status === status && before.round === round) return undefined;
  if (status === 'pending') return before === undefined ? undefined : `${name} is to be done again`;
  // It waits for a person, which has a line of its own, or for a moment until an effect is done.
  if (status === 'waiting') return undefined;
  if (status === 'running') return `${name} runs${round > 1 ? ` (round ${round})` : ''}`;
  return `${name} is ${status}: ${count(steps.model, 'model call')}, ${count(steps.tool, 'tool call')}, ${money(spend)}`;
}
