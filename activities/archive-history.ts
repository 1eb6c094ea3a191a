/** `archiveHistory`: keeps what a Temporal run did, before the next one goes on without it. */
import type { Acknowledged, WithOutbox } from '../contracts/activities';
import type { Histories } from '../contracts/histories';
import type { Ledger } from '../contracts/ledger';
import { recordFirst, temporalRunId } from './activity-frame';
import { storedHistory } from './close-run';

export function createArchiveHistory(deps: { ledger: Ledger; histories: Histories }) {
  return async (input: WithOutbox): Promise<Acknowledged> => {
    const recordedVersion = await recordFirst(deps.ledger, input);
    const id = temporalRunId();
    const { historySha256 } = await storedHistory(deps, input.run.workflowId, id);
    if (historySha256)
      await deps.ledger.keepHistory(input.run, { temporalRunId: id, historySha256 });
    return { recordedVersion };
  };
}
