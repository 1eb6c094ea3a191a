/** How a run's progress is shown while it lasts. */
import type { RunView } from '../../contracts/views';
import type { Io } from '../io';
import { createProgressBars } from './progress-bars';
import { createProgressLines } from './progress-lines';

export interface Progress {
  show(view: RunView): void;
  /** Leaves the last state standing. */
  stop(): void;
}

/** Bars on a terminal, plain lines in a pipe; always on stderr. */
export function createProgress(io: Io): Progress {
  return io.stderr.isTTY && process.env.TERM !== 'dumb'
    ? createProgressBars(io.stderr)
    : createProgressLines((line) => io.note(line));
}
