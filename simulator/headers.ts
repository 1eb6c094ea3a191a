import type { IncomingHttpHeaders } from 'node:http';
import { DOCUMENTED_BETAS } from './betas';
import { ApiError, invalid } from './errors';

/** The only version whose rules are known (API page 4.1). */
export const API_VERSION = '2026-10-21';

/** Throws a 401 where no accepted key is given; answers the key. */
export function checkKey(
  headers: IncomingHttpHeaders,
  accepted: readonly string[] | undefined,
): string {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const key = bearer ?? headers['x-api-key']?.toString() ?? '';
  if (key.trim() === '') {
    throw new ApiError(
      'authentication_error',
      'An API key is required: authorization or x-api-key',
    );
  }
  if (accepted !== undefined && !accepted.includes(key)) {
    throw new ApiError('authentication_error', 'invalid x-api-key');
  }
  return key;
}

export function checkVersion(headers: IncomingHttpHeaders): void {
  const version = headers['anthropic-version'];
  if (version === undefined) throw invalid('anthropic-version: header is required');
  if (version !== API_VERSION) {
    throw invalid(`anthropic-version: "${version}" is not a valid version; use ${API_VERSION}`);
  }
}

/** The beta features asked for; an undocumented one is refused. */
export function checkBetas(headers: IncomingHttpHeaders): ReadonlySet<string> {
  const values = (headers['anthropic-beta']?.toString() ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  const unknown = values.find((value) => !DOCUMENTED_BETAS.has(value));
  if (unknown !== undefined) {
    throw invalid(`Unexpected value(s) \`${unknown}\` for the \`anthropic-beta\` header.`);
  }
  return new Set(values);
}
