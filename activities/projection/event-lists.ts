/**
 * What the history of one Temporal run tells of its run: the event lists that its activities were
 * given, how it was opened, and how Temporal says it ended. Nothing is decided anew.
 */
import { z } from 'zod';
import type { OpenRunResult, WithOutbox } from '../../contracts/activities';
import type { TemporalStatus } from '../../contracts/histories';
import type { RunPlan } from '../../contracts/plan';
import type { TeamRunStart } from '../../contracts/run';
import type { RunEvent } from '../../contracts/run-state';

export interface ToldByHistory {
  opened?: { start: TeamRunStart; plan: RunPlan };
  /** By version; a list that comes later has the last word. */
  events: Map<number, RunEvent>;
  /** The Temporal run that continued as this one. */
  continuedFrom?: string;
  /** Absent while it runs; `at` in ms since the epoch. */
  end?: { status: TemporalStatus; at: number };
}

const Payloads = z.object({ payloads: z.array(z.object({ data: z.string().optional() })) });
/** The parts of Temporal's history JSON that are read here. */
const History = z.object({
  events: z.array(
    z.object({
      eventId: z.coerce.number(),
      eventTime: z.coerce.date(),
      eventType: z.string(),
      workflowExecutionStartedEventAttributes: z
        .object({ continuedExecutionRunId: z.string().optional() })
        .optional(),
      activityTaskScheduledEventAttributes: z
        .object({ activityType: z.object({ name: z.string() }), input: Payloads.optional() })
        .optional(),
      activityTaskCompletedEventAttributes: z
        .object({ scheduledEventId: z.coerce.number(), result: Payloads.optional() })
        .optional(),
    }),
  ),
});
type HistoryEvent = z.infer<typeof History>['events'][number];

const ENDS: Record<string, TemporalStatus> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: 'completed',
  EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: 'failed',
  EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: 'cancelled',
  EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: 'terminated',
  EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: 'timed_out',
  EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'continued',
};

/** @throws ZodError for what is no history of Temporal's. */
export function readHistory(json: unknown): ToldByHistory {
  const told: ToldByHistory = { events: new Map() };
  const opening = new Map<number, TeamRunStart>();
  for (const event of History.parse(json).events) {
    const continued = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (continued) told.continuedFrom = continued;
    readScheduled(event, told, opening);
    readCompleted(event, told, opening);
    const status = ENDS[event.eventType];
    if (status) told.end = { status, at: event.eventTime.getTime() };
  }
  return told;
}

function readScheduled(
  { eventId, activityTaskScheduledEventAttributes: scheduled }: HistoryEvent,
  told: ToldByHistory,
  opening: Map<number, TeamRunStart>,
): void {
  const input = firstOf<Partial<WithOutbox> & { start?: TeamRunStart }>(scheduled?.input);
  if (scheduled?.activityType.name === 'openRun' && input?.start) opening.set(eventId, input.start);
  for (const event of input?.events ?? []) told.events.set(event.version, event);
}

function readCompleted(
  { activityTaskCompletedEventAttributes: completed }: HistoryEvent,
  told: ToldByHistory,
  opening: Map<number, TeamRunStart>,
): void {
  const start = completed && opening.get(completed.scheduledEventId);
  if (!start) return;
  const result = firstOf<OpenRunResult>(completed.result);
  if (result && result.outcome !== 'refused') told.opened = { start, plan: result.plan };
}

/** The first argument, or the result, as our own activities wrote it. */
function firstOf<T>(payloads: z.infer<typeof Payloads> | undefined): T | undefined {
  const data = payloads?.payloads[0]?.data;
  return data ? (JSON.parse(Buffer.from(data, 'base64').toString()) as T) : undefined;
}
