/**
 * Errors that a person or a calling service can act on, and how each kind leaves the process
 * (exit code) or the HTTP API (status). The table is exhaustive: a new kind does not compile
 * until it has both.
 */

export type UserErrorKind =
  /** The caller sent something that cannot be taken: a flag, a file, JSON, a team, an environment variable. */
  | 'bad_input'
  /** The thing named does not exist. */
  | 'not_found'
  /** The business key, port or decision is already taken by something else. */
  | 'conflict'
  /** A server that Tuesday needs (Temporal, PostgreSQL, the API) cannot be reached or used. */
  | 'unavailable'
  /** The caller may not do this from where it calls. */
  | 'forbidden'
  /** Nobody has signed in, or not with what is good for it. */
  | 'unauthenticated'
  /** The caller asks too often. */
  | 'too_many';

/** Exit codes of the `tuesday` command; `docs/cli.md` lists them for users. */
export const EXIT = {
  ok: 0,
  internal: 1,
  badInput: 2,
  unavailable: 3,
  waitingForPerson: 4,
  endedIncomplete: 5,
  conflict: 6,
  notFound: 7,
  /** The audit log is not as it was made. */
  notIntact: 8,
  interrupted: 130,
} as const;

export const USER_ERROR_TABLE: Record<UserErrorKind, { exitCode: number; httpStatus: number }> = {
  bad_input: { exitCode: EXIT.badInput, httpStatus: 400 },
  not_found: { exitCode: EXIT.notFound, httpStatus: 404 },
  conflict: { exitCode: EXIT.conflict, httpStatus: 409 },
  unavailable: { exitCode: EXIT.unavailable, httpStatus: 503 },
  forbidden: { exitCode: EXIT.badInput, httpStatus: 403 },
  unauthenticated: { exitCode: EXIT.badInput, httpStatus: 401 },
  too_many: { exitCode: EXIT.unavailable, httpStatus: 429 },
};

/**
 * An error whose message is written for its reader: one sentence that says what is wrong and how
 * to put it right. Everything else that is thrown is a defect of ours.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(
    readonly kind: UserErrorKind,
    message: string,
    /** The field, flag or file at fault, where there is one, e.g. `phases/2/needs/0`. */
    readonly field?: string,
  ) {
    super(message);
  }
  get exitCode(): number {
    return USER_ERROR_TABLE[this.kind].exitCode;
  }
  get httpStatus(): number {
    return USER_ERROR_TABLE[this.kind].httpStatus;
  }
}

/** Says when the caller may ask again. */
export class TooMany extends UserError {
  constructor(
    message: string,
    /** In whole seconds, 1 or more. */
    readonly retryAfterS: number,
  ) {
    super('too_many', message);
  }
}

/** Temporal did not answer, or refused for now: the same call may succeed later. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  constructor(override readonly cause: unknown) {
    super('Temporal is not available');
  }
}

/** The database did not answer, or refused for now: the same call may succeed later. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
  /** When it was found to be away, in ms since the epoch. */
  readonly at = Date.now();
  constructor(override readonly cause: unknown) {
    super('the ledger is not available');
  }
}
