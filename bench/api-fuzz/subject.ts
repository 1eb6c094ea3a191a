/** An installation that is to be fuzzed: signed in with every role, with a run that asks a person. */
import { createMachineKey } from '../../contracts/machine-key';
import { keysOf } from '../../worker/secret';

export interface Subject {
  apiUrl: string;
  token: string;
  /** By path, parameters for which there is something. */
  existing: Record<string, Record<string, string>>;
}

/** One phase, whose output waits for approval. */
const TEAM = {
  name: 'fuzzed',
  version: '1.0.0',
  documents: 'none',
  budgetMicroUsd: 200_000,
  phases: [
    {
      name: 'answer',
      role: 'Answers.',
      instructions: 'Answer in a sentence.',
      model: { name: 'claude-haiku-5-5' },
      produces: {
        type: 'object',
        properties: { answer: { type: 'string' } },
        required: ['answer'],
        additionalProperties: false,
      },
      review: 'always',
    },
  ],
};
const RUN = 'fuzzed-run';
/** From the start to the question at the simulator. */
const PARKED_WITHIN_MS = 30_000;

/** @param secret that of the installation, which asks for a sign-in */
export async function prepareSubject(apiUrl: string, secret: string): Promise<Subject> {
  const machine = createMachineKey(keysOf(secret)('machine'));
  const roles = ['viewer', 'starter', 'reviewer', 'operator', 'admin'];
  const body = { name: 'fuzzer', user: 'fuzzer', roles };
  const { token } = await post(apiUrl, '/v1/tokens', machine.mint(), body);
  await post(apiUrl, '/v1/runs', token, { team: TEAM, question: 'How long?', key: RUN });
  const waiting = await untilItAsks(apiUrl, token);
  const ofRun = { id: RUN };
  return {
    apiUrl,
    token,
    existing: {
      '/v1/runs/{id}': ofRun,
      '/v1/runs/{id}/events': ofRun,
      '/v1/runs/{id}/state': ofRun,
      '/v1/runs/{id}/trace': ofRun,
      '/v1/runs/{id}/result': ofRun,
      '/v1/runs/{id}/decisions': ofRun,
      '/v1/runs/{id}/fork': ofRun,
      '/v1/runs/{id}/reviews/{reviewId}': { ...ofRun, reviewId: waiting.reviews[0].id },
      '/v1/artifacts/{sha256}': { sha256: waiting.inputSha256 },
      '/v1/teams/{name}': { name: 'report' },
    },
  };
}

async function untilItAsks(apiUrl: string, token: string): Promise<Json> {
  const headers = { authorization: `Bearer ${token}` };
  const until = Date.now() + PARKED_WITHIN_MS;
  let run: Json = { revision: 0, reviews: [] };
  while (run.reviews.length === 0) {
    if (Date.now() > until) throw new Error(`the run asks nothing: ${JSON.stringify(run)}`);
    run = await call(apiUrl, `/v1/runs/${RUN}/wait?revision=${run.revision}&timeoutMs=1000`, {
      headers,
    }).catch(() => run);
  }
  return run;
}

type Json = ReturnType<typeof JSON.parse>;

const post = (apiUrl: string, path: string, token: string, body: unknown): Promise<Json> =>
  call(apiUrl, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });

async function call(apiUrl: string, path: string, init: RequestInit): Promise<Json> {
  const response = await fetch(`${apiUrl}${path}`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
