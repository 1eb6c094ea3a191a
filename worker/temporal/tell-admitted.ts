/** The signal to a queued run that it may begin. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RunId } from '../../contracts/ids';
import { ADMITTED_SIGNAL } from '../../contracts/messages';

/** It comes along with other work, which must not wait long for it. */
const SIGNAL_MS_MAX = 5_000;

export function createTellAdmitted(client: Client): (run: RunId) => Promise<void> {
  return async ({ workflowId }) => {
    try {
      await client.withDeadline(Date.now() + SIGNAL_MS_MAX, () =>
        client.workflow.getHandle(workflowId).signal(ADMITTED_SIGNAL),
      );
    } catch (error) {
      // A run that was ended from outside: reconciliation gives its place back.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
}
