/**
 * A server over streamable HTTP: the SDK's transport, with what it leaves open closed. Answers are
 * limited in size, what is cancelled is hung up, and a request whose answer has broken off fails at
 * once instead of waiting for its time-out.
 */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  ErrorCode,
  type JSONRPCMessage,
  type JSONRPCRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { followed } from './followed-body';
import { MCP } from './limits';
import { failedAnswer } from './messages';

type RequestKey = string | number;

export class HttpTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  private readonly inner: StreamableHTTPClientTransport;
  /** Requests that wait for their answer, each with what hangs it up. */
  private readonly waiting = new Map<RequestKey, AbortController>();
  /** Those whose answer goes on over another connection when this one breaks. */
  private readonly resumable = new Set<RequestKey>();

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.inner = new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers },
      fetch: (target, init) => this.fetch(target, init),
    });
    this.inner.onclose = () => this.onclose?.();
    this.inner.onerror = (error) => {
      this.onerror?.(error);
      // The SDK has given up resuming: what waits would wait for ever.
      if (/Maximum reconnection attempts/.test(error.message) && this.waiting.size > 0)
        void this.inner.close();
    };
    this.inner.onmessage = (message) => {
      if ('id' in message && message.id !== undefined && !('method' in message))
        this.settled(message.id);
      this.onmessage?.(message);
    };
  }

  start(): Promise<void> {
    return this.inner.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (!('method' in message)) return this.inner.send(message);
    if ('id' in message) return this.sendRequest(message);
    await this.inner.send(message);
    if (message.method !== 'notifications/cancelled') return;
    const cancelled = message.params?.requestId as RequestKey;
    this.waiting.get(cancelled)?.abort();
    this.settled(cancelled);
  }

  /** Tells the server that its session is over, where it has one. */
  async close(): Promise<void> {
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, MCP.endMs).unref();
    });
    const told = this.inner.terminateSession().catch((error: Error) => this.onerror?.(error));
    await Promise.race([told, late]);
    await this.inner.close();
  }

  setProtocolVersion(version: string): void {
    this.inner.setProtocolVersion(version);
  }

  get sessionId(): string | undefined {
    return this.inner.sessionId;
  }

  private async sendRequest(message: JSONRPCRequest): Promise<void> {
    const { id } = message;
    this.waiting.set(id, new AbortController());
    try {
      await this.inner.send(message, { onresumptiontoken: () => this.resumable.add(id) });
    } catch (error) {
      this.settled(id);
      throw error;
    }
  }

  private settled(id: RequestKey): void {
    this.waiting.delete(id);
    this.resumable.delete(id);
  }

  private async fetch(target: string | URL, init: RequestInit = {}): Promise<Response> {
    const id = requestIn(init.body);
    const hangUp = id === undefined ? undefined : this.waiting.get(id)?.signal;
    const signals = [init.signal, hangUp].filter((signal) => signal != null);
    const response = await fetch(target, { ...init, signal: AbortSignal.any(signals) });
    if (!response.body) return response;
    const isEventStream = /^text\/event-stream/i.test(response.headers.get('content-type') ?? '');
    const body = followed(response.body, isEventStream, () => {
      // After the reader of the body has had its turn with the last of it.
      if (id !== undefined && isEventStream) setTimeout(() => this.streamEnded(id));
    });
    return new Response(body, response);
  }

  /** A stream that has ended, or broken off, without the answer. */
  private streamEnded(id: RequestKey): void {
    if (!this.waiting.has(id) || this.resumable.has(id)) return;
    this.inner.onmessage?.(
      failedAnswer(id, ErrorCode.ConnectionClosed, 'the connection broke off before the answer'),
    );
  }
}

/** The id of the request in a body that the SDK has made. */
function requestIn(body: RequestInit['body']): RequestKey | undefined {
  if (typeof body !== 'string') return undefined;
  const { id, method } = JSON.parse(body) as { id?: RequestKey; method?: string };
  return method === undefined ? undefined : id;
}
