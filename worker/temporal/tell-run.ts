/** Signals without arguments to runs: each asks the ledger what has become of it. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RunId } from '../../contracts/ids';
import type { ADMITTED_SIGNAL, SWITCHED_SIGNAL } from '../../contracts/messages';

/** It comes along with other work, which must not wait long for it. */
const SIGNAL_MS_MAX = 5_000;

export function createTellRun(
  client: Client,
  signal: typeof ADMITTED_SIGNAL | typeof SWITCHED_SIGNAL,
): (run: RunId) => Promise<void> {
  return async ({ workflowId }) => {
    try {
      await client.withDeadline(Date.now() + SIGNAL_MS_MAX, () =>
        client.workflow.getHandle(workflowId).signal(signal),
      );
    } catch (error) {
      // A run that was ended from outside: reconciliation closes it.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
}
