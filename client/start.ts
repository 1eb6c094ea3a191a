/** Starting a run: content first, then the workflow, once per business key. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
} from '@temporalio/common';
import {
  type ContentStore,
  canonicalJson,
  getText,
  putJson,
  type Sha256,
  sha256Of,
} from '../contracts/content';
import { parseSourceManifest } from '../contracts/documents';
import { UserError } from '../contracts/errors';
import { RUN_PRIORITY, WORKFLOW_TASK_TIMEOUT_MS } from '../contracts/limits';
import { START_DIGEST_MEMO, WORKFLOW_TYPE } from '../contracts/messages';
import { TeamRunStart } from '../contracts/run';
import type { SearchAttributeName } from '../contracts/search-attributes';
import type { Team } from '../contracts/team/schema';
import { parseInput } from './check-input';
import { checkRequest, checkWhetherDocuments, SHA256 } from './check-start';
import { chooseTeam } from './choose-team';
import { collectDocuments } from './documents';
import type { ClientPorts } from './ports';
import { callTemporal } from './temporal-calls';
import type { TemporalAccess } from './temporal-connection';
import type { RunHandle, StartRequest, TeamChoice } from './types';

/** Of the digest of a user's id: enough to keep users apart. */
const FAIRNESS_KEY_CHARACTERS = 32;

export type StartedRun = Omit<RunHandle, 'outputs'>;

/** What is cheap is checked before documents are read and stored. */
export async function startRun<Outputs>(
  ports: ClientPorts,
  choice: TeamChoice<Outputs>,
  request: StartRequest,
): Promise<RunHandle<Outputs>> {
  const { input, key, settings } = checkRequest(request);
  const { definition, team } = await chooseTeam(ports, choice);
  checkWhetherDocuments(team, request.documents);

  const documentsSha256 = await storeDocuments(ports, request);
  const start = parseInput(
    TeamRunStart,
    {
      ...settings,
      teamSha256: await putJson(ports.content, definition),
      inputSha256: await putJson(ports.content, input),
      documentsSha256,
    },
    'start',
  );
  return startWorkflow(await ports.temporal(), key ?? generateKey(team.name), team, start);
}

async function storeDocuments(
  { content }: ClientPorts,
  { documents, skipUnreadable, onDocument }: StartRequest,
): Promise<Sha256 | undefined> {
  if (documents === undefined) return undefined;
  if (SHA256.test(documents)) {
    parseSourceManifest(await manifestText(content, documents));
    return documents;
  }
  const { manifestSha256 } = await collectDocuments(documents, content, {
    skipUnreadable: skipUnreadable ?? false,
    ...(onDocument ? { onProgress: onDocument } : {}),
  });
  return manifestSha256;
}

async function manifestText(content: ContentStore, sha256: Sha256): Promise<string> {
  try {
    return await getText(content, sha256);
  } catch (error) {
    if (!(error instanceof UserError) || error.kind !== 'not_found') throw error;
    throw new UserError(
      'bad_input',
      `There is no stored list of documents ${sha256}: store the source manifest as an artifact first.`,
      'documents',
    );
  }
}

/** Readable, sorted by day, and unlikely to meet another: 36⁶ a day. */
export function generateKey(team: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const letters = [...randomBytes(6)].map((byte) => (byte % 36).toString(36)).join('');
  return `${team}-${day}-${letters}`;
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
