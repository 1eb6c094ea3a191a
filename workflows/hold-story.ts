/** A run that is held up: by a switch of its own, or of what it belongs to or uses. */
import { condition, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { DRAIN } from '../contracts/limits';
import { SWITCHED_SIGNAL } from '../contracts/messages';
import type { PhasePlan } from '../contracts/plan';
import type { Edited } from '../contracts/run-state';
import type { HeldBy } from '../contracts/switches';
import { allEnded } from '../domain/graph';
import { short } from './activity-proxies';
import { RunEnding } from './ending';
import { recordNow } from './record-now';
import { openReview } from './review-story';
import type { RunRecord } from './run-record';

const switched = defineSignal(SWITCHED_SIGNAL);

/**
 * Asks whenever it is told that a switch has changed: the ledger knows, the signal does not. What a
 * refused claim has told is asked about too, since it may be over by now.
 * @throws RunEnding once a run that is to stop has nothing under way any more
 */
export async function watchHolds(record: RunRecord): Promise<never> {
  let told = false;
  setHandler(switched, () => {
    told = true;
  });
  /** The switch of the ledger's last answer. */
  let confirmed: string | undefined;
  let drain: { since: number; idleAnswers: number } | undefined;
  for (;;) {
    const isNews = () => told || record.state.heldBy?.switchId !== confirmed;
    const isDue = () => isNews() || (drain !== undefined && isDrained(record));
    if (drain) await condition(isDue, DRAIN.askMs);
    else await condition(isDue);
    if (drain && !isNews() && (isDrained(record) || isOver(drain))) throw RunEnding.stopped();
    told = false;
    const asked = await short.askHold(record.outbox());
    record.acknowledge(asked);
    tellOfHold(record, asked.heldBy);
    confirmed = asked.heldBy?.switchId;
    if (record.hasUnacknowledged) await recordNow(record);
    if (asked.heldBy?.mode !== 'stop') drain = undefined;
    else
      drain = {
        since: drain?.since ?? Date.now(),
        idleAnswers: asked.idle ? (drain?.idleAnswers ?? 0) + 1 : 0,
      };
  }
}

/** Calls that were under way have been recorded; a run that is through with its work has completed. */
function isDrained(record: RunRecord): boolean {
  const { plan, state, effectsUnderWay } = record;
  const works = Object.values(state.phases).some(({ status }) => status === 'running');
  return !works && effectsUnderWay === 0 && !allEnded(plan, state);
}

/** What still counts as running only waits to be tried again, or takes too long. */
const isOver = ({ since, idleAnswers }: { since: number; idleAnswers: number }): boolean =>
  idleAnswers >= DRAIN.idleAnswers || Date.now() - since >= DRAIN.msMax;

export function tellOfHold(record: RunRecord, heldBy: HeldBy | undefined): void {
  const known = record.state.heldBy;
  if (heldBy && heldBy.switchId !== known?.switchId) record.record({ type: 'run_held', heldBy });
  if (!heldBy && known) record.record({ type: 'run_let_go' });
}

export const letGo = (record: RunRecord): Promise<void> =>
  condition(() => record.state.heldBy === undefined);

/** Of a run that has nothing under way: each signal adds to its history, which may become long. */
export const letGoOrLong = (record: RunRecord): Promise<void> =>
  condition(() => record.state.heldBy === undefined || workflowInfo().continueAsNewSuggested);

/** A phase that was paused can be taken over meanwhile: a person gives its output. */
export async function waitWhileHeld(
  record: RunRecord,
  phase: PhasePlan,
  heldBy: HeldBy,
): Promise<Edited | undefined> {
  tellOfHold(record, heldBy);
  // One that is to stop ends, unless it is let go in time.
  if (record.plan.admits) await condition(() => record.state.heldBy?.mode !== 'stop');
  else await letGo(record);
  if (!record.state.heldBy) return undefined;
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
