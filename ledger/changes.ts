/** Waiting for changes of a run: PostgreSQL notifies, so that readers need not ask again and again. */
import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';
import { Client } from 'pg';
import { LEDGER } from '../contracts/limits';

/** Notifications carry the business key of the run whose state has changed. */
export const CHANGES_CHANNEL = 'tuesday_run_changed';
/** A lost listening connection is made anew after this; readers look by themselves meanwhile. */
const RECONNECT_MS = 1_000;

export interface Changes {
  /** Resolves at the next change of the run, of any run where none is named, or after `timeoutMs`, or when aborted. */
  next(workflowId: string | undefined, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

const ANY = 'any';
/** Prefixed, since a business key may be `error`, which emitters treat in a way of their own. */
const changeOf = (workflowId: string): string => `run:${workflowId}`;

export async function listenForChanges(url: string): Promise<Changes> {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  let closed = false;
  let client: Client | undefined;
  let socket: Socket | undefined;
  let again: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const way = new Socket();
    const fresh = new Client({
      connectionString: url,
      stream: () => way,
      connectionTimeoutMillis: LEDGER.connectMs,
      keepAlive: true,
    });
    fresh.on('notification', ({ payload }) => {
      emitter.emit(changeOf(payload ?? ''));
      emitter.emit(ANY);
    });
    const lost = () => {
      if (client === fresh) reconnect();
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    client = fresh;
    socket = way;
    await fresh.connect();
    await fresh.query(`LISTEN ${CHANGES_CHANNEL}`);
  };
  const reconnect = (): void => {
    if (closed || again) return;
    again = setTimeout(() => {
      again = undefined;
      connect().catch(reconnect);
    }, RECONNECT_MS);
  };

  const stop = (): void => {
    closed = true;
    clearTimeout(again);
  };

  await connect().catch((error) => {
    stop();
    throw error;
  });
  return {
    async next(workflowId, timeoutMs, signal) {
      if (signal?.aborted) return;
      const over = new AbortController();
      const end = () => over.abort();
      const timer = setTimeout(end, timeoutMs);
      signal?.addEventListener('abort', end);
      try {
        const change = workflowId === undefined ? ANY : changeOf(workflowId);
        await once(emitter, change, { signal: over.signal });
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
      }
    },
    close() {
      stop();
      // There is nothing to say goodbye for, and a server that hangs would never answer it.
      socket?.destroy();
    },
  };
}
