/**
 * What frames every activity: heartbeats by a timer, events first, and one translation of whatever
 * is thrown into failures whose messages are fixed, because failures land in history.
 */
import { inspect } from 'node:util';
import { type ActivityInterface, Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { WithOutbox } from '../contracts/activities';
import { type ContentStore, putText } from '../contracts/content';
import { LedgerUnavailable, TemporalUnavailable } from '../contracts/errors';
import { FAILURE_TYPE } from '../contracts/failures';
import type { Outbox, RunLedger } from '../contracts/ledger';
import { AttemptFenced, StepToRetry } from './agent/interruptions';
import { countRecoveries } from './recoveries';

/** Pause before an activity that found no ledger, or no Temporal, is tried again. */
const SERVER_RETRY_MS = 1_000;
/** Heartbeats go out three times within their time-out, so that one may be late. */
const HEARTBEATS_PER_TIMEOUT = 3;

export interface FrameDeps {
  content: ContentStore;
  log: { error(details: object, message: string): void };
  /** Whether an activity that finds no ledger is tried again. */
  waitsForLedger: boolean;
}

/** Wraps each activity of a table in the frame. */
export function framed<T extends ActivityInterface>(deps: FrameDeps, activities: T): T {
  const wrap =
    (name: string, activity: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]) => {
      const stop = heartbeatByTimer();
      try {
        return await activity(...args);
      } catch (error) {
        throw await translate(deps, name, error);
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

/** What heartbeats carry, by attempt. */
const notes = new WeakMap<Context, string>();

/** Leaves a word with Temporal that the next attempt finds, whatever becomes of this process and the ledger. */
export function noteForNextAttempt(note: string): void {
  const context = Context.current();
  notes.set(context, note);
  context.heartbeat(note);
}

/** The last word that an earlier attempt of this activity has left. */
export function noteOfEarlierAttempt(): unknown {
  return Context.current().info.heartbeatDetails;
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

async function translate(deps: FrameDeps, name: string, error: unknown): Promise<Error> {
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
  if (error instanceof LedgerUnavailable && deps.waitsForLedger)
    return ApplicationFailure.create({
      type: FAILURE_TYPE.ledgerUnavailable,
      message: 'the ledger is not available',
      nextRetryDelay: SERVER_RETRY_MS,
    });
  if (error instanceof TemporalUnavailable)
    return ApplicationFailure.create({
      type: FAILURE_TYPE.temporalUnavailable,
      message: 'Temporal is not available',
      nextRetryDelay: SERVER_RETRY_MS,
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
