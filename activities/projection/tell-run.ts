/** Puts together what all Temporal runs of a run tell, live or archived, the oldest first. */
import { getJson } from '../../contracts/content';
import type { Histories } from '../../contracts/histories';
import type { RunId } from '../../contracts/ids';
import type { ArchivedHistory, Ledger } from '../../contracts/ledger';
import type { RunEvent } from '../../contracts/run-state';
import type { RunEndStatus } from '../../contracts/run-status';
import { readHistory, type ToldByHistory } from './event-lists';

export interface ToldRun {
  opened?: NonNullable<ToldByHistory['opened']>;
  /** In order, an end from outside included. */
  events: RunEvent[];
  /** Whether the newest Temporal run could be read to its present end, not only as it was archived. */
  complete: boolean;
  /** The newest Temporal run. */
  temporalRunId: string;
}

export interface TellDeps {
  ledger: Ledger;
  histories: Histories;
}

/** Undefined where neither Temporal nor the archive knows anything of the run. */
export async function tellRun(deps: TellDeps, run: RunId): Promise<ToldRun | undefined> {
  const { ledger, histories } = deps;
  const archive = await ledger.historiesOf(run);
  const newest = await histories.newest(run.workflowId);
  const live = newest?.firstRunId === run.firstRunId ? newest.temporalRunId : undefined;
  const known = await ledger.knownRun(run);
  // A reset after the end changed nothing any more: the run is told by what closed it.
  const closing = known?.closed ? archive.at(-1)?.temporalRunId : undefined;
  const temporalRunId = closing ?? live ?? known?.temporalRunId ?? run.firstRunId;

  const read = readerOf(deps, run, archive);
  const chain: ToldByHistory[] = [];
  let complete = false;
  // Where the newest one is lost, the newest that was archived tells the most.
  for (const start of [temporalRunId, ...archive.map((kept) => kept.temporalRunId).reverse()]) {
    for (let id: string | undefined = start; id !== undefined; id = chain[0]?.continuedFrom) {
      const history = await read(id);
      if (!history) break;
      complete ||= id === temporalRunId && history.live;
      chain.unshift(history.told);
    }
    if (chain.length > 0) break;
  }
  if (chain.length === 0) return undefined;
  const byVersion = new Map(chain.flatMap((told) => [...told.events]));
  const events = [...byVersion.values()].sort((a, b) => a.version - b.version);
  const opened = chain.find((told) => told.opened)?.opened;
  const end = complete ? chain.at(-1)?.end : undefined;
  return {
    events: withEnd(events, end),
    complete,
    temporalRunId,
    ...(opened ? { opened } : {}),
  };
}

/** One history, from Temporal or else from the archive. */
function readerOf({ ledger, histories }: TellDeps, run: RunId, archive: ArchivedHistory[]) {
  return async (id: string): Promise<{ told: ToldByHistory; live: boolean } | undefined> => {
    const fetched = await histories.fetch(run.workflowId, id);
    if (fetched !== undefined) return { told: readHistory(fetched), live: true };
    const kept = archive.find(({ temporalRunId }) => temporalRunId === id);
    if (!kept) return undefined;
    return { told: readHistory(await getJson(ledger.content, kept.historySha256)), live: false };
  };
}

/** A run that Temporal has ended and that did not end itself was ended from outside. */
function withEnd(events: RunEvent[], end: ToldByHistory['end']): RunEvent[] {
  const last = events.at(-1);
  if (!end || !last || last.type === 'run_ended') return events;
  return [...events, endedOutside(last.version + 1, end.at, end.status === 'terminated')];
}

/** Whoever terminates a run wants it stopped; everything else went wrong. */
export function endedOutside(
  version: number,
  at: number,
  terminated: boolean,
): RunEvent & { type: 'run_ended' } {
  const status: RunEndStatus = terminated ? 'stopped' : 'failed';
  return { type: 'run_ended', version, at, status, failure: 'ended_outside' };
}
