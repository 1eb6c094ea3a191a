/** A run that is held up: by a switch of its own, or of what it belongs to or uses. */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { SWITCHED_SIGNAL } from '../contracts/messages';
import type { PhasePlan } from '../contracts/plan';
import type { Edited } from '../contracts/run-state';
import type { HeldBy } from '../contracts/switches';
import { short } from './activity-proxies';
import { RunEnding } from './ending';
import { recordNow } from './record-now';
import { openReview } from './review-story';
import type { RunRecord } from './run-record';

const switched = defineSignal(SWITCHED_SIGNAL);

/**
 * Asks whenever it is told that a switch has changed: the ledger knows, the signal does not.
 * @throws RunEnding once a run that is to stop has nothing under way any more
 */
export async function watchHolds(record: RunRecord): Promise<never> {
  // What held up the Temporal run before this one may be off by now.
  let told = record.state.heldBy !== undefined;
  setHandler(switched, () => {
    told = true;
  });
  for (;;) {
    await condition(() => told || isToEnd(record));
    if (isToEnd(record)) throw RunEnding.stopped();
    told = false;
    const asked = await short.askHold(record.outbox());
    record.acknowledge(asked);
    tellOfHold(record, asked.heldBy);
    if (record.hasUnacknowledged) await recordNow(record);
  }
}

function isToEnd({ state }: RunRecord): boolean {
  const drained = Object.values(state.phases).every(({ status }) => status !== 'running');
  return state.heldBy?.mode === 'stop' && drained;
}

export function tellOfHold(record: RunRecord, heldBy: HeldBy | undefined): void {
  const known = record.state.heldBy;
  if (heldBy && heldBy.switchId !== known?.switchId) record.record({ type: 'run_held', heldBy });
  if (!heldBy && known) record.record({ type: 'run_let_go' });
}

export const letGo = (record: RunRecord): Promise<void> =>
  condition(() => record.state.heldBy === undefined);

/** A phase that was paused can be taken over meanwhile: a person gives its output. */
export async function waitWhileHeld(
  record: RunRecord,
  phase: PhasePlan,
  heldBy: HeldBy,
): Promise<Edited | undefined> {
  tellOfHold(record, heldBy);
  if (heldBy.mode === 'stop' || !record.plan.admits) {
    await letGo(record);
    return undefined;
  }
  const { id } = openReview(record, phase, {
    kind: 'take_over',
    reason: 'taken_over',
    digest: record.plan.resolvedTeamSha256,
    options: ['edit', 'delegate', 'stop'],
  });
  await recordNow(record);
  await condition(() => record.decisionOn(id) !== undefined || record.state.heldBy === undefined);
  const decision = record.decisionOn(id);
  if (decision?.decision === 'stop') throw RunEnding.stopped();
  if (decision?.outputSha256) return { output: decision.outputSha256, by: decision.actor };
  record.record({ type: 'review_withdrawn', reviewId: id });
  return undefined;
}
