/**
 * Until there is access control, only programs on this machine may use the API, and no web page
 * may: a page of a foreign site shows itself by its `Origin`, and one whose name was pointed at
 * the loopback address (DNS rebinding) by its `Host`.
 */
import { problemResponse } from './problems';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** @returns the refusal, or nothing for a request that may pass */
export function refuseForeign(request: Request, port: number): Response | undefined {
  const host = request.headers.get('host');
  const hosts = LOOPBACK_NAMES.map((name) => `${name}:${port}`);
  if (host === null || !hosts.includes(host.toLowerCase()))
    return problemResponse({
      status: 421,
      detail: `Only requests to this machine itself are answered: the Host must be ${hosts.join(', ')}.`,
    });
  const origin = request.headers.get('origin');
  if (origin !== null && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return problemResponse({ status: 403, detail: 'Requests from other web pages are refused.' });
  return undefined;
}
