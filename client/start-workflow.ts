/** Starting the workflow of a run, once per business key. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
} from '@temporalio/common';
import type { Person } from '../contracts/access';
import {
  type ContentStore,
  canonicalJson,
  putJson,
  type Sha256,
  sha256Of,
} from '../contracts/content';
import { UserError } from '../contracts/errors';
import { RUN_PRIORITY, WORKFLOW_TASK_TIMEOUT_MS } from '../contracts/limits';
import { START_DIGEST_MEMO, WORKFLOW_TYPE } from '../contracts/messages';
import { TeamRunStart } from '../contracts/run';
import type { SearchAttributeName } from '../contracts/search-attributes';
import type { Team } from '../contracts/team/schema';
import { parseInput } from './check-input';
import type { ClientPorts, StartedRun } from './ports';
import { starterOf } from './speaker';
import { callTemporal } from './temporal-calls';
import type { TemporalAccess } from './temporal-connection';

/** Of the digest of a user's id: enough to keep users apart. */
const FAIRNESS_KEY_CHARACTERS = 32;

export interface StartDeps {
  content: ContentStore;
  temporal: TemporalAccess;
  /** Who starts. */
  person: Person;
}

/** Content first, then the workflow. */
export function createStart({ content, temporal, person }: StartDeps): ClientPorts['start'] {
  return async ({ key, definition, team, input, documentsSha256, settings }) => {
    const start = parseInput(
      TeamRunStart,
      {
        ...settings,
        ...starterOf(person, settings.user),
        teamSha256: await putJson(content, definition),
        inputSha256: await putJson(content, input),
        documentsSha256,
      },
      'start',
    );
    return startWorkflow(temporal, key, team, start);
  };
}

export async function startWorkflow(
  temporal: TemporalAccess,
  id: string,
  team: Team,
  start: TeamRunStart,
): Promise<StartedRun> {
  const digest = sha256Of(canonicalJson(start));
  try {
    const handle = await callTemporal(temporal, () =>
      temporal.client.workflow.start(WORKFLOW_TYPE, {
        workflowId: id,
        taskQueue: temporal.taskQueue,
        args: [start],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        // One user's burst must not starve another; a key has at most 64 bytes.
        priority: {
          priorityKey: start.priority ?? RUN_PRIORITY.default,
          fairnessKey: sha256Of(start.user).slice(0, FAIRNESS_KEY_CHARACTERS),
        },
        memo: { [START_DIGEST_MEMO]: digest },
        typedSearchAttributes: [
          keyword('TuesdayTeam', team.name),
          keyword('TuesdayVersion', team.version),
          keyword('TuesdayUser', start.user),
        ],
      }),
    );
    return { id, firstRunId: handle.firstExecutionRunId, reused: false };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      return findSame(temporal, id, digest);
    throw error;
  }
}

function keyword(name: SearchAttributeName, value: string): SearchAttributePair {
  return { key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value };
}

/** The key is taken: by the same start, which is this run, or by another, which is a conflict. */
async function findSame(temporal: TemporalAccess, id: string, digest: Sha256): Promise<StartedRun> {
  const run = await callTemporal(temporal, () => temporal.client.workflow.getHandle(id).describe());
  const firstRunId = run.raw.workflowExecutionInfo?.firstRunId;
  if (run.memo?.[START_DIGEST_MEMO] !== digest || !firstRunId)
    throw new UserError(
      'conflict',
      `The key "${id}" belongs to a run that was started with another team, question, documents or options: choose another key, or send the same request again.`,
      'key',
    );
  return { id, firstRunId, reused: true };
}
