/** Follows a run with its progress on the screen, until it ends, parks, or the user has seen enough. */
import type { RunRef, Tuesday } from '../client/types';
import type { RunView } from '../contracts/views';
import type { Io } from './io';
import { createProgress } from './render/progress';

export interface FollowOptions {
  /** Stop following when the run waits for a person. Default true. */
  untilParked?: boolean;
  signal?: AbortSignal;
  /** Called with every state, beside the progress. */
  onView?: (view: RunView) => void;
}

/** @returns the last state seen; nothing when the user interrupted before the first */
export async function followRun(
  tuesday: Tuesday,
  run: RunRef<unknown>,
  io: Io,
  { untilParked = true, signal, onView }: FollowOptions = {},
): Promise<RunView | undefined> {
  const progress = createProgress(io);
  let last: RunView | undefined;
  try {
    for await (const view of tuesday.watchRun(run, {
      untilParked,
      ...(signal ? { signal } : {}),
    })) {
      last = view;
      progress.show(view);
      onView?.(view);
    }
  } finally {
    progress.stop();
  }
  return last;
}
