/** Progress on a terminal: a bar for each phase and a line for the whole. */
import { type GenericBar, MultiBar } from 'cli-progress';
import { isEnd } from '../../contracts/run-status';
import type { PhaseView, RunView } from '../../contracts/views';
import { dollars } from '../../domain/dollars';
import { printable } from './printable';
import type { Progress } from './progress';
import { currentStep } from './run';
import { cut } from './table';
import { count, duration, elapsedMs, money } from './units';

const BAR_CHARACTERS = 16;
/** Elapsed times go on while nothing else changes. */
const TICK_MS = 500;
/** A phase does not know how many steps it will take: its bar is half full after this many. */
const STEPS_AT_HALF = 6;

export function createProgressBars(stream: NodeJS.WriteStream): Progress {
  const multibar = new MultiBar({
    stream,
    hideCursor: true,
    linewrap: false,
    // Signals are the command's: it stops the bars before it says how to go on.
    gracefulExit: false,
    format: (_options, _params, payload: { line: string }) =>
      cut(printable(payload.line), columns(stream)),
  });
  const bars = new Map<string, GenericBar>();
  let last: RunView | undefined;
  const draw = () => {
    if (last === undefined) return;
    const width = Math.max(...last.phases.map(({ name }) => name.length));
    for (const phase of last.phases) put(bars, multibar, phase.name, phaseLine(phase, width));
    put(bars, multibar, '', totalLine(last, width));
    multibar.update();
  };
  const timer = setInterval(draw, TICK_MS);
  return {
    show(view) {
      last = view;
      draw();
    },
    stop() {
      clearInterval(timer);
      draw();
      multibar.stop();
    },
  };
}

function put(bars: Map<string, GenericBar>, multibar: MultiBar, key: string, line: string): void {
  const bar = bars.get(key);
  if (bar) bar.update({ line });
  else bars.set(key, multibar.create(1, 0, { line }));
}

const columns = (stream: NodeJS.WriteStream): number => Math.max(20, (stream.columns ?? 80) - 1);

function phaseLine(phase: PhaseView, width: number): string {
  const filled = Math.round(share(phase) * BAR_CHARACTERS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CHARACTERS - filled);
  const round = phase.round > 1 ? ` (round ${phase.round})` : '';
  const done = `${phase.steps.model} + ${phase.steps.tool} steps  ${money(phase.spend, phase.current.length > 0)}`;
  const now = phase.status === 'running' ? currentStep(phase) : '';
  const told =
    phase.status === 'pending' ? 'pending' : `${phase.status}${round}  ${done}  ${now}`.trimEnd();
  return `${phase.name.padEnd(width)}  ${bar}  ${told}`;
}

function share({ status, steps }: PhaseView): number {
  if (status === 'done' || status === 'degraded') return 1;
  const taken = steps.model + steps.tool;
  return taken / (taken + STEPS_AT_HALF);
}

function totalLine(run: RunView, width: number): string {
  return [
    ''.padEnd(width),
    run.status,
    duration(elapsedMs(run)),
    `${count(run.tokens.input + run.tokens.output, 'token')}`,
    `${money(run.spend, !isEnd(run.status))} of ${dollars(run.budgetMicroUsd)}`,
  ].join('  ');
}
