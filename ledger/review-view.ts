/** An open question, as it is shown to whoever may answer it. */
import { deadlineDecision } from '../contracts/deadline';
import type { Review } from '../contracts/reviews';
import type { ReviewView } from '../contracts/views';
import { explainReview } from '../domain/review-words';

const iso = (ms: number): string => new Date(ms).toISOString();

export function reviewView(review: Review): ReviewView {
  const { id, kind, phase, reason, digest, effects, reportSha256, options, openedAt } = review;
  const { remindedAt, escalatedAt, needMicroUsd } = review;
  return {
    id,
    kind,
    phase,
    reason,
    explanation: explainReview(review),
    digest,
    ...(effects ? { effects } : {}),
    ...(reportSha256 ? { reportSha256 } : {}),
    options,
    quorum: review.quorum ?? 1,
    approvedBy: review.approvedBy ?? [],
    groups: review.groups ?? [],
    notStarter: review.notStarter ?? false,
    delegations: review.delegations ?? [],
    ...(needMicroUsd === undefined ? {} : { needMicroUsd }),
    openedAt: iso(openedAt),
    ...(remindedAt === undefined ? {} : { remindedAt: iso(remindedAt) }),
    ...(escalatedAt === undefined ? {} : { escalatedAt: iso(escalatedAt) }),
    ...unanswered(review),
  };
}

function unanswered({ deadline, openedAt, options }: Review): Pick<ReviewView, 'unanswered'> {
  if (!deadline) return {};
  const { remindMs, escalateMs, decideMs } = deadline;
  return {
    unanswered: {
      remindAt: iso(openedAt + remindMs),
      escalateAt: iso(openedAt + escalateMs),
      decideAt: iso(openedAt + decideMs),
      decision: deadlineDecision(deadline, options),
    },
  };
}
