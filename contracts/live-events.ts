/** Events as they happen, of one run or of all. */
import { z } from 'zod';
import { HistoryEntry } from './history';
import { RUN_STATUSES } from './run-status';

/** Limits of streams of events. */
export const EVENT_STREAMS = {
  /** Of one process of the API; each holds a connection and one page at most. */
  openMax: 200,
  /** Events that are read ahead of a slow reader. */
  pageMax: 100,
  /** A stream that has nothing to say says so, for whatever stands between. */
  heartbeatMs: 15_000,
  /** A reader that takes nothing for so long is cut off; it may resume. */
  stalledMs: 60_000,
  /** Then a stream ends, and its reader, who resumes, is asked again who it is. */
  lifeMs: 900_000,
} as const;

/** An event of a run, with whose it is. */
export const LiveEvent = HistoryEntry.extend({
  run: z.string().describe('The business key.'),
  firstRunId: z.string().describe('Tells the run from others of the same key.'),
  team: z.string(),
  user: z.string().describe('Whom the run works for.'),
  status: z.enum(RUN_STATUSES).describe('Of the run once this had happened.'),
});
export type LiveEvent = z.infer<typeof LiveEvent>;

export const LivePage = z.object({
  events: z.array(LiveEvent),
  next: z.string().describe('`after` of the next page, also where there is nothing new yet.'),
});
export type LivePage = z.infer<typeof LivePage>;

/** A place in a stream of events, with the event that led there; without one where the reader stands. */
export interface LiveItem {
  /** To go on after it; opaque. */
  id: string;
  event?: LiveEvent;
}

export interface FollowRequest {
  /** The id of the last item that was taken. */
  after?: string;
  /** Ends the stream. */
  signal?: AbortSignal;
}

/** Only of runs that work for this user. */
interface OfUser {
  user?: string;
}

/**
 * Streams begin with the place where the reader stands, and are lazy: who does not ask for the next
 * item is not read ahead of.
 */
export interface LiveEventReader {
  /**
   * The events of the newest run of a key, from its first one unless told; ends after its last.
   * `after` may also be a state version.
   * @throws UserError `not_found`; `bad_input` for an `after` that is not one of ours
   */
  followRun(id: string, request?: FollowRequest): AsyncGenerator<LiveItem, void, undefined>;
  /**
   * The events of all runs, from now on unless told; never ends by itself.
   * @throws UserError `bad_input` for an `after` that is not one of ours
   */
  followAll(request?: FollowRequest & OfUser): AsyncGenerator<LiveItem, void, undefined>;
  /**
   * What `followAll` would tell at present, without waiting; from now on unless told: none at first.
   * @throws UserError `bad_input` for an `after` that is not one of ours
   */
  eventsAfter(request?: Pick<FollowRequest, 'after'> & OfUser): Promise<LivePage>;
}
