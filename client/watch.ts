/** Following a run by long polls; Temporal is asked where the ledger stays silent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../contracts/errors';
import { RECONCILE } from '../contracts/limits';
import { isEnd, type RunStatus } from '../contracts/run-status';
import type { RunView } from '../contracts/views';
import { runNotFound } from './not-found';
import type { ClientPorts } from './ports';
import type { RunRef, WatchOptions } from './types';

/** One long poll. */
const WAIT_MS = 25_000;
/** While a started run is not in the ledger yet: opening takes milliseconds once a worker has it. */
const OPENING_WAIT_MS = 1_000;
/**
 * A run that was ended in Temporal from outside is closed by the next reconciliation; where none
 * comes for so long, nobody should go on waiting.
 */
const RECONCILED_WITHIN_MS = 2 * RECONCILE.everyMs + RECONCILE.quietMs;
/** The least time between two looks at a run that has not changed. */
const PACE_MS = 100;

const PARKED: readonly RunStatus[] = ['waiting_for_review', 'paused'];

export async function* watchRun(
  ports: ClientPorts,
  run: RunRef<unknown>,
  { untilParked = false, signal }: WatchOptions = {},
): AsyncGenerator<RunView, void, undefined> {
  const { id, firstRunId } = typeof run === 'string' ? { id: run, firstRunId: undefined } : run;
  const aborted = whenAborted(signal);
  let seen: number | undefined;
  let endedOutsideAt: number | undefined;
  while (!signal?.aborted) {
    const view = await ports.reader.getRun(id);
    const opened = view !== undefined && (!firstRunId || view.firstRunId === firstRunId);
    const changed = opened && view.revision !== seen;
    if (changed) {
      seen = view.revision;
      endedOutsideAt = undefined;
      yield view;
      if (isOver(view) || (untilParked && PARKED.includes(view.status))) return;
    } else {
      const ended = await endedOutside(ports, { id, firstRunId }, opened ? view : undefined);
      if (ended) endedOutsideAt ??= Date.now();
      if (ended && Date.now() - (endedOutsideAt ?? 0) > RECONCILED_WITHIN_MS) throw ended;
    }
    const wait = ports.reader.waitForChange(
      id,
      view?.revision ?? 0,
      opened ? WAIT_MS : OPENING_WAIT_MS,
    );
    await Promise.race([Promise.all([wait, changed ? undefined : sleep(PACE_MS)]), aborted]);
  }
}

/** The end is recorded a moment before its result; a refused run has none. */
function isOver({ status, resultSha256 }: RunView): boolean {
  return isEnd(status) && (resultSha256 !== undefined || status === 'refused');
}

function whenAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * What to tell of a run that Temporal has ended behind Tuesday's back (terminated, timed out): it
 * changes once more, when it is reconciled. @throws UserError for one that never comes
 */
async function endedOutside(
  ports: ClientPorts,
  { id, firstRunId }: { id: string; firstRunId: string | undefined },
  view: RunView | undefined,
): Promise<UserError | undefined> {
  const status = await ports.workflowStatus(id).catch((error: unknown) => {
    // A run that the ledger knows is only not checked while Temporal does not answer.
    if (view && error instanceof UserError && error.kind === 'unavailable') return 'RUNNING';
    throw error;
  });
  if (status === 'RUNNING' || status === 'CONTINUED_AS_NEW' || status === 'PAUSED')
    return undefined;
  const now = await ports.reader.getRun(id);
  const isThisRun = now !== undefined && (!firstRunId || now.firstRunId === firstRunId);
  if (isThisRun && (isOver(now) || now.revision !== view?.revision)) return undefined;
  if (view === undefined && status === 'NOT_FOUND') throw runNotFound(id);
  const ended = new UserError(
    'conflict',
    `The run "${id}" was ended in Temporal (${status.toLowerCase()}) without Tuesday's closing steps, and no worker has closed it since: check that one runs, or start it again under another key.`,
  );
  if (view === undefined) throw ended;
  return ended;
}
