/** People who decide over HTTP what the runs of a test ask, each signed in by a token, with groups. */
import { randomBytes } from 'node:crypto';
import { benchSigner } from '../../bench/support/bench-secret';
import { createTuesday } from '../../client/tuesday';
import { createAccess, createApi, serveApi } from '../../console/api';
import type { Person } from '../../contracts/access';
import type { DecideBody } from '../../contracts/api';
import { createMachineKey } from '../../contracts/machine-key';
import { installedTools } from '../../contracts/tools';
import { READY_TEAMS } from '../../teams';
import type { TestTuesday } from './test-tuesday';

export interface DecidingPeople {
  url: string;
  /** What the API answers: its status, and its body parsed. */
  decide(run: string, who: string, body: DecideBody): Promise<Decided>;
  close(): Promise<void>;
}
export interface Decided {
  status: number;
  body: ReturnType<typeof JSON.parse>;
}

/** @param groups of the people who have any, by name */
export async function decidingPeople(
  { temporal, ledger, taskQueue }: TestTuesday,
  groups: Readonly<Record<string, string[]>> = {},
): Promise<DecidingPeople> {
  const { reader, switches, tokens, audit } = ledger;
  const { content } = ledger.ledger;
  const within = {
    ...{ temporal, content, reader, switches, taskQueue },
    signer: benchSigner(),
    installedTools: installedTools(),
  };
  const machine = createMachineKey(randomBytes(32));
  const app = createApi({
    ...{ reader, content, tokens, audit },
    tuesday: createTuesday(within),
    tuesdayOf: (person: Person) => createTuesday({ ...within, person }),
    access: createAccess({
      mode: 'required',
      ...{ tokens, machine },
      sessionKey: randomBytes(32),
      isHttps: false,
      ownerOf: (id) => reader.ownerOf(id),
    }),
    installation: {
      version: '0.0.0',
      provider: 'offline simulator',
      temporal: { address: 'unused', namespace: 'unused' },
      taskQueue,
    },
    teams: READY_TEAMS,
    installedTools: installedTools(),
    log: { error: (fields) => process.stderr.write(`${JSON.stringify(fields)}\n`) },
  });
  const { url, close } = await serveApi(app, { host: '127.0.0.1', port: 0, mode: 'required' });
  const post = async (path: string, bearer: string, body: object): Promise<Decided> => {
    const response = await fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const signedIn = new Map<string, Promise<string>>();
  const tokenOf = async (user: string): Promise<string> => {
    const roles = ['reviewer', 'operator'];
    const asked = { name: `of ${user}`, user, roles, groups: groups[user] ?? [] };
    const { status, body } = await post('/tokens', machine.mint(), asked);
    if (status !== 201) throw new Error(`no token for ${user}: ${JSON.stringify(body)}`);
    return body.token;
  };
  return {
    url,
    close,
    async decide(run, who, body) {
      const token = signedIn.get(who) ?? tokenOf(who);
      signedIn.set(who, token);
      return post(`/runs/${encodeURIComponent(run)}/decisions`, await token, body);
    },
  };
}
