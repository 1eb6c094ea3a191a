/** The client's ports over the HTTP API of an installation: for other processes and machines there is nothing else. */
import { randomUUID } from 'node:crypto';
import {
  API_DEFAULT_URL,
  DecisionAnswer,
  InstallationAnswer,
  StartReceipt,
  TeamAnswer,
  WorkflowAnswer,
} from '../contracts/api';
import { putJson } from '../contracts/content';
import { given } from '../contracts/given';
import { RebuildReport } from '../contracts/rebuild';
import { createApiClient } from './api';
import { checkEditedPhases } from './fork';
import { createHttpAudit } from './http-audit';
import { createHttpContentStore } from './http-content';
import { createHttpReader, healthOf } from './http-reader';
import { createHttpSwitches } from './http-switches';
import type { ClientPorts } from './ports';
import { generateKey } from './start';

export interface RemoteOptions {
  /** Default: `TUESDAY_API_URL`, else http://127.0.0.1:7333. */
  apiUrl?: string;
  /**
   * Sent with each request where people sign in: an API token, or one of the company's sign-in; a
   * function is asked anew each time. Default: `TUESDAY_TOKEN`, else none.
   */
  token?: string | (() => string);
}

export function remotePorts({
  apiUrl = process.env.TUESDAY_API_URL || API_DEFAULT_URL,
  token = process.env.TUESDAY_TOKEN || undefined,
}: RemoteOptions): ClientPorts {
  const api = createApiClient(apiUrl, given({ token }));
  const content = createHttpContentStore(api);
  const runPath = (id: string) => `/v1/runs/${encodeURIComponent(id)}`;
  return {
    content,
    reader: createHttpReader(api),
    teams: {
      installedTools: () => api.getJson(InstallationAnswer, '/v1/installation'),
      readyTeam: async (name) =>
        (await api.getJson(TeamAnswer, `/v1/teams/${encodeURIComponent(name)}`)).definition,
    },
    // With ids of the client's own, what is sent twice is done once.
    async start({ key, definition, input, documentsSha256, settings }) {
      const team = await putJson(content, definition);
      const body = given({ ...settings, ...input, key, team, documentsSha256 });
      return api.postJson(StartReceipt, '/v1/runs', body, { again: true });
    },
    async fork({ id, team, phases }, request) {
      // A name such as __proto__ would be lost where the API reads the body.
      checkEditedPhases(phases, request.outputs);
      const body = { ...request, key: request.key ?? generateKey(team) };
      return api.postJson(StartReceipt, `${runPath(id)}/fork`, body, { again: true });
    },
    decide({ id }, request) {
      const body = { ...request, decisionId: request.decisionId ?? randomUUID() };
      return api.postJson(DecisionAnswer, `${runPath(id)}/decisions`, body, { again: true });
    },
    rebuild: (id) => api.postJson(RebuildReport, `${runPath(id)}/rebuild`, {}),
    switches: createHttpSwitches(api),
    audit: createHttpAudit(api),
    workflowStatus: async (id) =>
      (await api.getJson(WorkflowAnswer, `${runPath(id)}/workflow`)).status,
    temporalAnswers: async () => (await healthOf(api)).temporal === 'up',
  };
}
