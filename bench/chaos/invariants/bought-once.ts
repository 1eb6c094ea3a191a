import { PHASE_LIMITS } from '../../../contracts/limits';
import type { BillLine } from '../../../simulator';
import type { FaultWindow } from '../fault-log';
import type { Evidence, Invariant } from './evidence';

/** How long after a fault an attempt may still be given up for it: heartbeats were missing. */
const NOTICED_WITHIN_MS = PHASE_LIMITS.heartbeatMs.default;

/**
 * A request that came again has a first one whose answer was not delivered, or whose attempt was
 * killed, cut off from Temporal or from the provider, frozen or starved before the second came. A
 * ledger that is slow, frozen or cut off excuses nothing: an answer that has arrived is held.
 */
export const boughtOnce: Invariant = ({ bill, windows }) => {
  const again = repeats(bill);
  const unexcused = again.filter(({ first, next }) => excuse(first, next, windows) === undefined);
  const undelivered = again.filter(({ first }) => !first.delivered).length;
  return {
    invariant: 'nothing is bought twice without cause',
    figures: `${bill.length} calls on the bill, ${again.length} came again: ${undelivered} after an answer that was not delivered, ${again.length - undelivered - unexcused.length} after an attempt that was lost, ${unexcused.length} without cause`,
    violations: unexcused.map(
      ({ first, next }) =>
        `${stepKeyOf(first)}: ${first.requestId} at ${first.at} was delivered to ${workerOf(first)} at ${first.endedAt}, and ${next.requestId} bought it again at ${next.at} for ${workerOf(next)}`,
    ),
  };
};

/** The same step always asks the same: what was read back leads to the same next request. */
export const sameRequests: Invariant = ({ bill }) => {
  const byKey = groups(bill, stepKeyOf);
  const changed = [...byKey].filter(
    ([, lines]) => new Set(lines.map(({ requestDigest }) => requestDigest)).size > 1,
  );
  return {
    invariant: 'a step asks the same, however often it is tried',
    figures: `${byKey.size} steps`,
    violations: changed.map(
      ([key, lines]) =>
        `${key}: ${lines.map(({ requestId, at, requestDigest }) => `${requestId} at ${at} ${requestDigest.slice(0, 8)}`).join(', ')}`,
    ),
  };
};

function repeats(bill: readonly BillLine[]): { first: BillLine; next: BillLine }[] {
  const same = groups(bill, (line) => `${stepKeyOf(line)} ${line.requestDigest}`);
  return [...same.values()].flatMap((lines) =>
    lines.flatMap((next, index) => {
      const first = lines[index - 1];
      return first === undefined ? [] : [{ first, next }];
    }),
  );
}

/** Why a request may have come again, if there is a reason. */
function excuse(
  first: BillLine,
  next: BillLine,
  windows: Evidence['windows'],
): FaultWindow | 'undelivered' | undefined {
  if (!first.delivered) return 'undelivered';
  return windows.find(
    (window) =>
      hits(window, workerOf(first)) &&
      window.fromMs <= Date.parse(next.at) &&
      window.toMs + NOTICED_WITHIN_MS >= Date.parse(first.at),
  );
}

/** Whether a fault can have cost this worker's attempt. */
function hits({ fault }: FaultWindow, worker: string): boolean {
  switch (fault.kind) {
    case 'worker_killed':
    case 'worker_frozen':
      return fault.worker === worker;
    case 'link_cut':
      return fault.link === `${worker}>temporal` || fault.link === `${worker}>provider`;
    case 'temporal_restarted':
    case 'machine_starved':
      return true;
    case 'ledger_frozen':
    case 'ledger_slow':
      return false;
  }
}

const stepKeyOf = ({ headers }: BillLine): string => headers['idempotency-key'] ?? '';
/** Each worker has a key of its own. */
const workerOf = ({ headers }: BillLine): string =>
  (headers.authorization ?? '').replace(/^Bearer /, '');

function groups(bill: readonly BillLine[], keyOf: (line: BillLine) => string) {
  const found = new Map<string, BillLine[]>();
  for (const line of bill) found.set(keyOf(line), [...(found.get(keyOf(line)) ?? []), line]);
  return found;
}
