/** Starts the notifications of events, each under its key. */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TemporalUnavailable } from '../../contracts/errors';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../contracts/limits';
import { NOTIFY_WORKFLOW } from '../../contracts/messages';
import { type NotifyInput, notificationKey } from '../../contracts/notifications';
import { grpcFailure, grpcStatus } from './grpc-status';

/** It comes along with other work, which must not wait long for it. */
const START_MS_MAX = 5_000;
/** What will not pass by itself. */
const REFUSED: readonly number[] = [
  grpcStatus.invalidArgument,
  grpcStatus.permissionDenied,
  grpcStatus.unauthenticated,
];

/** A `/` is in no business key: no run can have such an id. */
const workflowIdOf = ({ notification }: NotifyInput): string =>
  `${NOTIFY_WORKFLOW}/${notificationKey(notification)}`;

export interface StartNotifyDeps {
  client: Client;
  taskQueue: string;
  log: { error(details: object, message: string): void };
}

/** Where Temporal refuses it for good, the run goes on untold: it is said in the log. */
export function createStartNotify({ client, taskQueue, log }: StartNotifyDeps) {
  return async (input: NotifyInput): Promise<void> => {
    const workflowId = workflowIdOf(input);
    try {
      await client.withDeadline(Date.now() + START_MS_MAX, () =>
        client.workflow.start(NOTIFY_WORKFLOW, {
          taskQueue,
          workflowId,
          args: [input],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      const failure = grpcFailure(error);
      if (!failure) throw error;
      if (!REFUSED.includes(failure.code)) throw new TemporalUnavailable(error);
      log.error({ err: error, workflowId }, 'a notification could not be started');
    }
  };
}
