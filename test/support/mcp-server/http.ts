/** The server over streamable HTTP, with a session for each client; answers are streams of events. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProtocol, type Files, type Message, type Wire } from './protocol';

export interface HttpMcpServer {
  url: string;
  /** Headers of the requests, in the order they came. */
  requests: { method: string; headers: IncomingMessage['headers']; body: Message | undefined }[];
  /** Requests whose answer the client has hung up on. */
  hungUp(): number;
  /** Knows no session from before, as after a restart. */
  forgetSessions(): void;
  /** Answers as JSON in place of events. */
  answerAsJson(): void;
  close(): Promise<void>;
}

export async function startHttpMcpServer(files: Files): Promise<HttpMcpServer> {
  const requests: HttpMcpServer['requests'] = [];
  const sessions = new Map<string, ReturnType<typeof createProtocol>>();
  let asJson = false;
  let hungUp = 0;

  const server = createServer((request, response) => {
    take(request, response).catch((error: Error) => response.destroy(error));
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? undefined : (JSON.parse(text) as Message);
    requests.push({ method: request.method ?? '', headers: request.headers, body });
    const given = String(request.headers['mcp-session-id'] ?? '');
    if (request.method === 'DELETE') return end(response, sessions.delete(given) ? 200 : 404);
    if (request.method !== 'POST' || !body) return end(response, 405);
    const session = body.method === 'initialize' ? randomUUID() : given;
    if (body.method === 'initialize') sessions.set(session, createProtocol(files));
    const protocol = sessions.get(session);
    if (!protocol) return end(response, 404);
    const expectsAnswer = body.method !== undefined && body.id !== undefined;
    response.setHeader('mcp-session-id', session);
    if (!expectsAnswer) end(response, 202);
    response.on('close', () => {
      if (!response.writableFinished) hungUp++;
    });
    await protocol.take(body, wireTo(response, body.id));
  }

  function wireTo(response: ServerResponse, id: Message['id']): Wire {
    const begin = () => {
      if (!response.headersSent)
        response.writeHead(200, {
          'content-type': asJson ? 'application/json' : 'text/event-stream',
        });
    };
    return {
      send(message) {
        begin();
        const text = JSON.stringify(message);
        response.write(asJson ? text : `event: message\ndata: ${text}\n\n`);
        if (!('method' in message) && (asJson || ('id' in message && message.id === id)))
          response.end();
      },
      raw(text) {
        begin();
        response.write(asJson ? text : `data: ${text.replace(/\n$/, '\n\n')}`);
      },
      crash: () => void setImmediate(() => response.destroy()),
      status: (code) => end(response, code),
    };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests,
    hungUp: () => hungUp,
    forgetSessions: () => sessions.clear(),
    answerAsJson: () => {
      asJson = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const end = (response: ServerResponse, status: number): void =>
  void response.writeHead(status).end();
