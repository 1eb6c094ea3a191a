/** The client library: runs of one installation, over its HTTP API or inside its own process. */
import type { Client, Connection } from '@temporalio/client';
import { LOCAL_PERSON, type Person } from '../contracts/access';
import {
  API_DEFAULT_URL,
  API_LIMITS,
  DecisionAnswer,
  InstallationAnswer,
  TeamAnswer,
} from '../contracts/api';
import type { AuditKeeper } from '../contracts/audit';
import { type ContentStore, getJson } from '../contracts/content';
import type { DecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import type { LiveItem } from '../contracts/live-events';
import type { RunReader } from '../contracts/reader';
import { RebuildReport } from '../contracts/rebuild';
import type { SwitchLedger } from '../contracts/switch-ledger';
import type { DefinedTeam } from '../contracts/team/define';
import type { InstalledTools } from '../contracts/tools';
import type { RunView } from '../contracts/views';
import { createApiClient } from './api';
import { unknownTeam } from './choose-team';
import { createDecide } from './decide';
import { forkRun } from './fork';
import { createHttpAudit } from './http-audit';
import { createHttpContentStore } from './http-content';
import { createHttpReader } from './http-reader';
import { createHttpSwitches } from './http-switches';
import { localAudit } from './local-audit';
import { noSuchVersion, reviewNotFound, runNotFound } from './not-found';
import type { ClientPorts } from './ports';
import { startRun } from './start';
import { createSwitches } from './switches';
import { callTemporal } from './temporal-calls';
import { accessTo, connectTemporal, type TemporalAccess } from './temporal-connection';
import type { RunRef, Tuesday, TypedRunResult } from './types';
import { watchRun } from './watch';

/** Reaches an installation through its API. */
export interface RemoteOptions {
  /** Default: `TUESDAY_API_URL`, else http://127.0.0.1:7333. */
  apiUrl?: string;
}

/** Inside an installation's own process. */
export interface LocalOptions {
  temporal: Client;
  content: ContentStore;
  reader: RunReader;
  taskQueue: string;
  installedTools: InstalledTools;
  switches: SwitchLedger;
  /** Proves decisions of people who are signed in. */
  signer: DecisionSigner;
  /** Needs more than a client has; without it, rebuilding is refused. */
  rebuild?: (id: string) => Promise<RebuildReport>;
  /** Without it, the audit log is out of reach. */
  audit?: AuditKeeper;
  /** Whose starts and decisions these are. Default: everybody on this machine. */
  person?: Person;
  /** Teams that may be started by name. Default none. */
  teams?: Readonly<Record<string, DefinedTeam<unknown>>>;
}

/** Connects to nothing yet: the first call does. */
export function createTuesday(options: RemoteOptions | LocalOptions = {}): Tuesday {
  if ('temporal' in options) return overPorts(localPorts(options), async () => {});
  const connections: Promise<{ connection: Connection }>[] = [];
  const ports = remotePorts(options, (connecting) => connections.push(connecting));
  return overPorts(ports, async () => {
    for (const made of await Promise.allSettled(connections))
      if (made.status === 'fulfilled') await made.value.connection.close();
  });
}

function localPorts(options: LocalOptions): ClientPorts {
  const {
    temporal,
    content,
    reader,
    taskQueue,
    installedTools,
    teams = {},
    person = LOCAL_PERSON,
  } = options;
  const access = accessTo(temporal, taskQueue);
  return {
    content,
    reader,
    rebuild: options.rebuild ?? cannotRebuild,
    audit: localAudit(options.audit, person),
    decide: createDecide({ content, reader, temporal: access, signer: options.signer, person }),
    switches: createSwitches({ switches: options.switches, content, temporal: access, person }),
    temporal: async () => access,
    teams: {
      installedTools: async () => installedTools,
      readyTeam: async (name) => {
        const team = Object.hasOwn(teams, name) ? teams[name] : undefined;
        if (team === undefined) throw unknownTeam(name, Object.keys(teams));
        return team.definition;
      },
    },
  };
}

async function cannotRebuild(): Promise<never> {
  throw new UserError(
    'forbidden',
    'This client cannot rebuild runs: ask the API of an installation (`tuesday rebuild`).',
  );
}

function remotePorts(
  { apiUrl = process.env.TUESDAY_API_URL || API_DEFAULT_URL }: RemoteOptions,
  onConnect: (connecting: Promise<{ connection: Connection }>) => void,
): ClientPorts {
  const api = createApiClient(apiUrl);
  const installation = () => api.getJson(InstallationAnswer, '/v1/installation');
  let connecting: Promise<TemporalAccess> | undefined;
  const connect = async () => {
    const { temporal, taskQueue } = await installation();
    return connectTemporal({ ...temporal, taskQueue });
  };
  return {
    content: createHttpContentStore(api),
    reader: createHttpReader(api),
    audit: createHttpAudit(api),
    rebuild: (id) => api.postJson(RebuildReport, `/v1/runs/${encodeURIComponent(id)}/rebuild`, {}),
    decide: ({ id }, request) =>
      api.postJson(DecisionAnswer, `/v1/runs/${encodeURIComponent(id)}/decisions`, request),
    switches: createHttpSwitches(api),
    temporal: () => {
      if (connecting === undefined) {
        const attempt = connect();
        onConnect(attempt);
        connecting = attempt;
        // One that failed is not kept: the next call tries again.
        attempt.catch(() => {
          connecting = undefined;
        });
      }
      return connecting;
    },
    teams: {
      installedTools: installation,
      readyTeam: async (name) =>
        (await api.getJson(TeamAnswer, `/v1/teams/${encodeURIComponent(name)}`)).definition,
    },
  };
}

/** Without the places at which nothing has happened. */
async function* happened(
  items: AsyncGenerator<LiveItem, void>,
): AsyncGenerator<Required<LiveItem>, void> {
  for await (const { id, event } of items) if (event) yield { id, event };
}

function overPorts(ports: ClientPorts, close: () => Promise<void>): Tuesday {
  const { reader, content } = ports;
  async function getRun(id: string): Promise<RunView> {
    const view = await reader.getRun(id);
    if (view === undefined) throw runNotFound(id);
    return view;
  }
  async function result<Outputs>(run: RunRef<Outputs>): Promise<TypedRunResult<Outputs>> {
    let last: RunView | undefined;
    for await (const view of watchRun(ports, run)) last = view;
    if (last?.resultSha256 === undefined)
      throw new UserError(
        'bad_input',
        `The run "${typeof run === 'string' ? run : run.id}" has no result: ${last?.explanation ?? 'it never began.'}`,
      );
    return getJson(content, last.resultSha256);
  }
  return {
    content,
    startRun: (team, request) => startRun(ports, team, request),
    getRun,
    watchRun: (run, options) => watchRun(ports, run, options),
    result,
    listRuns: (filter) => reader.listRuns({ limit: API_LIMITS.pageDefault, ...filter }),
    reviews: (filter) => reader.reviews({ limit: API_LIMITS.pageDefault, ...filter }),
    async review(id, reviewId) {
      await getRun(id);
      const found = await reader.review(id, reviewId);
      if (found === undefined) throw reviewNotFound(id, reviewId);
      return found;
    },
    runEvents: (id, request) => happened(reader.followRun(id, request)),
    events: (request) => happened(reader.followAll(request)),
    async trace(id) {
      await getRun(id);
      return reader.trace(id);
    },
    async history(id, page) {
      await getRun(id);
      return reader.history(id, { after: 0, limit: API_LIMITS.pageDefault, ...page });
    },
    async state(id, version) {
      const run = await getRun(id);
      const found = await reader.stateAt(id, version);
      if (found === undefined) throw noSuchVersion(run, version);
      return found;
    },
    invocations: (filter) => reader.invocations({ limit: API_LIMITS.pageDefault, ...filter }),
    recoveries: (filter = {}) => reader.recoveries(filter),
    composedRequest: (requestSha256) => reader.composedRequest(requestSha256),
    decide: async (id, request) => ports.decide(await getRun(id), request),
    fork: async (id, request) => forkRun(ports, await getRun(id), request),
    pause: async (id, request = {}) => ports.switches.hold(await getRun(id), 'pause', request),
    resume: async (id, request = {}) => ports.switches.letGo(await getRun(id), request),
    stop: async (id, request = {}) => ports.switches.hold(await getRun(id), 'stop', request),
    switches: (filter) =>
      ports.switches.list({ past: false, limit: API_LIMITS.pageDefault, ...filter }),
    setSwitch: (request) => ports.switches.set(request),
    turnOffSwitch: (request) => ports.switches.turnOff(request),
    rebuild: (id) => ports.rebuild(id),
    audit: (filter) => ports.audit.list({ limit: API_LIMITS.pageDefault, ...filter }),
    verifyAudit: (known) => ports.audit.verify(known),
    eraseFromAudit: (person) => ports.audit.erase(person),
    async temporalAnswers() {
      try {
        const temporal = await ports.temporal();
        await callTemporal(temporal, () => temporal.client.workflowService.getSystemInfo({}));
        return true;
      } catch (error) {
        if (error instanceof UserError) return false;
        throw error;
      }
    },
    close,
  };
}
