/**
 * How much an installation takes on at once. What is beyond is queued or refused; the ledger counts,
 * since all workers share it. Free of libraries: workflows import it.
 */
import { LOAD_LIMITS } from './limits';

/** Whose limit it is. */
export type LoadScope = 'installation' | 'user';

/** One number for the whole installation, one for each user. */
export interface ScopedLimit {
  installation: number;
  user: number;
  /** Users for whom another number holds. */
  users: Record<string, number>;
}

export type LoadLimitName = keyof typeof LOAD_LIMITS;
export type LoadLimits = Record<LoadLimitName, ScopedLimit>;

export const DEFAULT_LOAD: LoadLimits = {
  runsAtWork: standard('runsAtWork'),
  runsQueued: standard('runsQueued'),
  phasesAtWork: standard('phasesAtWork'),
};

function standard(name: LoadLimitName): ScopedLimit {
  const { installation, user } = LOAD_LIMITS[name];
  return { installation: installation.default, user: user.default, users: {} };
}

/** A limit that is reached: `used` of `max`. */
export interface ReachedLimit {
  limit: LoadLimitName;
  scope: LoadScope;
  max: number;
  used: number;
}

/** Why a run, or a phase, waits for its turn, and where it stands. */
export interface QueuePlace {
  held: ReachedLimit;
  /** How many are before it: of its user where the user's limit holds it, else of all. */
  before: number;
}

/** An entry into a round that began later than its phase's `scheduleToStartMs`. */
export interface LateStart {
  waitedMs: number;
  /** Whose limit of phases at work held it; absent: no worker took it up. */
  heldBy?: LoadScope;
}
