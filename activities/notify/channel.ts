/** A way to people or services outside, as the installation's settings describe it. */
import type { Notice } from '../../contracts/notifications';
import type { Interest } from '../../domain/notifications';

export interface Channel {
  interest: Interest;
  /** Whether it may carry what a run is about: its question, and what a review is about. */
  content: boolean;
  /** Where a person finds a run, or one of its reviews. */
  link(run: string, reviewId?: string): string;
  send: Send;
}
export type Channels = Readonly<Record<string, Channel>>;

/**
 * Sends a notice once.
 * @param id the same on every try: receivers tell by it what they have already
 * @returns what is to be known all the same, e.g. that an address was refused
 * @throws NotDelivered
 */
export type Send = (notice: Notice, id: string, signal: AbortSignal) => Promise<string | undefined>;

/** It has not been taken, as far as can be told. The message has fixed words: no secret, no address. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
  constructor(
    message: string,
    readonly given: {
      /** What the receiver asks to wait. */
      retryAfterMs?: number | undefined;
      /** It says that it will never take it. */
      forGood?: boolean;
    } = {},
  ) {
    super(message);
  }
}
