/** With which code a command ends that has followed a run. */
import { EXIT } from '../contracts/errors';
import type { RunStatus } from '../contracts/run-status';

/** A command's way to say with which code the process ends; 0 unless it does. */
export type SetExitCode = (exitCode: number) => void;

const BY_STATUS: Record<RunStatus, number> = {
  queued: EXIT.ok,
  running: EXIT.ok,
  waiting_for_review: EXIT.waitingForPerson,
  paused: EXIT.waitingForPerson,
  completed: EXIT.ok,
  completed_with_limitations: EXIT.ok,
  budget_exhausted: EXIT.endedIncomplete,
  rejected: EXIT.endedIncomplete,
  refused: EXIT.endedIncomplete,
  stopped: EXIT.endedIncomplete,
  failed: EXIT.endedIncomplete,
};

export const exitCodeOf = (status: RunStatus): number => BY_STATUS[status];
