/** A server that effects publish to: it keeps what it was sent, and answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PublishTarget } from '../../activities/tools/publish-http';

export const TARGET_SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, yes').toString('base64')}`;

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** `answer`, or something that a client never learns the end of. */
export type Behaviour =
  | { answer: number; headers?: Record<string, string>; body?: string }
  /** Takes the request, then cuts the connection. */
  | 'cut'
  /** Takes the request and holds its answer until `release`. */
  | 'hold';

export interface TestTarget {
  url: string;
  /** POSTs in the order they came. */
  received: Received[];
  /** GETs, e.g. of a `lookupUrl`. */
  lookups: Received[];
  /** How requests are answered from now on; default 200 with `{"id": "made-1"}`. */
  behave(behaviour: Behaviour, method?: 'POST' | 'GET'): void;
  /** The next `times` POSTs are answered so, then as before. */
  next(behaviour: Behaviour, times?: number): void;
  /** Answers what is held with 200. */
  release(): void;
  /** Resolves with the next request that comes. */
  arrival(): Promise<Received>;
  target(changes?: Partial<PublishTarget>): PublishTarget;
  close(): Promise<void>;
}

const MADE: Behaviour = { answer: 200, body: '{"id": "made-1"}' };

export async function startTarget(): Promise<TestTarget> {
  const behaviours: Record<string, Behaviour> = { POST: MADE, GET: { answer: 404 } };
  const script: Behaviour[] = [];
  const held: ServerResponse[] = [];
  const waiting: ((received: Received) => void)[] = [];
  const server = createServer((request, response) => {
    take(request, response).catch((error: Error) => response.destroy(error));
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? '';
    const received = {
      method,
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    (method === 'GET' ? test.lookups : test.received).push(received);
    const scripted = method === 'POST' ? script.shift() : undefined;
    answer(response, scripted ?? behaviours[method] ?? MADE);
    for (const told of waiting.splice(0)) told(received);
  }

  function answer(response: ServerResponse, behaviour: Behaviour): void {
    if (behaviour === 'cut') response.destroy();
    else if (behaviour === 'hold') held.push(response);
    else response.writeHead(behaviour.answer, behaviour.headers).end(behaviour.body ?? '');
  }

  const url = await listen(server);
  const test: TestTarget = {
    url,
    received: [],
    lookups: [],
    behave(behaviour, method = 'POST') {
      behaviours[method] = behaviour;
    },
    next(behaviour, times = 1) {
      script.push(...Array<Behaviour>(times).fill(behaviour));
    },
    release() {
      for (const response of held.splice(0)) answer(response, MADE);
    },
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
    target: (changes) => ({
      url: `${url}/publish`,
      secret: TARGET_SECRET,
      deduplicates: false,
      ...changes,
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return test;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
