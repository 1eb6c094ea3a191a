/** One HTTP request over a connection of its own, which knows whether anything has left the process. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { retryAfterMs } from '../retry-after';

export interface HttpRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

export interface HttpAnswer {
  status: number;
  location?: string;
  /** What `Retry-After` says. */
  retryAfterMs?: number;
  /** As much as came within the limits, as text. */
  body: string;
}

/** There was no connection: not a byte of the request has left this process. */
export class RequestNotSent extends Error {
  override readonly name = 'RequestNotSent';
}

const ANSWER_BYTES_MAX = 65_536;
/** The status is known; what is left of the answer is not worth a longer wait. */
const ANSWER_BODY_MS = 5_000;
const LOCATION_CHARACTERS_MAX = 2_000;

/**
 * Follows no redirect. An answer whose body breaks off or grows too long is an answer all the same.
 * @throws RequestNotSent; any other error means that the request may have arrived
 */
export function request(asked: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const isHttps = asked.url.startsWith('https:');
    const body = Buffer.from(asked.body ?? '');
    let connected = false;
    const sending = (isHttps ? requestHttps : requestHttp)(asked.url, {
      method: asked.method,
      headers: { ...asked.headers, 'content-length': body.length },
      // A connection that was used before may be closing: a fresh one tells sent from not sent.
      agent: false,
      signal,
    });
    // The request is written only once the socket is connected, and behind TLS secured.
    sending.once('socket', (socket: Socket) => {
      socket.once(isHttps ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    });
    sending.on('error', (error) =>
      reject(connected ? error : new RequestNotSent(error.message, { cause: error })),
    );
    sending.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const end = () => {
        clearTimeout(late);
        resolve({
          status: response.statusCode ?? 0,
          ...headersOf(response.headers),
          body: Buffer.concat(chunks).toString('utf8'),
        });
        sending.destroy();
      };
      const late = setTimeout(end, ANSWER_BODY_MS);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else end();
      });
      response.once('close', end);
      // What breaks off ends in `close` too.
      response.on('error', () => undefined);
    });
    sending.end(body);
  });
}

function headersOf(headers: {
  location?: string | undefined;
  'retry-after'?: string | undefined;
}): Pick<HttpAnswer, 'location' | 'retryAfterMs'> {
  const { location } = headers;
  const asked = retryAfterMs(headers['retry-after']);
  return {
    ...(location === undefined ? {} : { location: location.slice(0, LOCATION_CHARACTERS_MAX) }),
    ...(asked === undefined ? {} : { retryAfterMs: asked }),
  };
}
