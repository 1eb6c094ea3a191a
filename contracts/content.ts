/**
 * Content lives in the ledger as artifacts, named by their sha256; Temporal only ever carries the
 * names. This is the port through which everyone reaches content: the worker and the API through
 * the ledger itself, clients through the HTTP API.
 */
import { createHash } from 'node:crypto';
import { canonicalize } from 'json-canonicalize';
import { z } from 'zod';

/** A sha256 in lower-case hex; the name of an artifact. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hex');
export type Sha256 = z.infer<typeof Sha256>;

export interface Content {
  bytes: Buffer;
  /** e.g. `application/json`, `text/plain; charset=utf-8`. */
  mediaType: string;
}

export interface ContentStore {
  /** Stores bytes (idempotent) and returns their sha256. */
  put(bytes: Buffer, mediaType: string): Promise<Sha256>;
  /** @throws UserError `not_found` when no artifact has this name. */
  get(sha256: Sha256): Promise<Content>;
}

export const MEDIA = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
} as const;

export function sha256Of(bytes: Buffer | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * JSON in one canonical form (RFC 8785), so that equal values have equal digests in every process.
 * Members whose value is undefined are left out, as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  return canonicalize(JSON.parse(JSON.stringify(value)));
}

export async function putJson(store: ContentStore, value: unknown): Promise<Sha256> {
  return store.put(Buffer.from(canonicalJson(value)), MEDIA.json);
}

export async function putText(store: ContentStore, text: string): Promise<Sha256> {
  return store.put(Buffer.from(text), MEDIA.text);
}

export async function getText(store: ContentStore, sha256: Sha256): Promise<string> {
  return (await store.get(sha256)).bytes.toString('utf8');
}

/** Reads a JSON artifact that Tuesday itself wrote; `T` is the writer's word for its shape. */
export async function getJson<T>(store: ContentStore, sha256: Sha256): Promise<T> {
  return JSON.parse(await getText(store, sha256)) as T;
}
