/** What people and services are told of runs, and what is known of the telling. */
import { type RunId, runKey } from './ids';
import type { DecisionKind, ReviewKind, ReviewReason } from './reviews';
import type { RunEventType } from './run-state';
import type { RunEndStatus } from './run-status';

/** Events of a run of which channels may be told. */
export const NOTIFIED_EVENTS = [
  'review_opened',
  'review_reminded',
  'review_escalated',
  'run_ended',
] as const satisfies readonly RunEventType[];
export type NotifiedEvent = (typeof NOTIFIED_EVENTS)[number];

/** One event of a run. Version and time name it for good: what comes after a reset is another. */
export interface Notification {
  run: RunId;
  event: NotifiedEvent;
  version: number;
  at: number;
  /** Of the review that it is about. */
  reviewId?: string;
}

/** Names a notification: nothing is told twice under one key. */
export const notificationKey = ({ run, version, at }: Notification): string =>
  `${runKey(run)}/${version}-${at}`;

/** The argument of the workflow `notify`. */
export interface NotifyInput {
  notification: Notification;
  /** Names of those that are to be told. */
  channels: string[];
}

/** One notification on its way to one channel. */
export interface Delivery extends Notification {
  channel: string;
}

/** `over`: it was about a review that was decided before it could be delivered. */
export type DeliveryEnd = 'delivered' | 'over' | 'given_up';

export interface DeliveryActivities {
  /** Tells one channel, once. Throws while that fails; the last throw is followed by `giveUpDelivery`. */
  deliver(delivery: Delivery): Promise<{ outcome: DeliveryEnd }>;
}

/** As the ledger has it. */
export interface DeliveryRecord {
  /** Absent: it is still to be delivered. */
  end?: DeliveryEnd;
  /** That failed. */
  tries: number;
  /** What went wrong last, in fixed words. */
  problem?: string;
}

/** Where deliveries are kept: each key and channel once. */
export interface DeliveryLedger {
  /** Idempotent: one that is known already is as it was. */
  beginDelivery(delivery: Delivery): Promise<DeliveryRecord>;
  /** A try that failed. */
  noteFailedTry(delivery: Delivery, problem: string): Promise<DeliveryRecord>;
  /** The first end stays. */
  endDelivery(
    delivery: Delivery,
    end: DeliveryEnd,
    problem?: string,
  ): Promise<Required<Pick<DeliveryRecord, 'end'>> & DeliveryRecord>;
}

/**
 * What is told, as JSON: the body of a webhook, and what the other channels are written from. Without
 * content, unless the channel is set to have it.
 */
export interface Notice {
  type: NotifiedEvent;
  /** When it happened, ISO 8601. */
  timestamp: string;
  data: {
    /** The run's business key. */
    run: string;
    team: string;
    version: string;
    /** One line: what has happened. */
    title: string;
    /** What is asked and why, or how the run ended, in a person's words. */
    text: string;
    /** To the review, or the run. */
    link: string;
    review?: NoticeOfReview;
    end?: { status: RunEndStatus; settledMicroUsd: number; unsettledMicroUsd: number };
    content?: { question: string; about?: string };
  };
}

export interface NoticeOfReview {
  id: string;
  kind: ReviewKind;
  phase: string;
  reason: ReviewReason;
  /** Of what is decided on. */
  digest: string;
  options: DecisionKind[];
  /** Whose members may decide; absent: anybody who may decide at all. */
  groups?: string[];
  /** What becomes of it when nobody answers, and when; ISO 8601. */
  unanswered?: { decideAt: string; decision: DecisionKind };
}
