/**
 * Publishes to a URL of the installation's configuration: one signed POST under the step's key. What
 * the target does with that key decides what an answer that never came means.
 */
import { type PublishHttpInput, publishHttpInput } from '../../contracts/tools';
import { signedHeaders } from '../signed-headers';
import { type HttpAnswer, RequestNotSent, request } from './http-request';
import { OutcomeUnknown, type Seen, type Tool, type ToolContext, ToolError } from './tool';
import { zodValue } from './tool-value';

export interface PublishTarget {
  url: string;
  /** Of Standard Webhooks: `whsec_` and base64. */
  secret: string;
  /** Whether a second request with the same `Idempotency-Key` changes nothing there. */
  deduplicates: boolean;
  /** Says by status what became of a key: 200 done, 404 not seen. `{key}` stands for the key. */
  lookupUrl?: string;
}
export type PublishTargets = Readonly<Record<string, PublishTarget>>;

/** Where the key goes in a `lookupUrl`. */
export const LOOKUP_KEY = '{key}';

const PUBLISHED_BYTES_MAX = 10_000_000;
const ANSWER_ID_CHARACTERS_MAX = 200;

export interface PublishedRequest {
  target: string;
  status: number;
  /** The `id` of a JSON answer. */
  id?: string;
  /** The `Location` header. */
  location?: string;
}

/** @param targets by name; at least one */
export function publishHttpTool(targets: PublishTargets): Tool<PublishHttpInput> {
  return {
    name: 'publish_http',
    description: 'Publishes a text to one of the configured targets.',
    input: zodValue(publishHttpInput(Object.keys(targets))),
    effect: ({ target }) => (targetOf(target).deduplicates ? 'idempotent' : 'once'),

    async run({ target, content, mediaType }, context): Promise<PublishedRequest> {
      if (Buffer.byteLength(content) > PUBLISHED_BYTES_MAX)
        throw new ToolError('too_large', `at most ${PUBLISHED_BYTES_MAX} bytes can be published`);
      const { url, secret, deduplicates } = targetOf(target);
      const answer = await send(target, context, {
        url,
        method: 'POST',
        headers: { 'content-type': mediaType, ...signed(secret, context.stepKey, content) },
        body: content,
      });
      refuseUnlessDone(target, answer, deduplicates);
      return { target, status: answer.status, ...named(answer) };
    },

    async reconcile({ target }, context): Promise<Seen> {
      const { lookupUrl, secret } = targetOf(target);
      if (lookupUrl === undefined) return { seen: 'cannot_tell' };
      const answer = await send(target, context, {
        url: lookupUrl.replaceAll(LOOKUP_KEY, encodeURIComponent(context.stepKey)),
        method: 'GET',
        headers: signed(secret, context.stepKey, ''),
      });
      if (answer.status === 404) return { seen: 'not_seen' };
      if (answer.status !== 200) return { seen: 'cannot_tell' };
      return { seen: 'done', result: { target, status: answer.status, ...named(answer) } };
    },
  };

  function targetOf(name: string): PublishTarget {
    const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
    if (!target) throw new RangeError(`target ${name} passed its schema and is not configured`);
    return target;
  }
}

/** The key names the effect to the target; the signature is made anew for each try. */
const signed = (secret: string, key: string, body: string): Record<string, string> => ({
  'idempotency-key': key,
  ...signedHeaders(secret, key, body),
});

async function send(
  target: string,
  { signal }: ToolContext,
  asked: Parameters<typeof request>[0],
): Promise<HttpAnswer> {
  try {
    return await request(asked, signal);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RequestNotSent)
      throw new ToolError('unavailable', `the target ${target} cannot be reached: ${message}`);
    throw new OutcomeUnknown(`the target ${target} gave no answer: ${message}`);
  }
}

/** Statuses by which a server says that it has not taken the request up, and may later. */
const TRY_LATER = new Set([408, 425, 429]);
/** Redirects that say so too; any other may follow what has been done. */
const NOT_TAKEN_HERE = new Set([307, 308]);
/** A request with the same key is still being worked on, where the target recognises keys. */
const IN_PROGRESS = 409;

function refuseUnlessDone(target: string, answer: HttpAnswer, deduplicates: boolean): void {
  const { status, retryAfterMs } = answer;
  if (status >= 200 && status < 300) return;
  const said = `the target ${target} answered ${status}`;
  if (TRY_LATER.has(status)) throw new ToolError('unavailable', said, { retryAfterMs });
  if (NOT_TAKEN_HERE.has(status))
    throw new ToolError(
      'rejected',
      `${said}, a redirect, which is not followed: configure the URL it leads to`,
    );
  const isOpen = status < 400 || status >= 500 || (status === IN_PROGRESS && deduplicates);
  if (isOpen) throw new OutcomeUnknown(said);
  throw new ToolError('rejected', said);
}

/** What the target calls what it has made. */
function named({ location, body }: HttpAnswer): { id?: string; location?: string } {
  const id = idIn(body);
  return { ...(id === undefined ? {} : { id }), ...(location === undefined ? {} : { location }) };
}

function idIn(body: string): string | undefined {
  try {
    const { id } = Object(JSON.parse(body)) as { id?: unknown };
    const isId = (typeof id === 'string' || typeof id === 'number') && id !== '';
    return isId ? String(id).slice(0, ANSWER_ID_CHARACTERS_MAX) : undefined;
  } catch {
    // An answer need not be JSON.
    return undefined;
  }
}
