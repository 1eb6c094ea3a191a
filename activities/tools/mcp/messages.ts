/** From what a server has sent to messages that may be handed on. */
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';

/** The error of an answer that was given, and is none. Of the codes that are left to implementations. */
export const MALFORMED_ANSWER = -32_050;

/**
 * A message; undefined for what is none. What has an id of a request and is no answer to it becomes an
 * error, so that who waits for it hears at once.
 */
export function toMessage(text: string): JSONRPCMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = JSONRPCMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { id, method } = (value ?? {}) as { id?: unknown; method?: unknown };
  if (typeof id !== 'number' || method !== undefined) return undefined;
  return failedAnswer(id, MALFORMED_ANSWER, 'the answer is neither a result nor an error');
}

export const failedAnswer = (
  id: string | number,
  code: number,
  message: string,
): JSONRPCMessage => ({ jsonrpc: '2.0', id, error: { code, message } });

/** Not a byte of the message has left this process. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

/** An answer that is not what was asked for. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}
