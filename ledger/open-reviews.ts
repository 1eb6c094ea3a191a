/** Open reviews across runs: a projection of the states of runs, written together with them. */
import {
  and,
  arrayContains,
  arrayOverlaps,
  asc,
  eq,
  not,
  notInArray,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import { z } from 'zod';
import { canonicalJson } from '../contracts/content';
import { Instant } from '../contracts/instant';
import type { ReviewFilter, RunReader } from '../contracts/reader';
import type { OpenReview } from '../contracts/review-views';
import type { Review } from '../contracts/reviews';
import type { RunState } from '../contracts/run-state';
import { whoMayDecide } from '../domain/review';
import { makeCursor, readCursor } from './cursor';
import { ask, type Database, type Transaction } from './database';
import type { RunRow } from './newest-run';
import { reviewView } from './review-view';
import { openReviews } from './schema';

/** Within the transaction that writes the state; `row` has the one before. */
export async function syncOpenReviews(
  tx: Transaction,
  row: RunRow,
  { reviews }: RunState,
): Promise<void> {
  if (canonicalJson(reviews) === canonicalJson(row.state.reviews)) return;
  const { runKey, workflowId, firstRunId, team, userId, plan } = row;
  const open = Object.values(reviews);
  await tx.delete(openReviews).where(
    and(
      eq(openReviews.runKey, runKey),
      notInArray(
        openReviews.reviewId,
        open.map(({ id }) => id),
      ),
    ),
  );
  if (open.length === 0) return;
  const rows = open.map((review) => ({
    runKey,
    workflowId,
    firstRunId,
    reviewId: review.id,
    kind: review.kind,
    team,
    userId,
    openedAt: new Date(review.openedAt),
    escalated: review.escalatedAt !== undefined,
    ...whoMayDecide(plan, review),
    review,
  }));
  const now = <K extends string>(column: K) => sql.raw(`excluded.${column}`);
  await tx
    .insert(openReviews)
    .values(rows)
    .onConflictDoUpdate({
      target: [openReviews.runKey, openReviews.reviewId],
      set: {
        escalated: now('escalated'),
        groups: now('groups'),
        barred: now('barred'),
        standIns: now('stand_ins'),
        review: now('review'),
      },
    });
}

export function createReviewList({ db }: Database): Pick<RunReader, 'reviews'> {
  return {
    async reviews(filter) {
      const rows = await ask(
        db
          .select()
          .from(openReviews)
          .where(conditionOf(filter))
          .orderBy(asc(openReviews.openedAt), asc(openReviews.runKey), asc(openReviews.reviewId))
          .limit(filter.limit + 1),
      );
      const page = rows.slice(0, filter.limit);
      const last = page.at(-1);
      return {
        reviews: page.map((row) => openReview(row, row.review)),
        ...(rows.length > filter.limit && last
          ? { cursor: makeCursor(last.openedAt.toISOString(), last.runKey, last.review.id) }
          : {}),
      };
    },
  };
}

export const openReview = (
  run: Pick<RunRow, 'workflowId' | 'firstRunId' | 'team' | 'userId'>,
  review: Review,
): OpenReview => ({
  ...reviewView(review),
  run: run.workflowId,
  firstRunId: run.firstRunId,
  team: run.team,
  user: run.userId,
});

function conditionOf(filter: ReviewFilter): SQL | undefined {
  const { kind, team, user, group, decidableBy, escalated, cursor } = filter;
  return and(
    kind ? eq(openReviews.kind, kind) : undefined,
    team ? eq(openReviews.team, team) : undefined,
    user ? eq(openReviews.userId, user) : undefined,
    group ? arrayContains(openReviews.groups, [group]) : undefined,
    decidableBy ? mayDecide(decidableBy) : undefined,
    escalated === undefined ? undefined : eq(openReviews.escalated, escalated),
    cursor ? after(cursor) : undefined,
  );
}

function mayDecide({ id, groups }: { id: string; groups: readonly string[] }): SQL | undefined {
  return and(
    not(arrayContains(openReviews.barred, [id])),
    or(
      sql`${openReviews.groups} = '{}'`,
      groups.length > 0 ? arrayOverlaps(openReviews.groups, [...groups]) : undefined,
      arrayContains(openReviews.standIns, [id]),
    ),
  );
}

const Text = z.string().regex(/^\P{Cc}+$/u);
const Cursor = z.tuple([Instant, Text, Text]);

function after(cursor: string): SQL {
  const [openedAt, runKey, reviewId] = readCursor(Cursor, cursor);
  const { openedAt: at, runKey: key, reviewId: id } = openReviews;
  return sql`(${at}, ${key}, ${id}) > (${new Date(openedAt).toISOString()}::timestamptz, ${runKey}, ${reviewId})`;
}
