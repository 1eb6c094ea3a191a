/** Which channels are told of an event of a run. */
import type { NotifiedEvent } from '../contracts/notifications';
import type { Review, ReviewKind } from '../contracts/reviews';
import type { RunEndStatus } from '../contracts/run-status';

/** What a channel wants to be told. What is left out narrows nothing. */
export interface Interest {
  events: readonly NotifiedEvent[];
  /** Of runs. */
  teams?: readonly string[] | undefined;
  /** Of reviews: their phases, their kinds, and groups of which one at least must be asked. */
  phases?: readonly string[] | undefined;
  reviews?: readonly ReviewKind[] | undefined;
  groups?: readonly string[] | undefined;
  /** Of ends. */
  ends?: readonly RunEndStatus[] | undefined;
}

/** What an event is about. */
export interface Subject {
  event: NotifiedEvent;
  team: string;
  review?: Review;
  end?: RunEndStatus;
}

export function isOfInterest(interest: Interest, { event, team, review, end }: Subject): boolean {
  const { events, teams, phases, reviews, groups, ends } = interest;
  return (
    events.includes(event) &&
    allows(teams, team) &&
    allows(phases, review?.phase) &&
    allows(reviews, review?.kind) &&
    (!groups || !review || askedGroups(review).some((group) => groups.includes(group))) &&
    allows(ends, end)
  );
}

/** Who is asked by now: a review that has gone a level up asks those there too. */
export function askedGroups({ groups = [], escalatedAt, deadline }: Review): string[] {
  const higher = escalatedAt === undefined ? [] : (deadline?.escalateTo ?? []);
  return [...new Set([...groups, ...higher])];
}

/** What an event has nothing of is not narrowed by it. */
const allows = <T>(wanted: readonly T[] | undefined, given: T | undefined): boolean =>
  wanted === undefined || given === undefined || wanted.includes(given);
