/** A suspended round: what it waits for is done, then it goes on where it stopped. */
import { sleep } from '@temporalio/workflow';
import type { RunPhaseResult, SuspendedItem } from '../contracts/activities';
import type { PhasePlan } from '../contracts/plan';
import type { OutputFacts } from '../contracts/run-state';
import { factsOf } from '../domain/run-state';
import { askAboutEffect } from './approval-story';
import { findMoney } from './budget-story';
import { carryOut } from './effect-story';
import { askOperator } from './giving-up';
import { waitWhileHeld } from './hold-story';
import { askQuestion } from './review-story';
import { reenter, type Terms } from './rounds';
import type { RunRecord } from './run-record';

type Suspended = Extract<RunPhaseResult, { outcome: 'suspended' }>;

export async function settleSuspension(
  record: RunRecord,
  phase: PhasePlan,
  { items, spend, ...facts }: Suspended,
): Promise<void> {
  const reasons = [...new Set(items.map(({ reason }) => reason))];
  record.record({ type: 'phase_suspended', phase: phase.name, reasons, spend });
  let terms: Terms = {};
  for (const item of items)
    terms = { ...terms, ...(await settleItem(record, phase, item, factsOf(facts))) };
  reenter(record, phase, terms);
}

/** Returns new terms where the item was about money, or where a person has done the work meanwhile. */
async function settleItem(
  record: RunRecord,
  phase: PhasePlan,
  item: SuspendedItem,
  facts: OutputFacts,
): Promise<Terms | undefined> {
  switch (item.reason) {
    case 'budget':
      return findMoney(record, phase, item);
    case 'long_wait':
    case 'no_place':
      await sleep(item.waitMs ?? 0);
      return undefined;
    case 'operator':
      await askOperator(record, phase, item.failure ?? 'internal_error', { digest: item.digest });
      return undefined;
    case 'effect': {
      const effect = { stepKey: item.stepKey, tool: item.tool ?? '', inputSha256: item.digest };
      const decided = await askAboutEffect(record, phase, effect, facts);
      // An answer of a person stands in for it.
      if (decided?.decision !== 'respond') await carryOut(record, phase, effect, 'agent');
      return undefined;
    }
    case 'question': {
      const { stepKey, digest } = item;
      await askQuestion(record, phase, stepKey, digest);
      return undefined;
    }
    case 'held_up': {
      if (!item.heldBy) throw new RangeError('held up by nothing');
      const edited = await waitWhileHeld(record, phase, item.heldBy);
      return edited && { edited };
    }
  }
}
