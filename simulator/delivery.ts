import type { ServerResponse } from 'node:http';
import { errorBody } from './errors';
import type { DeliveryAct, FaultEffect } from './faults/effects';
import { HOLD_MS_MAX } from './limits';
import { type AnsweredRequest, messageBody, streamEvents } from './message';

/**
 * Sends an accepted answer, with its latency and faults.
 *
 * 1. Every wait ends when the client goes away.
 * 2. The result is true only if all bytes were handed to the connection.
 * 3. `begun` is called once, just before the first byte.
 */

export interface Latency {
  /** Before the first byte. Default 0. */
  firstTokenMs?: number;
  /** For each output token after it. Default 0. */
  perTokenMs?: number;
}

/** Requests that wait to be let go. */
export interface Holds {
  wait(ms: number | 'release', gone: AbortSignal): Promise<void>;
  release(): void;
}

export function createHolds(): Holds {
  let waiting = new Set<() => void>();
  return {
    wait(ms, gone) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          gone.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, ms === 'release' ? HOLD_MS_MAX : ms);
        if (ms === 'release') waiting.add(done);
        gone.addEventListener('abort', done);
        if (gone.aborted) done();
      });
    },
    release() {
      const released = waiting;
      waiting = new Set();
      for (const done of released) done();
    },
  };
}

export interface DeliveryContext {
  response: ServerResponse;
  requestId: string;
  latency: Latency;
  holds: Holds;
  gone: AbortSignal;
  fault: FaultEffect['delivery'];
  /** Waits before each piece: of a fault. */
  everyMs: number;
  begun: () => void;
}

export async function deliver(
  answered: AnsweredRequest,
  context: DeliveryContext,
): Promise<boolean> {
  const { response, latency, gone, holds, fault, everyMs } = context;
  const isStream = answered.request.stream === true;
  const perTokenMs = latency.perTokenMs ?? 0;
  const firstMs =
    (latency.firstTokenMs ?? 0) + (isStream ? 0 : perTokenMs * answered.usage.outputTokens);
  if (firstMs > 0) await holds.wait(firstMs, gone);
  if (fault?.where === 'before_headers' && !(await goesOn(context))) return false;
  if (gone.aborted) return false;
  context.begun();
  response.writeHead(200, {
    'content-type': isStream ? 'text/event-stream; charset=utf-8' : 'application/json',
    ...(isStream ? { 'cache-control': 'no-cache' } : {}),
  });
  const pieces = isStream ? sseEvents(answered) : bodyHalves(answered);
  const middle = Math.max(1, Math.floor(pieces.length / 2));
  for (const [index, piece] of pieces.entries()) {
    const isStruck = fault?.where === 'mid_stream' && index === middle;
    if (isStruck && !(await goesOn(context))) return false;
    const waitMs = everyMs + (isStream ? piece.tokens * perTokenMs : 0);
    if (waitMs > 0) await holds.wait(waitMs, gone);
    if (gone.aborted) return false;
    if (!response.write(piece.text)) await drained(response, gone);
  }
  if (gone.aborted) return false;
  response.end();
  return true;
}

interface Piece {
  text: string;
  tokens: number;
}

const sseEvents = (answered: AnsweredRequest): Piece[] =>
  streamEvents(answered).map(({ type, data, tokens }) => ({ text: sse(type, data), tokens }));

const sse = (type: string, data: object): string =>
  `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

function bodyHalves(answered: AnsweredRequest): Piece[] {
  const text = JSON.stringify(messageBody(answered));
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].map((half) => ({ text: half, tokens: 0 }));
}

/** Does what the fault says; whether the answer goes on after it. */
async function goesOn({
  response,
  requestId,
  holds,
  gone,
  fault,
}: DeliveryContext): Promise<boolean> {
  if (fault === undefined) return true;
  const { act } = fault;
  if (act.do === 'hold') {
    await holds.wait(act.ms, gone);
    return !gone.aborted;
  }
  if (act.do === 'destroy') response.destroy();
  else {
    if (!response.headersSent) response.writeHead(...headOf(act));
    response.end(lastWords(act, requestId));
  }
  return false;
}

type LastAct = Exclude<DeliveryAct, { do: 'hold' | 'destroy' }>;

const headOf = (act: LastAct): [status: number, headers: Record<string, string>] =>
  act.do === 'replace' ? [act.status, { 'content-type': act.contentType }] : [200, {}];

function lastWords(act: LastAct, requestId: string): string {
  if (act.do === 'replace') return act.body;
  return act.do === 'error' ? sse('error', errorBody(act.type, 'Overloaded', requestId)) : '';
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    };
    response.on('drain', done);
    gone.addEventListener('abort', done);
  });
}
