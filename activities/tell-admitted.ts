/** A ledger that lets runs begin tells them so: whatever made room, in one place. */
import type { RunId } from '../contracts/ids';
import type { Ledger, MayBegin } from '../contracts/ledger';

export interface TellDeps {
  /** Signals a queued run that it may begin. */
  tellAdmitted(run: RunId): Promise<void>;
  log: { warn(details: object, message: string): void };
}

/** What gets lost on its way costs time only: the run is told again, and asks by itself. */
export function tellingAdmitted(ledger: Ledger, { tellAdmitted, log }: TellDeps): Ledger {
  async function told<T extends object | MayBegin>(answering: Promise<T>): Promise<T> {
    const answer = await answering;
    if ('mayBegin' in answer)
      await Promise.all(
        answer.mayBegin.map((run) =>
          tellAdmitted(run).catch((error) =>
            log.warn({ err: error, run: run.workflowId }, 'a run was not told that it may begin'),
          ),
        ),
      );
    return answer;
  }
  return {
    ...ledger,
    openRun: (run) => told(ledger.openRun(run)),
    askAdmission: (run) => told(ledger.askAdmission(run)),
    recordEvents: (outbox) => told(ledger.recordEvents(outbox)),
    closeRun: (run) => told(ledger.closeRun(run)),
  };
}
