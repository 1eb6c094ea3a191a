/** Temporal's record of runs through its client. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { TemporalUnavailable } from '../../contracts/errors';
import type { Histories, TemporalStatus } from '../../contracts/histories';
import { WORKFLOW_TYPE } from '../../contracts/messages';
import { grpcFailure, grpcStatus } from './grpc-status';

const STATUS: Record<string, TemporalStatus> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
  CONTINUED_AS_NEW: 'continued',
};

export function createHistories(client: Client): Histories {
  return {
    fetch: (workflowId, temporalRunId) =>
      known(async () =>
        JSON.parse(
          historyToJSON(await client.workflow.getHandle(workflowId, temporalRunId).fetchHistory()),
        ),
      ),

    newest: (workflowId) =>
      known(async () => {
        const run = await client.workflow.getHandle(workflowId).describe();
        const status = STATUS[run.status.name];
        const firstRunId = run.raw.workflowExecutionInfo?.firstRunId;
        if (!status || !firstRunId)
          throw new RangeError(`Temporal describes ${workflowId} as ${run.status.name}`);
        return { temporalRunId: run.runId, firstRunId, status };
      }),

    async running() {
      const ids = new Set<string>();
      const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
      await known(async () => {
        for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
      });
      return ids;
    },
  };
}

/** Undefined for what Temporal does not know (any more). */
async function known<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    const failure = grpcFailure(error);
    // An id that Temporal could not have given names nothing it knows either.
    const { notFound, invalidArgument } = grpcStatus;
    if (failure?.code === notFound || failure?.code === invalidArgument) return undefined;
    if (failure) throw new TemporalUnavailable(error);
    throw error;
  }
}
