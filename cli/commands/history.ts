import { Command } from 'commander';
import type { Tuesday } from '../../client/types';
import { API_LIMITS } from '../../contracts/api';
import type { HistoryEntry, HistoryPage } from '../../contracts/history';
import { STATE_VERSION_MAX } from '../../contracts/limits';
import { connect } from '../connect';
import { createIo } from '../io';
import { type CommonOptions, integerFrom, withCommonOptions } from '../options';
import { renderHistory } from '../render/history';
import { runArgument } from './status';

/** `tuesday history RUN`: what happened, a row for each version of the run's state. */
export function historyCommand(): Command {
  return withCommonOptions(new Command('history'))
    .description('what happened to a run: who, what, when, why, and what it changed')
    .addArgument(runArgument())
    .option('--after <version>', 'only versions above it', integerFrom(0, STATE_VERSION_MAX), 0)
    .action(async (id: string, options: CommonOptions & { after: number }) => {
      const { tuesday } = await connect(options);
      const history = await wholeHistory(tuesday, id, options.after);
      createIo(options.json).result(history, () => renderHistory(history));
    });
}

/** All pages as one. A run that goes on may grow meanwhile: what is read last counts. */
async function wholeHistory(tuesday: Tuesday, id: string, after: number): Promise<HistoryPage> {
  const entries: HistoryEntry[] = [];
  for (let from: number | undefined = after; ; ) {
    const page: HistoryPage = await tuesday.history(id, { after: from, limit: API_LIMITS.pageMax });
    entries.push(...page.entries);
    if (page.next === undefined) return { stateVersion: page.stateVersion, entries };
    from = page.next;
  }
}
