/**
 * A ledger that has recorded an event of which channels want to be told starts its notification:
 * whatever recorded it, in one place. The activity that carries the event goes on only then, and one
 * that is tried again carries it again, so none gets lost.
 */
import { type RunId, runKey } from '../../contracts/ids';
import type { EventsRecorded, KnownRun, Ledger, Outbox } from '../../contracts/ledger';
import {
  NOTIFIED_EVENTS,
  type Notification,
  type NotifiedEvent,
  type NotifyInput,
} from '../../contracts/notifications';
import type { RunEvent } from '../../contracts/run-state';
import { isOfInterest, type Subject } from '../../domain/notifications';
import type { Channels } from './channel';

export interface NotifyingDeps {
  channels: Channels;
  /** Starts the workflow `notify`, once for each key. */
  startNotify(input: NotifyInput): Promise<void>;
}

type Notified = Extract<RunEvent, { type: NotifiedEvent }>;

const isNotified = (event: RunEvent): event is Notified =>
  (NOTIFIED_EVENTS as readonly string[]).includes(event.type);

export function notifyingLedger(ledger: Ledger, { channels, startNotify }: NotifyingDeps): Ledger {
  if (Object.keys(channels).length === 0) return ledger;

  async function told(outbox: Outbox, recorded: EventsRecorded): Promise<EventsRecorded> {
    const events = outbox.events.filter(isNotified);
    if (recorded.outcome === 'recorded' && events.length > 0) await tell(outbox.run, events);
    return recorded;
  }

  async function tell(run: RunId, events: Notified[]): Promise<void> {
    const known = await ledger.knownRun(run);
    if (!known) throw new RangeError(`run ${runKey(run)} is not in the ledger`);
    for (const event of events) {
      const notification = notificationOf(run, event);
      const subject = subjectOf(notification, event, known);
      if (!subject) continue;
      const names = Object.entries(channels)
        .filter(([, { interest }]) => isOfInterest(interest, subject))
        .map(([name]) => name);
      if (names.length > 0) await startNotify({ notification, channels: names });
    }
  }

  return {
    ...ledger,
    recordEvents: async (outbox) => told(outbox, await ledger.recordEvents(outbox)),
    closeRun: async (closed) => told(closed, await ledger.closeRun(closed)),
  };
}

function notificationOf(run: RunId, event: Notified): Notification {
  const common = { run, event: event.type, version: event.version, at: event.at };
  switch (event.type) {
    case 'run_ended':
      return common;
    case 'review_opened':
      return { ...common, reviewId: event.review.id };
    case 'review_reminded':
    case 'review_escalated':
      return { ...common, reviewId: event.reviewId };
  }
}

/** Undefined for a review that has been decided meanwhile: it need not be told of any more. */
function subjectOf(
  { reviewId }: Notification,
  event: Notified,
  { plan, state }: KnownRun,
): Subject | undefined {
  const common = { event: event.type, team: plan.team };
  if (event.type === 'run_ended') return { ...common, end: event.status };
  const review = Object.values(state.reviews).find(({ id }) => id === reviewId);
  return review && { ...common, review };
}
