/** What Temporal alone knows of a run: how its workflow stands, also before the ledger has heard of it. */
import { type WorkflowExecutionStatusName, WorkflowNotFoundError } from '@temporalio/client';
import type { LedgerReader } from '../contracts/reader';
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

/** For whom the newest run of a business key works; undefined where there is none. */
export const createOwnerOf =
  (reader: Pick<LedgerReader, 'ownerOf'>, temporal: TemporalAccess) =>
  async (id: string): Promise<string | undefined> =>
    (await reader.ownerOf(id)) ?? (await workflowOfRun(temporal, id))?.user;
