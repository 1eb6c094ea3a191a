/**
 * Makes a run's state versions and events again from the event lists in its history, live or
 * archived. Steps are not in the history and are not rebuilt.
 */
import { UserError } from '../../contracts/errors';
import { type RunId, runKey } from '../../contracts/ids';
import type { LedgerReader } from '../../contracts/reader';
import type { RebuildReport } from '../../contracts/rebuild';
import { type TellDeps, type ToldRun, tellRun } from './tell-run';

export interface RebuildDeps extends TellDeps {
  reader: LedgerReader;
  namespace: string;
  /** Who answers the model calls, for a run whose row is lost as well. */
  provider: string;
}

/** @throws UserError `not_found` for a run that nothing tells of; `conflict` for one that never began */
export function createRebuildRun(deps: RebuildDeps) {
  return async (id: string): Promise<RebuildReport> => {
    const run = await runOf(deps, id);
    const told = run && (await tellRun(deps, run));
    if (!told)
      throw new UserError(
        'not_found',
        `Neither Temporal nor the archive has a history of the run "${id}": it cannot be rebuilt.`,
      );
    if (!told.opened)
      throw new UserError(
        'conflict',
        `The run "${id}" was never opened: there is nothing to rebuild.`,
      );
    await reopen(deps, run, told);
    // The history is read again while the run's row is locked: what is recorded by then is in it.
    const rebuilt = await deps.ledger.rebuild(run, async () => {
      const { events, complete } = (await tellRun(deps, run)) ?? told;
      return { events, complete };
    });
    return { run: id, ...rebuilt };
  };
}

async function runOf(deps: RebuildDeps, id: string): Promise<RunId | undefined> {
  const view = await deps.reader.getRun(id);
  const firstRunId = view?.firstRunId ?? (await deps.histories.newest(id))?.firstRunId;
  return firstRunId === undefined
    ? undefined
    : { namespace: deps.namespace, workflowId: id, firstRunId };
}

/** Where even the run's row is lost. */
async function reopen({ ledger, provider }: RebuildDeps, run: RunId, told: ToldRun): Promise<void> {
  if (!told.opened || (await ledger.knownRun(run))) return;
  const { start, plan } = told.opened;
  await ledger.openRun({
    run,
    temporalRunId: told.temporalRunId,
    plan,
    user: start.user,
    teamSha256: start.teamSha256,
    inputSha256: start.inputSha256,
    provider,
    ...(start.documentsSha256 ? { documentsSha256: start.documentsSha256 } : {}),
    ...(start.fork ? { forkedFrom: runKey(start.fork.run) } : {}),
  });
}
