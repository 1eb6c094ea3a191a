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
    options?: {
      query?: Query;
      timeoutMs?: number;
      /** A status of errors that comes with such an answer, too. */
      also?: number;
    },
  ): Promise<z.output<S>>;
  postJson<S extends z.ZodType>(
    schema: S,
    path: string,
    body: unknown,
    options?: {
      /** Whether it may be sent twice, since that does no more than once. Default false. */
      again?: boolean;
    },
  ): Promise<z.output<S>>;
  delete<S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>>;
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

export interface ApiCredentials {
  /** A bearer token. Default: none is sent. */
  token?: string | (() => string);
}

interface Call extends Omit<RequestInit, 'signal'> {
  /** For how long: so many ms from its beginning, or until the signal. */
  until: number | AbortSignal;
  /** Whether it may be sent twice. */
  again: boolean;
  query?: Query;
  also?: number;
}

/** @throws UserError `bad_input` when `apiUrl` is no http(s) address. */
export function createApiClient(apiUrl: string, { token }: ApiCredentials = {}): ApiClient {
  const url = checkUrl(apiUrl);

  async function send(target: URL, { until, ...init }: Call): Promise<Response> {
    const headers = new Headers(init.headers);
    const bearer = typeof token === 'function' ? token() : token;
    if (bearer !== undefined) headers.set('authorization', `Bearer ${checkToken(bearer)}`);
    const signal = typeof until === 'number' ? AbortSignal.timeout(until) : until;
    return fetch(target, { ...init, headers, signal });
  }

  /** @param read all of the answer, too: a connection may break in the middle of it */
  async function call<T>(
    path: string,
    init: Call,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const target = new URL(`${url}${path}`);
    for (const [name, value] of Object.entries(init.query ?? {}))
      if (value !== undefined) target.searchParams.set(name, String(value));
    const attempt = async (): Promise<T> => {
      const response = await send(target, init);
      if (!response.ok && response.status !== init.also) throw await toUserError(url, response);
      return read(response);
    };
    try {
      // A connection that was kept may be closed by the server at the moment in which it is used again.
      return await attempt().catch((error: unknown) => {
        if (init.again && brokeOff(error)) return attempt();
        throw error;
      });
    } catch (error) {
      throw error instanceof UserError ? error : unreachable(url, error, init.again);
    }
  }

  const json =
    <S extends z.ZodType>(schema: S) =>
    async (response: Response): Promise<z.output<S>> => {
      const parsed = schema.safeParse(parseJson(await response.text()));
      if (parsed.success) return parsed.data;
      throw notTuesday(url);
    };

  return {
    url,
    getJson: (schema, path, { query = {}, timeoutMs = CALL_MS, also } = {}) =>
      call(
        path,
        { query, until: timeoutMs, again: true, ...(also === undefined ? {} : { also }) },
        json(schema),
      ),
    postJson: (schema, path, body, { again = false } = {}) =>
      call(
        path,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          until: CALL_MS,
          again,
        },
        json(schema),
      ),
    delete: (schema, path) =>
      call(path, { method: 'DELETE', until: CALL_MS, again: true }, json(schema)),
    // Content is named by its digest: the same bytes again change nothing.
    postBytes: (schema, path, bytes, mediaType) =>
      call(
        path,
        {
          method: 'POST',
          headers: { 'content-type': mediaType },
          body: new Uint8Array(bytes),
          until: TRANSFER_MS,
          again: true,
        },
        json(schema),
      ),
    stream: (path, { query, headers, signal }) =>
      call(path, { query, headers, until: signal, again: true }, async (response) => response),
    getBytes: (path) =>
      call(path, { until: TRANSFER_MS, again: true }, async (response) => ({
        bytes: Buffer.from(await response.arrayBuffer()),
        mediaType: response.headers.get('content-type') ?? 'application/octet-stream',
      })),
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

/** @throws UserError `bad_input` for what no header can carry */
function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    'bad_input',
    'The token holds a character that no token has, such as a space or a line break: copy it again (TUESDAY_TOKEN).',
    'TUESDAY_TOKEN',
  );
}

/** Codes of Node and of its fetch for a connection that was there, and is no more. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

function codeOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } };
  // Of a name with several addresses there is an error for each.
  const code = cause?.code ?? cause?.errors?.[0]?.code;
  return typeof code === 'string' ? code : undefined;
}

const brokeOff = (error: unknown): boolean => BROKEN.includes(codeOf(error) ?? '');

function unreachable(url: string, error: unknown, again: boolean): UserError {
  const said = (message: string) => new UserError('unavailable', message);
  if ((error as Partial<Error> | undefined)?.name === 'TimeoutError')
    return said(
      `Tuesday at ${url} did not answer in time: look at the terminal where \`tuesday up\` runs.`,
    );
  if (brokeOff(error))
    return said(
      again
        ? `The connection to Tuesday at ${url} broke off twice: look at the terminal where \`tuesday up\` runs, then try again.`
        : `The connection to Tuesday at ${url} broke off before it had answered: what was asked may have been done, so look first, then try again.`,
    );
  const code = codeOf(error);
  return said(
    code === undefined || code === 'ECONNREFUSED'
      ? `No Tuesday answers at ${url}: start one with \`tuesday up\`, or set TUESDAY_API_URL to where one runs.`
      : `Tuesday at ${url} cannot be reached (${code}): check TUESDAY_API_URL and the network.`,
  );
}

function notTuesday(url: string): UserError {
  return new UserError(
    'unavailable',
    `What answers at ${url} is not Tuesday, or a Tuesday of another version: check TUESDAY_API_URL.`,
  );
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
  const parsed = Problem.safeParse(parseJson(await response.text()));
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
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'not_found';
  if (status === 429) return 'too_many';
  if (status === 403 || status === 421) return 'forbidden';
  return status >= 500 ? 'unavailable' : 'bad_input';
}
