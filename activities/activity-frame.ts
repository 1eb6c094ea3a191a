/**
 * What frames every activity: heartbeats by a timer, events first, and one translation of whatever
 * is thrown into failures whose messages are fixed, because failures land in history.
 */
import { inspect } from 'node:util';
import { type ActivityInterface, Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { RunPhaseInput, TuesdayActivities, WithOutbox } from '../contracts/activities';
import { type ContentStore, putText } from '../contracts/content';
import { LedgerUnavailable, TemporalUnavailable } from '../contracts/errors';
import { FAILURE_TYPE } from '../contracts/failures';
import { runKey } from '../contracts/ids';
import type { Outbox, RunLedger } from '../contracts/ledger';
import { AttemptFenced, StepToRetry } from './agent/interruptions';
import { beginLedgerWait, type LedgerWait, tellOfWait } from './ledger-wait';
import { countRecoveries } from './recoveries';

/**
 * Pauses before an activity that found no ledger, or no Temporal, is tried again. `soonAttempts` last a
 * minute or more; the long pause lets all attempts that there are outlast a night.
 */
const SERVER_RETRY = { soonMs: 1_000, soonAttempts: 60, laterMs: 10_000 } as const;
/** Heartbeats go out three times within their time-out, so that one may be late. */
const HEARTBEATS_PER_TIMEOUT = 3;

export interface FrameDeps {
  content: ContentStore;
  log: { error(details: object, message: string): void };
  ledger: LedgerWait['ledger'];
  /** Whether an activity that finds no ledger is tried again. */
  waitsForLedger: boolean;
}

/** An end is on record once it can be: nobody could be told of it otherwise. */
const ALWAYS_WAITS = 'closeRun' satisfies keyof TuesdayActivities;

/** Wraps each activity of a table in the frame. */
export function framed<T extends ActivityInterface>(deps: FrameDeps, activities: T): T {
  const wrap =
    (name: string, activity: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]) => {
      const stop = heartbeatByTimer();
      const wait = beginLedgerWait({
        ledger: deps.ledger,
        place: placeOf(args[0]),
        waits: deps.waitsForLedger || name === ALWAYS_WAITS,
      });
      try {
        if (noteOfEarlierAttempt().ledgerAway) {
          await tellOfWait(wait);
          noteForNextAttempt({ ledgerAway: false });
        }
        const result = await activity(...args);
        const { times } = wait.told;
        return times > 0 ? { ...(result as object), ledgerWaits: times } : result;
      } catch (error) {
        throw await translate(deps, wait, name, error);
      } finally {
        stop();
      }
    };
  const entries = Object.entries(activities).map(([name, activity]) => [
    name,
    wrap(name, activity as (...args: never[]) => Promise<unknown>),
  ]);
  return Object.fromEntries(entries) as T;
}

/** The run, and perhaps the phase and its round, that an activity works for. */
function placeOf(input: Partial<RunPhaseInput> = {}): LedgerWait['place'] {
  const { run, phase, round } = input;
  return run && { runKey: runKey(run), ...(phase && { phase }), ...(round && { round }) };
}

/** What an attempt leaves with Temporal for the next one, whatever becomes of this process and the ledger. */
export interface AttemptNote {
  /** The ledger had the claim of an effect. */
  claimed?: boolean;
  /** It ended because the ledger was away. */
  ledgerAway?: boolean;
}

/** What heartbeats carry, by attempt. */
const notes = new WeakMap<Context, AttemptNote>();

/** Adds to what this and earlier attempts have left. */
export function noteForNextAttempt(note: AttemptNote): void {
  const context = Context.current();
  const left = { ...(notes.get(context) ?? noteOfEarlierAttempt()), ...note };
  notes.set(context, left);
  context.heartbeat(left);
}

export function noteOfEarlierAttempt(): AttemptNote {
  return Context.current().info.heartbeatDetails ?? {};
}

/** A model is silent before its first token, so tokens are no heartbeat. */
function heartbeatByTimer(): () => void {
  const context = Context.current();
  const timeoutMs = context.info.heartbeatTimeoutMs;
  if (!timeoutMs) return () => {};
  // An attempt that leaves no word of its own passes on what it found.
  const beat = () => context.heartbeat(notes.get(context) ?? context.info.heartbeatDetails);
  beat();
  const timer = setInterval(beat, timeoutMs / HEARTBEATS_PER_TIMEOUT);
  return () => clearInterval(timer);
}

async function translate(
  deps: FrameDeps,
  wait: LedgerWait,
  name: string,
  error: unknown,
): Promise<Error> {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof StepToRetry)
    return ApplicationFailure.create({
      type: FAILURE_TYPE.stepRetry,
      message: 'a step is to be tried again',
      nextRetryDelay: error.delayMs,
    });
  if (error instanceof AttemptFenced)
    return error.by === 'closed'
      ? ApplicationFailure.nonRetryable('the run is closed in the ledger', FAILURE_TYPE.closed)
      : ApplicationFailure.nonRetryable('a newer attempt goes on', FAILURE_TYPE.fenced);
  if (error instanceof LedgerUnavailable) {
    // What was told since is back since: there is nothing more to tell.
    if (error.at >= wait.told.at) noteForNextAttempt({ ledgerAway: true });
    return ApplicationFailure.create({
      type: FAILURE_TYPE.ledgerUnavailable,
      message: 'the ledger is not available',
      nonRetryable: !wait.waits,
      nextRetryDelay: serverRetryMs(),
    });
  }
  if (error instanceof TemporalUnavailable)
    return ApplicationFailure.create({
      type: FAILURE_TYPE.temporalUnavailable,
      message: 'Temporal is not available',
      nextRetryDelay: serverRetryMs(),
    });
  if (Context.current().cancellationSignal.aborted) return new CancelledFailure('cancelled');
  const { workflowExecution } = Context.current().info;
  deps.log.error(
    { err: error, activity: name, run: workflowExecution?.workflowId },
    'an activity met an error that it does not know',
  );
  // With its causes: a database's own words are two below what Drizzle throws.
  const errorSha256 = await putText(deps.content, inspect(error)).catch(() => undefined);
  return ApplicationFailure.create({
    type: FAILURE_TYPE.internal,
    message: 'internal error',
    nonRetryable: true,
    details: [{ errorSha256 }],
  });
}

function serverRetryMs(): number {
  const { soonMs, soonAttempts, laterMs } = SERVER_RETRY;
  return Context.current().info.attempt <= soonAttempts ? soonMs : laterMs;
}

/** The outbox that an activity carries, as the ledger takes it. */
export function outboxOf({ run, version, events }: WithOutbox): Outbox {
  return { run, version, events, temporalRunId: temporalRunId() };
}

/** Of the workflow that scheduled this activity. */
export function temporalRunId(): string {
  const { workflowExecution } = Context.current().info;
  if (!workflowExecution) throw new RangeError('the activity belongs to no workflow');
  return workflowExecution.runId;
}

/** Records the events that an activity carries, before anything else. @throws AttemptFenced */
export async function recordFirst(ledger: RunLedger, input: WithOutbox): Promise<number> {
  const recorded = await ledger.recordEvents(outboxOf(input));
  if (recorded.outcome !== 'recorded') throw new AttemptFenced(recorded.outcome);
  countRecoveries(recorded.fresh);
  return recorded.version;
}
