/** The client library: runs of one installation, over its HTTP API or inside its own process. */
import { API_LIMITS } from '../contracts/api';
import { getJson } from '../contracts/content';
import { UserError } from '../contracts/errors';
import type { LiveItem } from '../contracts/live-events';
import type { RunView } from '../contracts/views';
import { type LocalOptions, localPorts } from './local';
import { noSuchVersion, reviewNotFound, runNotFound } from './not-found';
import type { ClientPorts } from './ports';
import { type RemoteOptions, remotePorts } from './remote';
import { startRun } from './start';
import type { RunRef, Tuesday, TypedRunResult } from './types';
import { watchRun } from './watch';

export type { LocalOptions } from './local';
export type { RemoteOptions } from './remote';

/** Connects to nothing yet: the first call does. */
export function createTuesday(options: RemoteOptions | LocalOptions = {}): Tuesday {
  return overPorts('temporal' in options ? localPorts(options) : remotePorts(options));
}

/** Without the places at which nothing has happened. */
async function* happened(
  items: AsyncGenerator<LiveItem, void>,
): AsyncGenerator<Required<LiveItem>, void> {
  for await (const { id, event } of items) if (event) yield { id, event };
}

function overPorts(ports: ClientPorts): Tuesday {
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
    fork: async (id, request) => ports.fork(await getRun(id), request),
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
    workflowStatus: (id) => ports.workflowStatus(id),
    temporalAnswers: () => ports.temporalAnswers(),
    // Nothing is held open: a client that has been closed before keeps working.
    close: async () => undefined,
  };
}
