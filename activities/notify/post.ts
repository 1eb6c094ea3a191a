/** Notices by HTTP: as a signed webhook, and as a message that Slack and its like take. */
import type { Notice } from '../../contracts/notifications';
import { reviewLines } from '../../domain/notification-words';
import { signedHeaders } from '../signed-headers';
import { type HttpAnswer, request } from '../tools/http-request';
import { NotDelivered, type Send } from './channel';

const JSON_TYPE = { 'content-type': 'application/json' };
/** By which a receiver says that nobody is there any more. */
const GONE = 410;

/** The body is the notice itself, signed by the Standard Webhooks scheme under the delivery's id. */
export const webhookSender =
  ({ url, secret }: { url: string; secret: string }): Send =>
  (notice, id, signal) => {
    const body = JSON.stringify(notice);
    return post(url, { ...JSON_TYPE, ...signedHeaders(secret, id, body) }, body, signal);
  };

/** @param url a secret by itself: whoever knows it can post */
export const slackSender =
  ({ url }: { url: string }): Send =>
  (notice, _id, signal) =>
    post(url, JSON_TYPE, JSON.stringify(slackMessage(notice)), signal);

async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<undefined> {
  const { status, retryAfterMs } = await answerTo(url, headers, body, signal);
  if (status >= 200 && status < 300) return undefined;
  const redirect = status < 400 ? ', a redirect, which is not followed' : '';
  throw new NotDelivered(`the receiver answered ${status}${redirect}`, {
    retryAfterMs,
    forGood: status === GONE,
  });
}

async function answerTo(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  try {
    return await request({ url, method: 'POST', headers, body }, signal);
  } catch (error) {
    // The message of an error may hold the URL, and with it a secret.
    const { code = 'cut off' } = error as NodeJS.ErrnoException;
    throw new NotDelivered(
      signal.aborted ? 'the receiver gave no answer in time' : `no answer (${code})`,
    );
  }
}

/** The text says all, for receivers that know no blocks. */
export function slackMessage({ data }: Notice): object {
  const { title, text, link, review, content } = data;
  const lines = [text, ...(review ? reviewLines(review) : []), ...contentLines(content)].map(
    escaped,
  );
  const where = `<${link}|${review ? 'Open the review' : 'Open the run'}>`;
  return {
    text: [`*${escaped(title)}*`, ...lines, where].join('\n'),
    blocks: [`*${escaped(title)}*`, ...lines, where].map((line) => ({
      type: 'section',
      text: { type: 'mrkdwn', text: cut(line) },
    })),
  };
}

/** What a run is about, where the channel may carry it. */
export function contentLines(content: Notice['data']['content']): string[] {
  if (!content) return [];
  const { question, about } = content;
  return [`Question: ${question}`, ...(about === undefined ? [] : [about])];
}

/** Of one section, as Slack takes it. */
const SECTION_CHARACTERS_MAX = 3_000;
const cut = (text: string): string =>
  text.length > SECTION_CHARACTERS_MAX ? `${text.slice(0, SECTION_CHARACTERS_MAX - 1)}…` : text;

/** Nothing in a text may call people or make a link. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
