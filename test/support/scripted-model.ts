/**
 * A server of the Messages API that gives a scripted answer to chosen requests and hands every other
 * one on to another server: for tool calls that a model makes up.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedCall {
  tool: string;
  input: unknown;
}

export interface ScriptedModel {
  url: string;
  /** Where everything else goes; until it is set, such a request fails. */
  forwardTo(url: string): void;
  close(): Promise<void>;
}

/** @param script the tool call that answers a request, by its step key; undefined: handed on */
export async function startScriptedModel(
  script: (stepKey: string) => ScriptedCall | undefined,
): Promise<ScriptedModel> {
  let target: string | undefined;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const isCount = request.url?.includes('count_tokens');
    const call = isCount ? undefined : script(String(request.headers['idempotency-key']));
    if (call) {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'request-id': 'req_scripted',
      });
      response.end(toolCallEvents(call, (JSON.parse(String(body)) as { model: string }).model));
      return;
    }
    if (target === undefined) throw new Error('a request came that the script does not answer');
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const forwarded = await fetch(target + request.url, {
      method: request.method ?? 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    response.writeHead(forwarded.status, Object.fromEntries(forwarded.headers));
    for await (const chunk of forwarded.body ?? []) response.write(chunk);
    response.end();
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => {
      target = url;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function toolCallEvents({ tool, input }: ScriptedCall, model: string): string {
  const events = [
    {
      type: 'message_start',
      message: {
        id: 'msg_scripted',
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 10, output_tokens: 1 },
      },
    },
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: `toolu_${randomUUID()}`, name: tool, input: {} },
    },
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 20 },
    },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
