/** `closeRun`: archives the history, composes the result, raises the fence for good. */
import type { Acknowledged, CloseRunInput } from '../contracts/activities';
import { type ContentStore, putJson, type Sha256 } from '../contracts/content';
import type { Histories } from '../contracts/histories';
import type { RunEnd } from '../contracts/run-status';
import { outboxOf } from './activity-frame';
import { AttemptFenced } from './agent/interruptions';
import { countRecoveries } from './recoveries';
import { type ClosingDeps, closeWithResult } from './run-result';

export interface CloseRunDeps extends ClosingDeps {
  histories: Histories;
}

export function createCloseRun(deps: CloseRunDeps) {
  return async (input: CloseRunInput): Promise<RunEnd & Acknowledged> => {
    const outbox = outboxOf(input);
    const { status } = input;
    const history = await storedHistory(deps, input.run.workflowId, outbox.temporalRunId);
    const { resultSha256, recorded } = await closeWithResult(deps, {
      ...outbox,
      status,
      ...history,
    });
    if (recorded.outcome !== 'recorded') throw new AttemptFenced(recorded.outcome);
    countRecoveries(recorded.fresh);
    return { recordedVersion: recorded.version, status, resultSha256 };
  };
}

/** Fetched and stored; nothing where the server cannot give it any more. */
export async function storedHistory(
  { ledger, histories }: { ledger: { content: ContentStore }; histories: Histories },
  workflowId: string,
  temporalRunId: string,
): Promise<{ historySha256?: Sha256 }> {
  const history = await histories.fetch(workflowId, temporalRunId);
  return history === undefined ? {} : { historySha256: await putJson(ledger.content, history) };
}
