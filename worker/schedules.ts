/** What Temporal starts by the clock: reconciliation of runs that ended from outside. */
import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { RECONCILE, WORKFLOW_TASK_TIMEOUT_MS } from '../contracts/limits';
import { RECONCILE_WORKFLOW } from '../contracts/messages';

/** One schedule for each task queue: installations of one namespace keep out of each other's way. */
export const reconcileScheduleId = (taskQueue: string): string => `tuesday-reconcile-${taskQueue}`;

/** Idempotent: whoever comes second finds it, and brings it up to date. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = reconcileScheduleId(taskQueue);
  const schedule = {
    spec: { intervals: [{ every: RECONCILE.everyMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    },
    // What a stopped server missed need not be made up for: one look sees everything.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: RECONCILE.everyMs },
  };
  try {
    await client.schedule.create({ scheduleId, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...schedule, state }));
  }
}
