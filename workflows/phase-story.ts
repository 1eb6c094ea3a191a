/** The story of a phase: rounds until its output is accepted, a person where one is needed, effects, hand-over. */
import type { PhasePlan } from '../contracts/plan';
import { allowanceAtStart } from '../domain/budget';
import { endHandedBack } from './budget-story';
import { acceptOutput } from './output-story';
import { recoverFrom, recoverFromLoss } from './round-recovery';
import { enterRound, startRound } from './rounds';
import type { RunRecord } from './run-record';
import { settleSuspension } from './suspension-story';

export async function runPhaseToItsEnd(record: RunRecord, phase: PhasePlan): Promise<void> {
  startRound(record, phase, allowanceAtStart(record.plan, record.state, phase));
  for (;;) {
    const result = await enterRound(record, phase);
    switch (result.outcome) {
      case 'finished':
        if ((await acceptOutput(record, phase, result)) === 'ended') return;
        break;
      case 'suspended':
        await settleSuspension(record, phase, result);
        break;
      case 'handed_back':
        throw endHandedBack(record, phase, result);
      case 'rejected':
        if ((await recoverFrom(record, phase, result)) === 'ended') return;
        break;
      case 'lost':
        if ((await recoverFromLoss(record, phase, result)) === 'degraded') return;
    }
  }
}
