/** Composes what is told, from the ledger. */
import { type ContentStore, getText } from '../../contracts/content';
import { deadlineDecision } from '../../contracts/deadline';
import { NOTIFIED_CONTENT_CHARACTERS_MAX } from '../../contracts/limits';
import type { Notice, NoticeOfReview, Notification } from '../../contracts/notifications';
import type { LedgerReader } from '../../contracts/reader';
import type { Review, ReviewKind } from '../../contracts/reviews';
import { isEnd } from '../../contracts/run-status';
import type { RunView } from '../../contracts/views';
import { titleOfEnd, titleOfReview } from '../../domain/notification-words';
import { askedGroups } from '../../domain/notifications';
import { explainReview } from '../../domain/review-words';
import type { Channel } from './channel';

export interface NoticeDeps {
  reader: Pick<LedgerReader, 'afterEvents'>;
  content: ContentStore;
}

/** Undefined where there is nothing to tell any more: the review has been decided meanwhile. */
export async function composeNotice(
  { reader, content }: NoticeDeps,
  { run, event, at, reviewId }: Notification,
  channel: Pick<Channel, 'content' | 'link'>,
): Promise<Notice | undefined> {
  const { view, state } = await reader.afterEvents(run, []);
  const { id, team, version } = view;
  const common = { run: id, team, version };
  const head = { type: event, timestamp: new Date(at).toISOString() };
  const withContent = async (about?: Review) =>
    channel.content ? { content: await contentOf(content, view, about) } : {};
  if (reviewId === undefined) {
    if (!isEnd(state.status)) throw new RangeError(`run ${id} has not ended`);
    return {
      ...head,
      data: {
        ...common,
        title: titleOfEnd(state.status, common),
        text: view.explanation,
        link: channel.link(id),
        end: { status: state.status, ...view.spend },
        ...(await withContent()),
      },
    };
  }
  const review = Object.hasOwn(state.reviews, reviewId) ? state.reviews[reviewId] : undefined;
  if (!review) return undefined;
  return {
    ...head,
    data: {
      ...common,
      title: titleOfReview(event, review, common),
      text: explainReview(review),
      link: channel.link(id, reviewId),
      review: ofReview(review),
      ...(await withContent(review)),
    },
  };
}

function ofReview(review: Review): NoticeOfReview {
  const { id, kind, phase, reason, digest, options, openedAt, deadline } = review;
  const groups = askedGroups(review);
  return {
    ...{ id, kind, phase, reason, digest, options },
    ...(groups.length > 0 ? { groups } : {}),
    ...(deadline
      ? {
          unanswered: {
            decideAt: new Date(openedAt + deadline.decideMs).toISOString(),
            decision: deadlineDecision(deadline, options),
          },
        }
      : {}),
  };
}

/** Reviews whose digest is what a person wants to read; that of others is a request to a model or tool. */
const READABLE: readonly ReviewKind[] = ['approval', 'question'];

async function contentOf(
  content: ContentStore,
  { question }: RunView,
  review?: Review,
): Promise<NonNullable<Notice['data']['content']>> {
  if (!review || !READABLE.includes(review.kind)) return { question: cut(question) };
  return { question: cut(question), about: cut(await getText(content, review.digest)) };
}

const cut = (text: string): string =>
  text.length > NOTIFIED_CONTENT_CHARACTERS_MAX
    ? `${text.slice(0, NOTIFIED_CONTENT_CHARACTERS_MAX - 1)}…`
    : text;
