/** What a run weighs in Temporal: its events and the bytes of its history. */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

/** The report run's budget (issue 3): a fixed part, and a part for each activity. */
export const HISTORY_LIMITS = {
  eventsMax: 18,
  eventsPerActivityMax: 6,
  bytesMax: 40_000,
} as const;

export interface HistoryReport {
  events: number;
  /** Activities scheduled. */
  activities: number;
  /** As the server counts the history. */
  bytes: number;
  /** Largest first. */
  payloads: HistoryPayload[];
  /** Of each type, the bytes of all its events as JSON; heaviest first. */
  eventTypes: { type: string; count: number; jsonBytes: number }[];
}

export interface HistoryPayload {
  event: number;
  /** Where it stands, e.g. `activityTaskScheduledEventAttributes.input`. */
  at: string;
  bytes: number;
}

export const eventsMax = (activities: number): number =>
  HISTORY_LIMITS.eventsMax + HISTORY_LIMITS.eventsPerActivityMax * activities;

interface JsonEvent {
  eventId: string;
  eventType: string;
}

/** @param workflowId of a workflow that has ended: only then its history is whole */
export async function reportHistory(client: Client, workflowId: string): Promise<HistoryReport> {
  const handle = client.workflow.getHandle(workflowId);
  const { historySize = 0 } = await handle.describe();
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: JsonEvent[] };
  const types = new Map<string, { type: string; count: number; jsonBytes: number }>();
  for (const event of history.events) {
    const type = types.get(event.eventType) ?? { type: event.eventType, count: 0, jsonBytes: 0 };
    type.count += 1;
    type.jsonBytes += JSON.stringify(event).length;
    types.set(event.eventType, type);
  }
  return {
    events: history.events.length,
    activities: types.get('EVENT_TYPE_ACTIVITY_TASK_SCHEDULED')?.count ?? 0,
    bytes: historySize,
    payloads: history.events
      .flatMap((event) => [...payloadsIn(event, [], Number(event.eventId))])
      .sort((a, b) => b.bytes - a.bytes),
    eventTypes: [...types.values()].sort((a, b) => b.jsonBytes - a.jsonBytes),
  };
}

function* payloadsIn(value: unknown, path: string[], event: number): Generator<HistoryPayload> {
  if (typeof value !== 'object' || value === null) return;
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (metadata !== undefined && typeof data === 'string')
    yield { event, at: path.join('.'), bytes: Buffer.from(data, 'base64').length };
  else
    for (const [key, member] of Object.entries(value))
      yield* payloadsIn(member, [...path, key], event);
}
