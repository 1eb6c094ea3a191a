/** Translates what the Anthropic SDK throws into our table of failures. Nothing else does. */
import { APIConnectionError, APIError } from '@anthropic-ai/sdk';
import type { ModelFailureKind } from '../../contracts/failures';
import { ModelError } from './port';

/** Why we ended the call ourselves, if we did. */
export type CutOff = 'stalled' | 'too_slow' | undefined;

export function toModelError(error: unknown, cutOff: CutOff): ModelError {
  if (cutOff) return new ModelError(cutOff, 'unsettled', { answer: cutOff });
  if (error instanceof APIConnectionError) return connectionError(error);
  if (error instanceof APIError) return apiError(error);
  // Malformed JSON, a body cut off, a stream without its end: all of it after the request was taken.
  const cut = error instanceof Error && /terminated|ended|socket|aborted/i.test(error.message);
  return new ModelError(cut ? 'connection_lost' : 'bad_response', 'unsettled', {
    answer: String(error),
  });
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
  let code: unknown;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    code = (cause as { code?: unknown }).code ?? code;
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

const BY_STATUS: Record<number, ModelFailureKind> = {
  401: 'authentication',
  402: 'billing',
  403: 'permission',
  404: 'unknown_model',
  408: 'server_error',
  409: 'server_error',
  413: 'context_exceeded',
  429: 'rate_limited',
  529: 'overloaded',
};
const BY_TYPE: Record<string, ModelFailureKind> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'rate_limited',
  authentication_error: 'authentication',
  permission_error: 'permission',
  billing_error: 'billing',
  invalid_request_error: 'invalid_request',
};

function kindOf(error: APIError): ModelFailureKind {
  const { status, errorCode, type } = error as APIError & { errorCode?: string | null };
  if (errorCode?.endsWith('_spend_limit_reached')) return 'spend_cap';
  if (status === undefined) return BY_TYPE[type ?? ''] ?? 'server_error';
  if (status === 400 && /prompt is too long/.test(error.message)) return 'context_exceeded';
  return BY_STATUS[status] ?? (status >= 500 ? 'server_error' : 'invalid_request');
}

/** `retry-after` in seconds or as a date; the SDK's `retry-after-ms` goes first. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = Number(value);
  const wait = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
