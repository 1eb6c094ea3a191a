/** Tools that a round was to offer and cannot: what is done about it, before its prompt is kept. */
import { putText } from '../../contracts/content';
import { roundKey } from '../../contracts/ids';
import type { RecoveryAction } from '../../contracts/recoveries';
import { holdFor } from '../ledger-wait';
import { noteRecovery } from '../recoveries';
import type { Attempt } from './attempt';
import { RoundRejected, RoundSuspended } from './interruptions';
import { type LeftOutTool, leftOutWords, type Offer } from './offered-tools';

/** @throws RoundSuspended, RoundRejected where the phase cannot do without one of them */
export async function goWithout(attempt: Attempt, offer: Offer): Promise<void> {
  for (const leftOut of offer.leftOut) await goWithoutOne(attempt, offer, leftOut);
}

async function goWithoutOne(attempt: Attempt, offer: Offer, leftOut: LeftOutTool): Promise<void> {
  const { phase, round, ledger, content } = attempt;
  const policy = phase.tools.find(({ tool }) => tool === leftOut.tool);
  const failure = 'tool_unavailable' as const;
  const stepKey = `${roundKey(round)}/${leftOut.tool}`;
  const hold = holdFor(stepKey);
  const rejected = new RoundRejected(failure, leftOutWords(leftOut));
  for (const action of policy?.ladders[failure] ?? attempt.ladders[failure]) {
    switch (action) {
      case 'fallback_tool':
        // The agent has it, and calls it itself.
        if (offer.tools.some(({ name }) => name === policy?.fallback?.tool)) return note(action);
        break;
      case 'skip':
      case 'tell_agent':
        if (!policy?.required) return note(action);
        break;
      case 'degrade':
        if (!phase.required) throw rejected;
        break;
      case 'ask_operator': {
        const digest = await putText(content, leftOutWords(leftOut));
        throw new RoundSuspended([{ reason: 'operator', stepKey, digest, failure }]);
      }
    }
  }
  throw rejected;

  async function note(action: RecoveryAction): Promise<void> {
    await hold(() => noteRecovery(ledger, { round, stepKey, failure, action, once: true }));
  }
}
