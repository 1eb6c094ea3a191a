/** HTTP servers that answer the Messages API as no server should: what the simulator cannot do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (response: ServerResponse, request: IncomingMessage, body: unknown) => void;

export interface HandMadeServer {
  url: string;
  /** Resolves when the next request has been read. */
  asked(): Promise<void>;
  /** Resolves when a client has gone away in the middle of an answer. */
  leftAlone(): Promise<void>;
  /** What the next requests are answered with. */
  answerWith(handler: Handler): void;
  close(): Promise<void>;
}

export async function startHandMadeServer(): Promise<HandMadeServer> {
  let handler: Handler = (response) => response.end();
  const waiting = { asked: [] as (() => void)[], left: [] as (() => void)[] };
  const tell = (list: (() => void)[]) => {
    for (const resolve of list.splice(0)) resolve();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      handler(response, request, JSON.parse(Buffer.concat(chunks).toString('utf8')));
      tell(waiting.asked);
    });
    response.on('close', () => {
      if (!response.writableFinished) tell(waiting.left);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => new Promise((resolve) => waiting.asked.push(resolve)),
    leftAlone: () => new Promise((resolve) => waiting.left.push(resolve)),
    answerWith: (next) => {
      handler = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-5-5',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 1 },
};

export const sse = (type: string, rest: Record<string, unknown> = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

/** The events of an answer with these blocks; text and thinking come in one delta each. */
export function eventsOf(
  blocks: Record<string, unknown>[],
  stopReason: string | null = 'end_turn',
): string[] {
  return [
    sse('message_start', { message: MESSAGE }),
    ...blocks.flatMap((content_block, index) => [
      sse('content_block_start', { index, content_block }),
      sse('content_block_stop', { index }),
    ]),
    sse('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: 5 },
    }),
    sse('message_stop'),
  ];
}

export const text = (content: string) => ({ type: 'text', text: content });

/** Sends an event stream whole. */
export const stream =
  (...events: string[]): Handler =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_7' });
    response.end(events.join(''));
  };

/** Sends the beginning of an event stream and leaves the rest to `then`. */
export const begin =
  (events: string[], then: (response: ServerResponse) => void): Handler =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events.join(''), () => then(response));
  };

export const status =
  (code: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (response) => {
    response.writeHead(code, {
      'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
      'request-id': 'req_7',
      ...headers,
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** The body of an error, as the API words it. */
export const errorBody = (type: string, message = 'scripted', details?: object) => ({
  type: 'error',
  error: { type, message, ...(details ? { details } : {}) },
  request_id: 'req_7',
});
