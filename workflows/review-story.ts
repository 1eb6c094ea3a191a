/** A question to a person, from opening to decision. */
import type { DecisionKind, Review } from '../contracts/run-state';
import { short } from './activity-proxies';
import { decisionOn } from './decisions';
import { RunEnding } from './ending';
import type { RunRecord } from './run-record';

/**
 * Opens a review, makes it visible, parks until it is decided. A `stop` ends the run.
 * Ids of reviews are made of the state's version, so each is used once.
 */
export async function askPerson(
  record: RunRecord,
  question: Omit<Review, 'id' | 'openedAt'>,
): Promise<DecisionKind> {
  const id = `${question.phase}-${record.state.version + 1}`;
  record.record({ type: 'review_opened', review: { ...question, id } });
  await recordNow(record);
  const { decision } = await decisionOn(record, id);
  if (decision === 'stop') throw RunEnding.stopped();
  return decision;
}

/** Shows what has happened while no activity is due that would carry it. */
export async function recordNow(record: RunRecord): Promise<void> {
  const recorded = await short.recordEvents(record.outbox());
  record.acknowledge(recorded);
  // That it was waited for is an event, too.
  if (recorded.ledgerWaits) await recordNow(record);
}
