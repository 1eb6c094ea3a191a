/** Recoveries in a few words. */
import type { RecoveryCount, RecoveryView, RunResult, RunView } from '../../contracts/views';
import { renderTable } from './table';

/** `overloaded → retry × 2, check_failed → check_report`. */
export function recoveryWords(taken: readonly RecoveryView[]): string {
  return taken
    .map(({ failure, action, count }) => `${failure} → ${action}${count > 1 ? ` × ${count}` : ''}`)
    .join(', ');
}

/** `ledger_unavailable → wait; research: overloaded → retry × 2, now claude-…`; the run's own first. */
export function recoveriesOfRun({ recoveries, phases }: RunView): string {
  return joined([
    recoveryWords(recoveries),
    ...phases.map(({ name, recoveries: own, model }) =>
      ofPhase(name, own, model === undefined ? '' : `, now ${model}`),
    ),
  ]);
}

/** As that, of a run that has ended. */
export function recoveriesOfResult({ recoveries }: RunResult): string {
  const phases = [...new Set(recoveries.map(({ phase }) => phase))];
  return joined(
    phases.map((name) => {
      const own = recoveries.filter(({ phase }) => phase === name);
      return name === undefined ? recoveryWords(own) : ofPhase(name, own);
    }),
  );
}

const ofPhase = (name: string, taken: readonly RecoveryView[], after = ''): string =>
  taken.length === 0 ? '' : `${name}: ${recoveryWords(taken)}${after}`;

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');

/** Across runs. */
export function renderRecoveries(taken: readonly RecoveryCount[]): string {
  if (taken.length === 0) return 'No recovery was taken.';
  return renderTable(taken, [
    { title: 'point', cell: ({ point }) => point },
    { title: 'failure', cell: ({ failure }) => failure },
    { title: 'recovery', cell: ({ action }) => action },
    { title: 'times', cell: ({ count }) => String(count), align: 'right' },
    { title: 'runs', cell: ({ runs }) => String(runs), align: 'right' },
    { title: 'last', cell: ({ lastAt }) => lastAt },
  ]);
}
