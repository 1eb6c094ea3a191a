/** All invariants of a campaign, in the order of the report. */
import { boughtOnce, sameRequests } from './bought-once';
import { filesOnce, postsOnce } from './effects-once';
import type { Invariant } from './evidence';
import { accountsAddUp, settledIsBilled, unsettledIsBooked } from './money';
import { runsEnd } from './runs-end';
import { markersApart, versionsContiguous } from './state';

export const INVARIANTS: readonly Invariant[] = [
  runsEnd,
  filesOnce,
  postsOnce,
  boughtOnce,
  sameRequests,
  settledIsBilled,
  unsettledIsBooked,
  accountsAddUp,
  versionsContiguous,
  markersApart,
];
