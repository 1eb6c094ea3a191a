/** Translates what the Anthropic SDK throws into our table of failures. Nothing else does. */
import { APIConnectionError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import type { ModelFailureKind } from '../../contracts/failures';
import { retryAfterMs } from '../retry-after';
import { ModelError } from './port';

/** Why we ended the call ourselves, if we did. */
export type CutOff = 'stalled' | 'too_slow' | undefined;

/** @param headers of the answer, where there was one */
export function toModelError(error: unknown, cutOff: CutOff, headers?: Headers): ModelError {
  if (cutOff) return new ModelError(cutOff, 'unsettled', { answer: cutOff });
  if (error instanceof APIConnectionError) return connectionError(error);
  // Cancelled from outside: we hung up.
  if (error instanceof APIUserAbortError)
    return new ModelError('connection_lost', 'unsettled', { answer: 'cancelled' });
  if (error instanceof APIError) return apiError(error);
  // Thrown before anything was sent: the key has a character that no header may have.
  if (headers === undefined && causes(error).some(isHeaderProblem))
    return new ModelError('authentication', 'released', {
      answer: 'the API key has characters that cannot be sent',
    });
  // All of it after the request was taken: no event stream, malformed JSON, a stream cut off.
  const requestId = headers?.get('request-id');
  const mediaType = headers?.get('content-type')?.toLowerCase() ?? 'none';
  const isStream = mediaType.startsWith('text/event-stream');
  const cut = isStream && !causes(error).some(({ name }) => name === 'SyntaxError') && isCut(error);
  return new ModelError(cut ? 'connection_lost' : 'bad_response', 'unsettled', {
    answer: { message: String(error), mediaType },
    ...(requestId ? { requestId } : {}),
  });
}

const isCut = (error: unknown): boolean =>
  causes(error).some(({ message }) => /terminated|ended|socket|aborted/i.test(String(message)));

/** Its message holds the key, and so goes no further. */
const isHeaderProblem = ({ message }: Cause): boolean => /invalid header/i.test(String(message));

interface Cause {
  name?: unknown;
  message?: unknown;
  code?: unknown;
  cause?: unknown;
}

/** The error and what caused it; by their shape, since a runtime's own errors may be of another realm. */
function causes(error: unknown): Cause[] {
  const chain: Cause[] = [];
  for (let cause = error; typeof cause === 'object' && cause !== null; ) {
    if (chain.includes(cause)) break;
    chain.push(cause);
    cause = (cause as Cause).cause;
  }
  return chain;
}

/** Codes of a connection that never carried a request. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function connectionError(error: APIConnectionError): ModelError {
  const code = causes(error).findLast((cause) => cause.code !== undefined)?.code;
  const sent = !NEVER_SENT.has(String(code));
  return new ModelError('connection_lost', sent ? 'unsettled' : 'released', {
    answer: { message: error.message, code },
  });
}

function apiError(error: APIError): ModelError {
  const retryAfterMs = retryAfter(error.headers);
  return new ModelError(
    kindOf(error),
    // An error event in the middle of a stream has no status: the call had been taken.
    error.status === undefined ? 'unsettled' : 'released',
    {
      answer: error.error ?? error.message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(error.requestID ? { requestId: error.requestID } : {}),
    },
  );
}

/** `details.error_code` says more than the status. Others of them are as their status. */
const BY_CODE: Record<string, ModelFailureKind> = {
  organization_on_hold: 'billing',
  // Our request came too slowly: the way is at fault.
  request_body_timeout: 'connection_lost',
};
/** Texts of plain 400s that are another failure. */
const BY_TEXT: [text: RegExp, kind: ModelFailureKind][] = [
  [/prompt is too long/, 'context_exceeded'],
  // A limit that the customer has set is a 400, while the API's own are told by their codes.
  [/(usage|spend(ing)?) limits?/i, 'spend_cap'],
];
const BY_STATUS: Record<number, ModelFailureKind> = {
  401: 'authentication',
  402: 'billing',
  403: 'permission',
  404: 'unknown_model',
  408: 'server_error',
  409: 'server_error',
  413: 'context_exceeded',
  429: 'rate_limited',
  // A proxy says that we hung up, which we did not.
  499: 'connection_lost',
  501: 'invalid_request',
  529: 'overloaded',
};
const BY_TYPE: Record<string, ModelFailureKind> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'rate_limited',
  authentication_error: 'authentication',
  permission_error: 'permission',
  billing_error: 'billing',
  invalid_request_error: 'invalid_request',
  not_found_error: 'unknown_model',
  request_too_large: 'context_exceeded',
};

function kindOf(error: APIError): ModelFailureKind {
  const { status, errorCode, type } = error as APIError & { errorCode?: string | null };
  if (errorCode?.endsWith('_spend_limit_reached')) return 'spend_cap';
  const byCode = BY_CODE[errorCode ?? ''];
  if (byCode) return byCode;
  if (status === 400 || (status === undefined && type === 'invalid_request_error')) {
    const byText = BY_TEXT.find(([text]) => text.test(error.message))?.[1];
    if (byText) return byText;
  }
  if (status === undefined) return BY_TYPE[type ?? ''] ?? 'server_error';
  // A page: somebody else answers at this address.
  if (status === 404 && typeof error.error !== 'object') return 'bad_response';
  return BY_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request');
}

/** `retry-after` in seconds or as a date; the SDK's `retry-after-ms` goes first. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  return retryAfterMs(headers?.get('retry-after'));
}
