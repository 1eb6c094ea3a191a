import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { canonicalize } from 'json-canonicalize';
import { type Answer, answer } from './answer';
import { withinLimits } from './answer/limits';
import type { Bill, BillLine } from './bill';
import { parseJson, readBody } from './body';
import { deliver, type Holds, type Latency } from './delivery';
import { ApiError, errorBody } from './errors';
import type { Faults, Struck } from './faults/armed-faults';
import type { FaultStage } from './faults/effects';
import type { FaultSubject } from './faults/match';
import { checkBetas, checkKey, checkVersion } from './headers';
import type { PromptCache } from './prompt-cache';
import { sha256 } from './random';
import type { MessagesRequest } from './request/schema';
import { type Valid, validateCountTokens, validateMessages } from './request/validate';
import type { RequestLog, RequestLogEntry } from './request-log';
import { billPrompt, NO_USAGE } from './usage';

/**
 * The API's two endpoints. A request is refused (headers, body, rules, injected status) or
 * accepted; from acceptance on it is on the bill, whatever becomes of its delivery.
 */
export interface ApiParts {
  seed: number;
  latency: Latency;
  recordHeaders: readonly string[];
  apiKeys: () => readonly string[] | undefined;
  cache: PromptCache;
  bill: Bill;
  log: RequestLog;
  faults: Faults;
  holds: Holds;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** One request on its way. */
interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  entry: RequestLogEntry;
  key: string;
  betas: ReadonlySet<string>;
  bodyText: string;
  body: unknown;
}

export function createApi(parts: ApiParts): HttpHandler {
  return async (request, response) => {
    const entry = newEntry(request, parts.recordHeaders);
    response.setHeader('request-id', entry.requestId);
    response.setHeader('anthropic-organization-id', 'simulator');
    try {
      await answerRequest(parts, request, response, entry);
    } catch (error) {
      if (response.headersSent) response.destroy();
      if (response.destroyed) return;
      refuse(parts.log, response, entry, asApiError(error));
    }
  };
}

async function answerRequest(
  parts: ApiParts,
  request: IncomingMessage,
  response: ServerResponse,
  entry: RequestLogEntry,
): Promise<void> {
  const endpoint = `${entry.method} ${entry.path}`;
  if (endpoint !== 'POST /v1/messages' && endpoint !== 'POST /v1/messages/count_tokens') {
    throw new ApiError('not_found_error', `The simulator does not offer ${endpoint}`);
  }
  const bodyText = await readBody(request);
  const key = checkKey(request.headers, parts.apiKeys());
  checkVersion(request.headers);
  const betas = checkBetas(request.headers);
  const body = parseJson(bodyText);
  entry.body = body;
  entry.requestDigest = sha256(canonicalize(body));
  const model = (body as { model?: unknown } | null)?.model;
  if (typeof model === 'string') entry.model = model;
  const exchange: Exchange = { request, response, entry, key, betas, bodyText, body };
  if (endpoint === 'POST /v1/messages') return create(parts, exchange);
  const { counted } = validateCountTokens(body, betas);
  accept(parts.log, entry);
  sendJson(response, 200, { input_tokens: counted.tokens });
}

async function create(parts: ApiParts, exchange: Exchange): Promise<void> {
  const { entry, response } = exchange;
  const valid = validateMessages(exchange.body, exchange.betas);
  const subject = subjectOf(exchange, valid.request);
  const struck = parts.faults.strike(['request'], subject);
  if (struck !== undefined) {
    entry.fault = struck.kind;
    const refusal = refusalOf(struck, valid.request);
    if (refusal !== undefined) throw refusal;
  }
  const answered = composeAnswer(parts, exchange, valid, subject);
  const line: BillLine = {
    requestId: entry.requestId,
    at: entry.at,
    model: valid.request.model,
    headers: entry.headers,
    requestDigest: subject.digest,
    usage: answered.usage,
    delivered: false,
    ...(entry.fault === undefined ? {} : { fault: entry.fault }),
  };
  parts.bill.open(line);
  accept(parts.log, entry, valid.request.stream === true);
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
    parts.bill.settle(line, response.writableFinished && line.delivered);
  });
  line.delivered = await deliver(answered, {
    response,
    requestId: entry.requestId,
    latency: parts.latency,
    holds: parts.holds,
    gone: gone.signal,
    fault: struck?.delivery,
    everyMs: struck?.everyMs ?? 0,
    begun: answered.cache.commit,
  });
  line.endedAt = new Date().toISOString();
}

