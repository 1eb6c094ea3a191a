/** Calls of Tuesday's HTTP API: typed, with time-outs, and every error as a `UserError`. */
import type { z } from 'zod';
import { Problem, problemType } from '../contracts/api';
import { USER_ERROR_TABLE, UserError, type UserErrorKind } from '../contracts/errors';

/** How long a call may take; a long poll adds its own wait. */
const CALL_MS = 30_000;
/** Moving up to 32 MB over a slow line. */
const TRANSFER_MS = 300_000;

export type Query = Record<string, string | number | boolean | undefined>;

export interface ApiClient {
  /** Without a slash at the end. */
  readonly url: string;
  getJson<S extends z.ZodType>(
    schema: S,
    path: string,
    options?: { query?: Query; timeoutMs?: number },
  ): Promise<z.output<S>>;
  postJson<S extends z.ZodType>(schema: S, path: string, body: unknown): Promise<z.output<S>>;
  postBytes<S extends z.ZodType>(
    schema: S,
    path: string,
    bytes: Buffer,
    mediaType: string,
  ): Promise<z.output<S>>;
  /** Answers as soon as the headers are there; the body comes until `signal` ends it. */
  stream(
    path: string,
    options: { query: Query; headers: Record<string, string>; signal: AbortSignal },
  ): Promise<Response>;
  getBytes(path: string): Promise<{ bytes: Buffer; mediaType: string }>;
}

/** @throws UserError `bad_input` when `apiUrl` is no http(s) address. */
export function createApiClient(apiUrl: string): ApiClient {
  const url = checkUrl(apiUrl);

  async function call(
    path: string,
    init: Omit<RequestInit, 'signal'> & { query?: Query } & (
        | { timeoutMs: number }
        | { signal: AbortSignal }
      ),
  ): Promise<Response> {
    const target = new URL(`${url}${path}`);
    for (const [name, value] of Object.entries(init.query ?? {}))
      if (value !== undefined) target.searchParams.set(name, String(value));
    let response: Response;
    try {
      const signal = 'signal' in init ? init.signal : AbortSignal.timeout(init.timeoutMs);
      response = await fetch(target, { ...init, signal });
    } catch (error) {
      throw unreachable(url, error);
    }
    if (!response.ok) throw await toUserError(url, response);
    return response;
  }

  async function json<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
    const text = await readBody(url, () => response.text());
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw notTuesday(url);
  }

  return {
    url,
    getJson: async (schema, path, { query = {}, timeoutMs = CALL_MS } = {}) =>
      json(schema, await call(path, { query, timeoutMs })),
    postJson: async (schema, path, body) =>
      json(
        schema,
        await call(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          timeoutMs: CALL_MS,
        }),
      ),
    postBytes: async (schema, path, bytes, mediaType) =>
      json(
        schema,
        await call(path, {
          method: 'POST',
          headers: { 'content-type': mediaType },
          body: new Uint8Array(bytes),
          timeoutMs: TRANSFER_MS,
        }),
      ),
    stream: (path, options) => call(path, options),
    getBytes: async (path) => {
      const response = await call(path, { timeoutMs: TRANSFER_MS });
      const bytes = Buffer.from(await readBody(url, () => response.arrayBuffer()));
      const mediaType = response.headers.get('content-type') ?? 'application/octet-stream';
      return { bytes, mediaType };
    },
  };
}

function checkUrl(apiUrl: string): string {
  const parsed = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new UserError(
      'bad_input',
      `"${apiUrl}" is not the address of a Tuesday API: it must look like http://127.0.0.1:7333 (TUESDAY_API_URL).`,
      'TUESDAY_API_URL',
    );
  return apiUrl.replace(/\/+$/, '');
}

function unreachable(url: string, cause: unknown): UserError {
  const timedOut = (cause as Partial<Error> | undefined)?.name === 'TimeoutError';
  return new UserError(
    'unavailable',
    timedOut
      ? `Tuesday at ${url} did not answer in time: look at the terminal where \`tuesday up\` runs.`
      : `No Tuesday answers at ${url}: start one with \`tuesday up\`, or set TUESDAY_API_URL to where one runs.`,
  );
}

function notTuesday(url: string): UserError {
  return new UserError(
    'unavailable',
    `What answers at ${url} is not Tuesday, or a Tuesday of another version: check TUESDAY_API_URL.`,
  );
}

async function readBody<T>(url: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** Undefined for what is no JSON: no schema of ours takes it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A problem document says its kind; anything else is told by its status. */
async function toUserError(url: string, response: Response): Promise<UserError> {
  const parsed = Problem.safeParse(parseJson(await readBody(url, () => response.text())));
  if (!parsed.success)
    return response.status >= 500 ? unreachableStatus(url, response.status) : notTuesday(url);
  const problem = parsed.data;
  const kinds = Object.keys(USER_ERROR_TABLE) as UserErrorKind[];
  const kind = kinds.find((candidate) => problemType(candidate) === problem.type);
  return new UserError(
    kind ?? kindOf(problem.status),
    problem.detail,
    problem.errors?.[0]?.path || undefined,
  );
}

function unreachableStatus(url: string, status: number): UserError {
  return new UserError('unavailable', `The server at ${url} answered with status ${status}.`);
}

function kindOf(status: number): UserErrorKind {
  if (status === 404) return 'not_found';
  if (status === 403 || status === 421) return 'forbidden';
  return status >= 500 ? 'unavailable' : 'bad_input';
}
