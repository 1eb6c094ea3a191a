import { short } from './activity-proxies';
import type { RunRecord } from './run-record';

/** Shows what has happened while no activity is due that would carry it. */
export async function recordNow(record: RunRecord): Promise<void> {
  const recorded = await short.recordEvents(record.outbox());
  record.acknowledge(recorded);
  // That it was waited for is an event, too.
  if (recorded.ledgerWaits) await recordNow(record);
}
