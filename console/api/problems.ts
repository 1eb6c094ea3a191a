/** Errors as RFC 9457 problem documents: the one place where an error becomes an HTTP answer. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Problem, problemType } from '../../contracts/api';
import { LedgerUnavailable, TemporalUnavailable, TooMany, UserError } from '../../contracts/errors';
import type { ApiLog } from './deps';

const MEDIA_TYPE = 'application/problem+json';
const ProblemDocument = z.object(Problem.shape).openapi('Problem');

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

export function problemResponse(problem: Omit<Problem, 'type' | 'title'> & { type?: string }) {
  const { type = 'about:blank', status, detail, errors } = problem;
  const body: Problem = {
    type,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    ...(errors === undefined ? {} : { errors }),
  };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': MEDIA_TYPE } });
}

/** The responses of a route that are problems, for OpenAPI. */
export function problems<S extends ContentfulStatusCode = never>(...statuses: S[]) {
  return Object.fromEntries(
    [...statuses, 500 as const, 503 as const].map((status) => [status, problemDocument(status)]),
  ) as Record<S | 500 | 503, ReturnType<typeof problemDocument>>;
}

const problemDocument = (status: number) => ({
  description: TITLES[status] ?? 'Error',
  content: { [MEDIA_TYPE]: { schema: ProblemDocument } },
});

/** For OpenAPI, of responses that a handler never makes itself. */
export const problemDocuments = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, problemDocument(status)]));

/** What validation found wrong with a request, every field named. */
export function invalidRequest(target: string, error: z.ZodError): Response {
  const errors = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: [...issue.path, key].join('/'),
          message: 'is not a field that is taken here',
        }))
      : [{ path: issue.path.join('/'), message: issue.message }],
  );
  const where = target === 'json' ? 'body' : target;
  const said = errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; ');
  return problemResponse({
    type: problemType('bad_input'),
    status: 400,
    detail: `The ${where} of the request cannot be taken: ${said}.`,
    errors,
  });
}

/** Fields of the client library that have another name over HTTP. */
const HTTP_FIELDS: Readonly<Record<string, string>> = { documents: 'documentsSha256' };
const httpField = (field: string): string =>
  Object.hasOwn(HTTP_FIELDS, field) ? (HTTP_FIELDS[field] as string) : field;

export function onError(log: ApiLog) {
  return (error: Error, c: Context): Response => {
    if (error instanceof UserError) return fromUserError(error, c);
    if (error instanceof HTTPException) return fromHttpException(error);
    if (error instanceof LedgerUnavailable)
      return problemResponse({
        type: problemType('unavailable'),
        status: 503,
        detail: 'The database does not answer: try again in a moment.',
      });
    if (error instanceof TemporalUnavailable)
      return problemResponse({
        type: problemType('unavailable'),
        status: 503,
        detail: 'Temporal does not answer: try again in a moment.',
      });
    log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed');
    return problemResponse({
      status: 500,
      detail: 'Something went wrong inside Tuesday; its log has the cause.',
    });
  };
}

function fromUserError(error: UserError, c: Context): Response {
  const { kind, httpStatus, message, field } = error;
  const response = problemResponse({
    type: problemType(kind),
    status: httpStatus,
    detail: message,
    ...(field === undefined ? {} : { errors: [{ path: httpField(field), message }] }),
  });
  // RFC 6750: what is wrong is said to those alone who gave a token.
  if (kind === 'unauthenticated')
    response.headers.set(
      'www-authenticate',
      `Bearer realm="Tuesday"${c.req.header('authorization') ? ', error="invalid_token"' : ''}`,
    );
  if (error instanceof TooMany) response.headers.set('retry-after', String(error.retryAfterS));
  return response;
}

const NOT_TAKEN = 'The content type of the body is not taken here: see /openapi.json.';

/** For a request that says nothing of its body. */
export const notJson = (): Response => problemResponse({ status: 415, detail: NOT_TAKEN });

function fromHttpException({ status, message }: HTTPException): Response {
  const details: Record<number, string> = {
    400: 'The body of the request is not valid JSON.',
    415: NOT_TAKEN,
  };
  return problemResponse({ status, detail: details[status] ?? message });
}

export function methodNotAllowed(method: string, path: string, allowed: string[]): Response {
  const response = problemResponse({
    status: 405,
    detail: `${path} does not take ${method}: it takes ${allowed.join(', ')}.`,
  });
  response.headers.set('allow', allowed.join(', '));
  return response;
}

export const tooLarge = (bytesMax: number): Response =>
  problemResponse({
    type: problemType('bad_input'),
    status: 413,
    detail: `The body of the request is too large: at most ${bytesMax} bytes are taken here.`,
  });
