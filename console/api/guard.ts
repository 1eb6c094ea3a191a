/**
 * Requests that no page of a foreign site may send: such a page shows itself by its `Origin`. Where
 * nobody signs in, only programs on this machine may ask at all, and a page whose name was pointed at
 * the loopback address (DNS rebinding) shows itself by its `Host`. Where people sign in, such a page
 * has neither their token nor their cookie.
 */
import type { AccessMode } from '../../contracts/access';
import { problemResponse } from './problems';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

export interface GuardOptions {
  mode: AccessMode;
  port: number;
  /** Where browsers reach the API, if not as its `Host` says. */
  consoleUrl?: string;
}

/** @returns the refusal, or nothing for a request that may pass */
export function refuseForeign(request: Request, options: GuardOptions): Response | undefined {
  const host = request.headers.get('host')?.toLowerCase();
  const hosts = LOOPBACK_NAMES.map((name) => `${name}:${options.port}`);
  if (options.mode === 'local' && (host === undefined || !hosts.includes(host)))
    return problemResponse({
      status: 421,
      detail: `Only requests to this machine itself are answered: the Host must be ${hosts.join(', ')}.`,
    });
  const origin = request.headers.get('origin')?.toLowerCase();
  if (origin !== undefined && !ownOrigins(options, host).includes(origin))
    return problemResponse({ status: 403, detail: 'Requests from other web pages are refused.' });
  return undefined;
}

/** Whether a proxy in front speaks https, the API cannot see. */
function ownOrigins({ mode, consoleUrl }: GuardOptions, host: string | undefined): string[] {
  const schemes = mode === 'local' ? ['http'] : ['http', 'https'];
  return [
    ...(host === undefined ? [] : schemes.map((scheme) => `${scheme}://${host}`)),
    ...(consoleUrl === undefined ? [] : [new URL(consoleUrl).origin]),
  ];
}
