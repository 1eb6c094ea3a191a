/** One page of the web, or of a server of the installation: redirects followed, all of it bounded. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FetchLimits } from '../../../contracts/limits';
import { VERSION } from '../../../contracts/package-root';
import { retryAfterMs } from '../../retry-after';
import { ToolError } from '../tool';
import { isRefusedAddress, publicConnection } from './public-address';
import { type ReadableType, readableType } from './readable-type';

export interface PageRequest {
  url: URL;
  /** Where the one private server that this request may reach is, if it may reach one. */
  origin: string | undefined;
  signal: AbortSignal;
  limits: FetchLimits;
  /** As of `node:dns`. */
  lookup: LookupFunction;
}

export interface Page {
  /** Where the last redirect led. */
  url: URL;
  type: ReadableType;
  body: Uint8Array;
}

const HEADERS = {
  'user-agent': `Tuesday/${VERSION}`,
  accept: 'text/html,application/xhtml+xml,text/*;q=0.9,application/json;q=0.9,*/*;q=0.5',
  'accept-encoding': 'gzip, deflate, br',
};
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** At public addresses; a server at another port is a source of the installation, or none. */
const PUBLIC_PORTS = new Set(['', '80', '443', '8080', '8443']);
const LOCATION_CHARACTERS_MAX = 2_000;

/** @throws ToolError; the signal's reason when it is aborted */
export async function getPage(asked: PageRequest): Promise<Page> {
  let { url } = asked;
  for (let redirects = 0; ; redirects++) {
    const response = await send(url, asked);
    try {
      const next = redirectOf(response, url);
      if (next === undefined) return { url, ...(await read(response, url, asked)) };
      if (redirects === asked.limits.redirectsMax)
        throw new ToolError('rejected', `leads on after ${redirects} redirects; stopped there`);
      url = next;
    } finally {
      response.destroy();
    }
  }
}

/** @throws ToolError `invalid_input` where it is no URL that can be fetched */
export function parsePageUrl(text: string, base?: URL): URL {
  const invalid = (message: string) => new ToolError('invalid_input', message);
  if (!URL.canParse(text, base?.href))
    throw invalid('is not a whole URL, such as https://host/path');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`only http and https URLs can be fetched, not ${url.protocol}`);
  if (url.username || url.password)
    throw invalid('a URL with a user name or password is not fetched');
  url.hash = '';
  return url;
}

function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | undefined {
  if (!REDIRECTS.has(statusCode ?? 0) || !headers.location) return undefined;
  try {
    return parsePageUrl(headers.location.slice(0, LOCATION_CHARACTERS_MAX), from);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError('rejected', `redirects to what cannot be fetched: ${error.message}`);
  }
}

/** Resolves with the head of an answer; its body has not been read. */
function send(url: URL, { origin, signal, lookup }: PageRequest): Promise<IncomingMessage> {
  const refused = () =>
    new ToolError('rejected', `${url.host} is no public address and no source: not fetched`);
  let options: RequestOptions;
  try {
    // A declared origin is trusted by its name; nothing else is.
    options =
      url.origin === origin ? { agent: false, lookup } : { ...publicConnection(url, lookup) };
  } catch (error) {
    if (isRefusedAddress(error)) throw refused();
    throw error;
  }
  if (url.origin !== origin && !PUBLIC_PORTS.has(url.port))
    throw new ToolError('rejected', `port ${url.port} of ${url.hostname} is not fetched`);
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sending = request(url, { ...options, method: 'GET', headers: HEADERS, signal });
    sending.once('response', resolve);
    sending.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else reject(isRefusedAddress(error) ? refused() : unreachable(url, error, origin));
    });
    sending.end();
  });
}

/** @throws ToolError by the answer's status, type and size */
async function read(
  response: IncomingMessage,
  url: URL,
  { origin, signal, limits }: PageRequest,
): Promise<Pick<Page, 'type' | 'body'>> {
  refuseUnlessOk(response, url);
  const { headers } = response;
  const type = readableType(headers['content-type'], url);
  if (!type)
    throw new ToolError('rejected', `is of a type that is not read (${headers['content-type']})`);
  const chunks: Uint8Array[] = [];
  const collect = async (body: AsyncIterable<Uint8Array>) => {
    for await (const chunk of body) chunks.push(chunk);
  };
  const decoder = decoderOf(headers['content-encoding']);
  try {
    const { bytesMax } = limits;
    if (!decoder) await pipeline(response, limited(bytesMax), collect, { signal });
    else
      await pipeline(response, limited(bytesMax), decoder, limited(bytesMax), collect, { signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ToolError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (NOT_DECODED.test(code))
      throw new ToolError('bad_output', 'is compressed, and the compressed data is damaged');
    throw unreachable(url, error as NodeJS.ErrnoException, origin);
  }
  return { type, body: Buffer.concat(chunks) };
}

/** Passes on what comes until it is too much. */
function limited(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= bytesMax) done(null, chunk);
      else done(new ToolError('too_large', `has more than ${bytesMax} bytes`));
    },
  });
}

const DECODERS: Record<string, () => NodeJS.ReadWriteStream> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Codes of zlib, and of Brotli. */
const NOT_DECODED = /^(Z_|ERR__ERROR_)/;

function decoderOf(header: string | undefined): NodeJS.ReadWriteStream | undefined {
  const encoding = header?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return undefined;
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!create)
    throw new ToolError('rejected', 'is encoded in a way that was not asked for and is not read');
  return create();
}

const GONE = new Set([404, 410]);
/** The server has not taken the request up, and may later. */
const TRY_LATER = new Set([408, 425]);

function refuseUnlessOk({ statusCode: status = 0, headers }: IncomingMessage, url: URL): void {
  if (status >= 200 && status < 300) return;
  const said = `${url.host} answered ${status}`;
  const asked = { retryAfterMs: retryAfterMs(headers['retry-after']) };
  if (status === 429) throw new ToolError('rate_limited', said, asked);
  if (status >= 500 || TRY_LATER.has(status)) throw new ToolError('unavailable', said, asked);
  throw new ToolError(GONE.has(status) ? 'not_found' : 'rejected', said);
}

/** Error texts name addresses, which are nobody's business. */
function unreachable(
  { host, origin }: URL,
  { code = 'connection lost' }: NodeJS.ErrnoException,
  declared: string | undefined,
): ToolError {
  // A source that has lost its name is down; any other host is one that somebody made up.
  if (code === 'ENOTFOUND' && origin !== declared)
    return new ToolError('not_found', `there is no host ${host}`);
  return new ToolError('unavailable', `${host} cannot be reached (${code})`);
}
