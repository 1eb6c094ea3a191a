/**
 * Server-Sent Events of the API as items that come one after the other: where the connection is
 * lost, it is made again and goes on after the last item, so that none is missing and none comes twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../contracts/errors';
import {
  EVENT_STREAMS,
  type FollowRequest,
  LiveEvent,
  type LiveItem,
} from '../contracts/live-events';
import type { ApiClient, Query } from './api';

/** A stream that is silent for so long is lost: the API says every now and then that it is there. */
const SILENT_MS = 3 * EVENT_STREAMS.heartbeatMs;
const RECONNECT_MS = { first: 200, max: 10_000 } as const;
/** For so long an API may be away in the middle of a stream. */
const AWAY_MS_MAX = 600_000;
/** Of one event. */
const EVENT_CHARACTERS_MAX = 16_000_000;

export async function* followStream(
  api: ApiClient,
  path: string,
  { after, signal }: FollowRequest,
  query: Query = {},
): AsyncGenerator<LiveItem, void, undefined> {
  let last = after;
  let awaySince: number | undefined;
  let waitMs: number = RECONNECT_MS.first;
  for (let isFirst = true; !signal?.aborted; isFirst = false) {
    try {
      const connection = await connect(api, path, { query, last, signal });
      if (connection === undefined) return;
      isFirst = false;
      for await (const item of connection) {
        awaySince = undefined;
        waitMs = RECONNECT_MS.first;
        last = item.id;
        yield item;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const isAway = error instanceof UserError && error.kind === 'unavailable';
      if (!isAway || isFirst) throw error;
      awaySince ??= Date.now();
      if (Date.now() - awaySince > AWAY_MS_MAX) throw error;
    }
    await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, RECONNECT_MS.max);
  }
}

interface Where {
  query: Query;
  last: string | undefined;
  signal: AbortSignal | undefined;
}

/** Nothing where all has been told. @throws UserError */
async function connect(
  api: ApiClient,
  path: string,
  { query, last, signal }: Where,
): Promise<AsyncGenerator<LiveItem> | undefined> {
  const silence = new AbortController();
  const end = () => silence.abort();
  signal?.addEventListener('abort', end, { once: true });
  let timer = setTimeout(end, SILENT_MS);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(end, SILENT_MS);
  };
  const over = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    silence.abort();
  };
  const headers = {
    accept: 'text/event-stream',
    ...(last === undefined ? {} : { 'last-event-id': last }),
  };
  try {
    const response = await api.stream(path, { query, headers, signal: silence.signal });
    if (response.status !== 204 && response.body) return items(api, response.body, heard, over);
    over();
    return undefined;
  } catch (error) {
    over();
    throw error;
  }
}

async function* items(
  api: ApiClient,
  body: ReadableStream<Uint8Array>,
  heard: () => void,
  over: () => void,
): AsyncGenerator<LiveItem, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of pieces(api, body)) {
      heard();
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? '';
      for (const block of blocks) yield* itemOf(api, block);
      if (text.length > EVENT_CHARACTERS_MAX) throw broken(api);
    }
  } finally {
    over();
  }
}

/** A connection that breaks is the API away. */
async function* pieces(
  { url }: ApiClient,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch {
    throw new UserError('unavailable', `The connection to Tuesday at ${url} was lost.`);
  }
}

/** A block of lines `field: value`; comments have no field. */
function* itemOf(api: ApiClient, block: string): Generator<LiveItem> {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    if (field === 'id') id = value;
    if (field === 'data') data.push(value);
  }
  if (id === undefined) return;
  if (data.length === 0) yield { id };
  else yield { id, event: parse(api, data.join('\n')) };
}

function parse(api: ApiClient, data: string): LiveEvent {
  try {
    return LiveEvent.parse(JSON.parse(data));
  } catch {
    throw broken(api);
  }
}

const broken = ({ url }: ApiClient): UserError =>
  new UserError(
    'bad_input',
    `What answers at ${url} is not Tuesday, or a Tuesday of another version: check TUESDAY_API_URL.`,
  );
