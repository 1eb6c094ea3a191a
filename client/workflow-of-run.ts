/** What Temporal alone knows of a run: how its workflow stands, also before the ledger has heard of it. */
import { type WorkflowExecutionStatusName, WorkflowNotFoundError } from '@temporalio/client';
import type { SearchAttributeName } from '../contracts/search-attributes';
import { callTemporal } from './temporal-calls';
import type { TemporalAccess } from './temporal-connection';

export interface WorkflowOfRun {
  status: WorkflowExecutionStatusName;
  /** For whom it works. */
  user?: string;
}

const USER: SearchAttributeName = 'TuesdayUser';

/** Undefined where Temporal has none, or has forgotten it. */
export function workflowOfRun(
  temporal: TemporalAccess,
  id: string,
): Promise<WorkflowOfRun | undefined> {
  return callTemporal(temporal, async () => {
    try {
      const { status, searchAttributes } = await temporal.client.workflow.getHandle(id).describe();
      const user = searchAttributes[USER]?.[0];
      return { status: status.name, ...(typeof user === 'string' ? { user } : {}) };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}
