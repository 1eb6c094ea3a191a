/**
 * A server that runs publish to over HTTP, of three kinds, and what it has really done. It carries
 * out each request in the middle of a pause, so that cuts and kills fall before and after it, and
 * loses some of its answers.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '../support/random';

export const TARGETS = {
  /** Recognises a key that it has seen. */
  recognising: { deduplicates: true, canTell: false },
  /** Does everything again, and can tell what became of a key. */
  telling: { deduplicates: false, canTell: true },
  /** Does everything again and can tell nothing: only a person can. */
  silent: { deduplicates: false, canTell: false },
} as const;
export type TargetName = keyof typeof TARGETS;
export const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];

export interface Carried {
  target: TargetName;
  key: string;
  content: string;
}

export interface TargetServer {
  port: number;
  /** Everything that was carried out, in order. */
  carried(): Carried[];
  /** Requests with a key that was recognised: nothing was done. */
  recognised(): number;
  stop(): Promise<void>;
}

/** Before and after it is carried out. */
const PAUSE_MS = 400;
const ANSWER_LOST = 0.1;
const LOOKUP = '/by-key/';

export async function startTarget(seed: number): Promise<TargetServer> {
  const random = randomFrom(seed, 'target');
  const carried: Carried[] = [];
  let recognised = 0;

  const server = createServer(async (request, response) => {
    const [, name = '', ...rest] = (request.url ?? '').split('/');
    const target = name as TargetName;
    const has = (key: string) => carried.some((done) => done.target === target && done.key === key);
    if (request.method === 'GET') {
      const key = decodeURIComponent(rest.at(-1) ?? '');
      response.writeHead(has(key) ? 200 : 404).end();
      return;
    }
    const content = await text(request);
    const key = request.headers['idempotency-key']?.toString() ?? '';
    await delay(PAUSE_MS);
    if (TARGETS[target].deduplicates && has(key)) recognised += 1;
    else carried.push({ target, key, content });
    await delay(PAUSE_MS);
    if (random.chance(ANSWER_LOST)) response.destroy();
    else response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    carried: () => [...carried],
    recognised: () => recognised,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The content of a `TUESDAY_PUBLISH_TARGETS` file, for a worker that reaches the server at `port`. */
export function targetsFile(port: number): string {
  const secret = `whsec_${Buffer.alloc(32, 'chaos').toString('base64')}`;
  return JSON.stringify(
    Object.fromEntries(
      TARGET_NAMES.map((name) => {
        const url = `http://127.0.0.1:${port}/${name}`;
        const { deduplicates, canTell } = TARGETS[name];
        const lookup = canTell ? { lookupUrl: `${url}${LOOKUP}{key}` } : {};
        return [name, { url, secret, deduplicates, ...lookup }];
      }),
    ),
  );
}
