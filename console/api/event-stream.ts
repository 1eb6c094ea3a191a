/**
 * Items as Server-Sent Events. The next item is asked for once the one before has been taken, so a
 * slow reader holds one page at most; one that takes nothing any more is cut off.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { LedgerUnavailable, UserError } from '../../contracts/errors';
import { EVENT_STREAMS, type LiveItem } from '../../contracts/live-events';
import type { ApiLog } from './deps';

export const EVENT_STREAM = 'text/event-stream';
/** How long browsers wait before they connect again. */
const RETRY_MS = 1_000;

export const wantsStream = (c: Context): boolean =>
  (c.req.header('accept') ?? '').toLowerCase().includes(EVENT_STREAM);

type Items = AsyncGenerator<LiveItem, void, undefined>;

/** The streams of one process. */
export interface EventStreams {
  /**
   * Answers with the items, or with 204 where there are none and never will be.
   * @throws UserError of the first item; `unavailable` where too many streams are open
   */
  answer(c: Context, follow: (signal: AbortSignal) => Items): Promise<Response>;
}

export function createEventStreams(
  log: ApiLog,
  limits: Record<keyof typeof EVENT_STREAMS, number> = EVENT_STREAMS,
): EventStreams {
  let open = 0;
  return {
    async answer(c, follow) {
      if (open >= limits.openMax)
        throw new UserError(
          'unavailable',
          `As many streams of events are open as this API takes (${limits.openMax}): close one, or try again in a moment.`,
        );
      open += 1;
      const closing = new AbortController();
      closing.signal.addEventListener('abort', () => {
        open -= 1;
      });
      try {
        const items = follow(closing.signal);
        const first = await items.next();
        if (first.done) {
          closing.abort();
          return c.body(null, 204);
        }
        const { outgoing } = c.env as Partial<HttpBindings>;
        const frames = framesOf(first.value, items, limits.heartbeatMs);
        const cutOff = () => outgoing?.destroy();
        return new Response(bodyOf(frames, { closing, cutOff, log, ...limits }), {
          headers: { 'content-type': EVENT_STREAM, 'x-accel-buffering': 'no' },
        });
      } catch (error) {
        closing.abort();
        throw error;
      }
    },
  };
}

/** What is written: items as they come, and a comment whenever none has come for a while. */
async function* framesOf(
  first: LiveItem,
  items: Items,
  heartbeatMs: number,
): AsyncGenerator<string, void, undefined> {
  try {
    yield `retry: ${RETRY_MS}\n${frame(first)}`;
    let next = items.next();
    for (;;) {
      const came = await orBeat(next, heartbeatMs);
      if (came === undefined) {
        yield ': nothing new\n\n';
        continue;
      }
      if (came.done) return;
      yield frame(came.value);
      next = items.next();
    }
  } finally {
    await items.return();
  }
}

function frame({ id, event }: LiveItem): string {
  return event ? `id: ${id}\ndata: ${JSON.stringify(event)}\n\n` : `id: ${id}\n\n`;
}

/** @returns nothing when it is time for a sign of life */
async function orBeat<T>(next: Promise<T>, heartbeatMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), heartbeatMs);
  });
  try {
    return await Promise.race([next, beat]);
  } finally {
    clearTimeout(timer);
  }
}

interface StreamWays {
  closing: AbortController;
  cutOff: () => void;
  log: ApiLog;
  stalledMs: number;
  lifeMs: number;
}

function bodyOf(
  frames: AsyncGenerator<string, void, undefined>,
  { closing, cutOff, log, stalledMs, lifeMs }: StreamWays,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let stalled: NodeJS.Timeout | undefined;
  // The reader connects again and hears then what is the matter.
  const failed = (error: unknown): void => {
    if (!(error instanceof LedgerUnavailable))
      log.error({ err: error }, 'a stream of events failed');
  };
  let isGone = false;
  const close = () => {
    clearTimeout(stalled);
    clearTimeout(life);
    closing.abort();
    frames.return().catch(failed);
  };
  const gone = () => {
    isGone = true;
    close();
  };
  // Whoever may not read any more finds out when the stream is asked for again.
  const life = setTimeout(() => closing.abort(), lifeMs);
  return new ReadableStream(
    {
      async pull(controller) {
        clearTimeout(stalled);
        try {
          const { done, value } = await frames.next();
          if (isGone) return;
          if (done) {
            close();
            return controller.close();
          }
          controller.enqueue(encoder.encode(value));
          stalled = setTimeout(() => {
            gone();
            cutOff();
          }, stalledMs);
        } catch (error) {
          if (isGone) return;
          close();
          failed(error);
          controller.close();
        }
      },
      cancel: gone,
    },
    { highWaterMark: 0 },
  );
}
