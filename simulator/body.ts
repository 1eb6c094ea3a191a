import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from './errors';
import { BODY_BYTES_MAX } from './limits';

/** The whole body as text. Throws a 413 as soon as it is known to be too large. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw invalid(`The request body is not valid JSON: ${error.message}`);
    }
    throw error;
  }
}

const tooLarge = (): ApiError =>
  new ApiError('request_too_large', 'Request exceeds the maximum size');
