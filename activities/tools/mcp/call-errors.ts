/** Why a call over a connection failed, in the one form of tools. */
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { OutcomeUnknown, ToolError, type ToolErrorKind } from '../tool';
import { MCP } from './limits';
import { BadAnswer, MALFORMED_ANSWER, NotSent } from './messages';
import { cleanText } from './untrusted-text';

export interface CallFailure {
  kind: ToolErrorKind;
  message: string;
  /** The server has said, or it is plain, that the call was not carried out. */
  notCarriedOut: boolean;
}

/** A call that may have been carried out is no failure that an effect may be repeated after. */
export function toThrow({ kind, message, notCarriedOut }: CallFailure, isEffect: boolean): Error {
  return isEffect && !notCarriedOut ? new OutcomeUnknown(message) : new ToolError(kind, message);
}

const HTTP_KINDS: Record<number, ToolErrorKind> = {
  408: 'timeout',
  413: 'too_large',
  425: 'unavailable',
  429: 'rate_limited',
};

/** The codes of JSON-RPC: the request was refused before it was begun. */
const CODES: Record<number, { kind: ToolErrorKind; notCarriedOut: boolean }> = {
  [ErrorCode.InvalidParams]: { kind: 'invalid_input', notCarriedOut: true },
  [ErrorCode.MethodNotFound]: { kind: 'rejected', notCarriedOut: true },
  [ErrorCode.InvalidRequest]: { kind: 'rejected', notCarriedOut: true },
  [ErrorCode.ParseError]: { kind: 'rejected', notCarriedOut: true },
  [ErrorCode.RequestTimeout]: { kind: 'timeout', notCarriedOut: false },
  [MALFORMED_ANSWER]: { kind: 'bad_output', notCarriedOut: false },
};
const OF_ANY_CODE = { kind: 'unavailable', notCarriedOut: false } as const;

export function toFailure(error: unknown): CallFailure {
  const said = cleanText((error as Error)?.message ?? '', MCP.errorCharactersMax);
  if (error instanceof BadAnswer)
    return { kind: 'bad_output', message: said, notCarriedOut: false };
  if (error instanceof NotSent) return { kind: 'unavailable', message: said, notCarriedOut: true };
  if (error instanceof McpError) return { ...(CODES[error.code] ?? OF_ANY_CODE), message: said };
  if (error instanceof StreamableHTTPError) return ofStatus(error.code ?? 0, said);
  if (error instanceof SyntaxError || /ZodError$/.test((error as Error)?.name))
    return {
      kind: 'bad_output',
      message: 'the answer is no message of the protocol',
      notCarriedOut: false,
    };
  const { code } = ((error as Error)?.cause ?? {}) as NodeJS.ErrnoException;
  const notCarriedOut = code !== undefined && NOT_CONNECTED.has(code);
  return { kind: 'unavailable', message: code ? `${said} (${code})` : said, notCarriedOut };
}

/** There was no connection to send anything over. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

function ofStatus(status: number, message: string): CallFailure {
  const notCarriedOut = status >= 400 && status < 500 && status !== 408;
  const kind = HTTP_KINDS[status] ?? (notCarriedOut ? 'rejected' : 'unavailable');
  return { kind, message, notCarriedOut };
}

/** What servers answer to a session that they do not know (any more): the call begins anew in another. */
export const isSessionGone = (error: unknown): boolean =>
  error instanceof StreamableHTTPError && (error.code === 404 || error.code === 400);
