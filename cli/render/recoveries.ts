/** Recoveries in a few words. */
import type { PhaseView, RecoveryCount, RecoveryView, RunResult } from '../../contracts/views';
import { renderTable } from './table';

/** `overloaded → retry × 2, check_failed → check_report`. */
export function recoveryWords(taken: readonly RecoveryView[]): string {
  return taken
    .map(({ failure, action, count }) => `${failure} → ${action}${count > 1 ? ` × ${count}` : ''}`)
    .join(', ');
}

/** `research: overloaded → retry × 2; writing: refused_by_model → fallback_model, now claude-…`. */
export function recoveriesOfPhases(phases: readonly PhaseView[]): string {
  return phases
    .filter(({ recoveries }) => recoveries.length > 0)
    .map(
      ({ name, recoveries, model }) =>
        `${name}: ${recoveryWords(recoveries)}${model === undefined ? '' : `, now ${model}`}`,
    )
    .join('; ');
}

/** As that, of a run that has ended. */
export function recoveriesOfResult({ recoveries }: RunResult): string {
  const phases = [...new Set(recoveries.map(({ phase }) => phase))];
  return phases
    .map((name) => `${name}: ${recoveryWords(recoveries.filter(({ phase }) => phase === name))}`)
    .join('; ');
}

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
