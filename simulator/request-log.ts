import { BODIES_KEPT_COUNT_MAX, REQUESTS_KEPT_COUNT_MAX } from './limits';

/** One request to the API's paths, accepted or refused. */
export interface RequestLogEntry {
  requestId: string;
  /** ISO 8601, when the body had arrived. */
  at: string;
  method: string;
  path: string;
  status: number;
  model?: string;
  stream?: boolean;
  requestDigest?: string;
  headers: Record<string, string>;
  /** Of a refusal. */
  error?: { type: string; message: string };
  fault?: string;
  /** The parsed body; kept for the latest requests only. */
  body?: unknown;
}

export type RequestListener = (entry: RequestLogEntry) => void;

export interface RequestLog {
  entries(): RequestLogEntry[];
  /** Records a request once its status is decided, before anything is sent, and tells listeners. */
  record(entry: RequestLogEntry): void;
  /** Returns how to stop listening. */
  listen(listener: RequestListener): () => void;
}

export function createRequestLog(): RequestLog {
  const entries: RequestLogEntry[] = [];
  const listeners = new Set<RequestListener>();
  return {
    entries: () => entries.map((entry) => ({ ...entry })),
    record(entry) {
      entries.push(entry);
      if (entries.length > REQUESTS_KEPT_COUNT_MAX) entries.shift();
      const old = entries.at(-BODIES_KEPT_COUNT_MAX - 1);
      if (old !== undefined) delete old.body;
      for (const listener of listeners) listener(entry);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
