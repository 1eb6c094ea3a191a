/**
 * `reconcileRuns`: finds runs that were terminated, timed out or forgotten in Temporal without their
 * own closing steps, and closes them in the ledger, reservations and all; and runs that have not heard
 * of a switch, and tells them.
 */
import type { Reconciled } from '../../contracts/activities';
import { putJson } from '../../contracts/content';
import type { Histories } from '../../contracts/histories';
import { type RunId, runKey } from '../../contracts/ids';
import { RECONCILE } from '../../contracts/limits';
import { mapInParallel } from '../../contracts/parallel';
import type { RunEvent } from '../../contracts/run-state';
import { RECOVERY, type RecoveryTable } from '../../domain/recovery';
import { type ClosingDeps, closeWithResult } from '../run-result';
import { endedOutside, tellRun } from './tell-run';

export interface ReconcileDeps extends ClosingDeps {
  histories: Histories;
  /** Default `RECOVERY`; the chaos suite switches rows off. */
  recoveries?: RecoveryTable;
  /** Signals a run that a switch has changed. */
  tellSwitched(run: RunId): Promise<void>;
  log: { error(details: object, message: string): void };
}

export function createReconcileRuns(deps: ReconcileDeps) {
  const { ladder } = (deps.recoveries ?? RECOVERY).ended_outside;

  /** Returns for how many it came true; one that cannot be seen to is met again next time. */
  async function seeTo(runs: RunId[], see: (run: RunId) => Promise<boolean>): Promise<number> {
    const seen = await mapInParallel(runs, RECONCILE.describedAtOnce, async (run) => {
      try {
        return await see(run);
      } catch (error) {
        deps.log.error({ err: error, run: runKey(run) }, 'a run could not be reconciled');
        return false;
      }
    });
    return seen.filter(Boolean).length;
  }

  return async (): Promise<Reconciled> => {
    const suspects = ladder.includes('end_run') ? await suspectsOf(deps) : [];
    const closed = await seeTo(
      suspects,
      async (run) => (await hasEnded(deps, run)) && (await closeFromOutside(deps, run)),
    );
    const strays = await deps.ledger.strayRuns(RECONCILE.quietMs, RECONCILE.runsMax);
    const told = await seeTo(strays, async (run) => {
      await deps.tellSwitched(run);
      return true;
    });
    return { looked: suspects.length, closed, told };
  };
}

/** Open and quiet in the ledger, and not running by Temporal's list, which lags behind: a first sieve. */
async function suspectsOf({ ledger, histories }: ReconcileDeps): Promise<RunId[]> {
  const open = await ledger.quietRuns(RECONCILE.quietMs, RECONCILE.runsMax);
  if (open.length === 0) return [];
  const running = await histories.running();
  const seen = new Map<string, number>();
  for (const { workflowId } of open) seen.set(workflowId, (seen.get(workflowId) ?? 0) + 1);
  // Of two open runs of one business key the list can only tell that one of them runs.
  return open.filter(
    ({ workflowId }) => !running.has(workflowId) || (seen.get(workflowId) ?? 0) > 1,
  );
}

/** Whether Temporal itself says so: the business key may belong to a newer run by now. */
async function hasEnded({ histories }: ReconcileDeps, run: RunId): Promise<boolean> {
  const newest = await histories.newest(run.workflowId);
  return newest?.firstRunId !== run.firstRunId || newest.status !== 'running';
}

async function closeFromOutside(deps: ReconcileDeps, run: RunId): Promise<boolean> {
  const { ledger, histories } = deps;
  const known = await ledger.knownRun(run);
  if (!known || known.closed) return false;
  const told = await tellRun(deps, run);
  const events = told?.events ?? [];
  const lastVersion = Math.max(events.at(-1)?.version ?? 0, known.state.version);
  const end = events.find(isEnd) ?? endedOutside(lastVersion + 1, Date.now(), false);
  const temporalRunId = told?.temporalRunId ?? known.temporalRunId ?? run.firstRunId;
  const history = await histories.fetch(run.workflowId, temporalRunId);
  const { recorded } = await closeWithResult(deps, {
    run,
    temporalRunId,
    version: end.version,
    events: [...events.filter((event) => !isEnd(event)), end],
    status: end.status,
    ...(history === undefined ? {} : { historySha256: await putJson(ledger.content, history) }),
  });
  return recorded.outcome === 'recorded';
}

const isEnd = (event: RunEvent): event is RunEvent & { type: 'run_ended' } =>
  event.type === 'run_ended';
