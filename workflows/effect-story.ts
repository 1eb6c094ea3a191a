/** An effect: carried out once; where nobody can tell whether it was, a person decides. */
import type { PendingEffect } from '../contracts/activities';
import type { PhasePlan } from '../contracts/plan';
import { short } from './activity-proxies';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

/** Returns the artifact of the effect's result. */
export async function performEffect(
  record: RunRecord,
  phase: PhasePlan,
  effect: PendingEffect,
): Promise<string> {
  let again = false;
  for (let entry = 1; ; entry++) {
    const performed = await short.performEffect({
      ...record.outbox(),
      phase: phase.name,
      stepKey: effect.stepKey,
      tool: effect.tool,
      inputSha256: effect.inputSha256,
      entry,
      again,
    });
    record.acknowledge(performed.recordedVersion);
    if (performed.outcome === 'done') return performed.resultSha256;
    const unknown = performed.outcome === 'unknown';
    const decision = await askPerson(record, {
      kind: 'operator',
      phase: phase.name,
      reason: unknown ? 'effect_unknown' : 'effect_failed',
      digest: effect.inputSha256,
      options: unknown ? ['approve', 'resume', 'stop'] : ['resume', 'stop'],
    });
    if (decision === 'approve') return effect.inputSha256;
    again = decision === 'resume';
  }
}