/** The answer to an accepted request, faults of its content and its price included. */
function composeAnswer(
  parts: ApiParts,
  exchange: Exchange,
  valid: Valid<MessagesRequest>,
  subject: FaultSubject,
) {
  const { request, model, turns, counted } = valid;
  const { entry } = exchange;
  const cache = parts.cache.use(request, counted, model, exchange.key);
  let given = answer(request, turns, model, parts.seed);
  const struck = parts.faults.strike(stagesOf(given, request), subject);
  given = withinLimits(given, request, model, counted.tokens);
  if (struck?.alter !== undefined)
    given = struck.alter(given, { model, maxTokens: request.max_tokens, digest: subject.digest });
  if (struck !== undefined) entry.fault = struck.kind;
  const usage =
    struck?.isFree === true
      ? NO_USAGE
      : billPrompt(counted, cache, given, parts.seed, subject.digest);
  const messageId = `msg_${sha256(entry.requestId).slice(0, 24)}`;
  return { messageId, request, answer: given, usage, cache };
}

/** Which faults an answer is a case for. */
function stagesOf({ blocks }: Answer, { tools, tool_choice }: MessagesRequest): FaultStage[] {
  const isText = blocks.some(({ type }) => type === 'text');
  const searches = blocks.some(({ type }) => type === 'web_search_tool_result');
  const mayCall = tools !== undefined && tools.length > 0 && tool_choice?.type !== 'none';
  return [
    'answer',
    ...(isText ? ['text_answer' as const] : []),
    ...(mayCall ? ['callable' as const] : []),
    ...(searches ? ['web_search' as const] : []),
  ];
}

function subjectOf(exchange: Exchange, request: MessagesRequest): FaultSubject {
  return {
    model: request.model,
    bodyText: exchange.bodyText,
    digest: exchange.entry.requestDigest ?? '',
    idempotencyKey: exchange.request.headers['idempotency-key']?.toString() ?? '',
  };
}

/** An error in the middle needs a stream; without one it is a status. */
function refusalOf(struck: Struck, request: MessagesRequest): ApiError | undefined {
  const act = struck.delivery?.act;
  if (act?.do === 'error' && request.stream !== true) return new ApiError(act.type, 'Overloaded');
  return struck.refuse;
}

function newEntry(request: IncomingMessage, recordHeaders: readonly string[]): RequestLogEntry {
  const headers = Object.fromEntries(
    recordHeaders.flatMap((name) => {
      const value = request.headers[name.toLowerCase()];
      return value === undefined ? [] : [[name.toLowerCase(), value.toString()]];
    }),
  );
  return {
    requestId: `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    at: new Date().toISOString(),
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0] ?? '',
    status: 0,
    headers,
  };
}

function accept(log: RequestLog, entry: RequestLogEntry, stream?: boolean): void {
  entry.status = 200;
  if (stream !== undefined) entry.stream = stream;
  log.record(entry);
}

function refuse(
  log: RequestLog,
  response: ServerResponse,
  entry: RequestLogEntry,
  error: ApiError,
): void {
  entry.status = error.status;
  entry.error = { type: error.type, message: error.message };
  log.record(entry);
  const { retryAfterSeconds, errorCode, rawContentType } = error.options;
  if (retryAfterSeconds !== undefined) {
    response.setHeader('retry-after', String(retryAfterSeconds));
  }
  // What is left of a body that was not read would be taken for the next request.
  if (error.type === 'request_too_large') response.setHeader('connection', 'close');
  if (rawContentType !== undefined) {
    response.writeHead(error.status, { 'content-type': rawContentType });
    response.end(error.message);
    return;
  }
  sendJson(
    response,
    error.status,
    errorBody(error.type, error.message, entry.requestId, errorCode),
  );
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A defect of the simulator is a 500 that says what happened, never a hung request. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ApiError('api_error', `The simulator failed: ${message}`);
}
