/** What follows when no round of a phase does: it degrades, a person decides, or the run ends. */
import type { Handover } from '../contracts/activities';
import type { Sha256 } from '../contracts/content';
import type { FailureKind } from '../contracts/failures';
import type { PhasePlan } from '../contracts/plan';
import type { Ladder, RunAction } from '../contracts/recoveries';
import { phaseOf } from '../domain/run-state';
import { RunEnding } from './ending';
import { recovered } from './recovered';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

/** What a person is shown of what went wrong; an output that may be accepted all the same. */
export interface Evidence {
  digest: Sha256;
  unverified?: Handover;
}

/** No round follows by itself: the phase degrades, a person decides, or the run ends. */
export async function giveUp(
  record: RunRecord,
  phase: PhasePlan,
  failure: FailureKind,
  ladder: Ladder,
  evidence: Evidence,
): Promise<'again' | 'accepted' | 'degraded'> {
  for (const action of ladder) {
    switch (action) {
      case 'degrade':
        if (phase.required) break;
        recovered(record, phase, failure, action);
        return degrade(record, phase, failure);
      case 'ask_person':
      case 'ask_operator':
        return askOperator(record, phase, failure, evidence, action);
      case 'end_run':
        throw RunEnding.failed(failure);
    }
  }
  throw RunEnding.failed(failure);
}

function degrade(record: RunRecord, phase: PhasePlan, failure: FailureKind): 'degraded' {
  const { spend } = phaseOf(record.state, phase.name);
  record.record({ type: 'phase_degraded', phase: phase.name, failure, spend });
  return 'degraded';
}

/** Parks until an operator says that the cause is mended, takes what there is, or stops the run. */
export async function askOperator(
  record: RunRecord,
  phase: PhasePlan,
  failure: FailureKind,
  { digest, unverified }: Evidence,
  action: RunAction = 'ask_operator',
): Promise<'again' | 'accepted'> {
  recovered(record, phase, failure, action);
  const { decision } = await askPerson(record, phase, {
    kind: 'operator',
    reason: failure,
    ...(unverified ? { digest: unverified.output, reportSha256: digest } : { digest }),
    options: unverified ? ['accept', 'resume', 'stop'] : ['resume', 'stop'],
  });
  return decision === 'accept' ? 'accepted' : 'again';
}
