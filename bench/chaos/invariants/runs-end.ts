import { isEnd, type RunStatus } from '../../../contracts/run-status';
import { counted } from './counted';
import type { Invariant } from './evidence';

/** Every run that was started is in the ledger once, has ended there, and has ended in Temporal. */
export const runsEnd: Invariant = ({ runs, temporal, records }) => {
  const violations = runs.flatMap(({ key }) => {
    const [row, ...more] = records.runs.filter((run) => run.key === key);
    if (row === undefined) return [`${key}: lost, the ledger does not know it`];
    if (more.length > 0) return [`${key}: is in the ledger ${more.length + 1} times`];
    if (!isEnd(row.status as RunStatus) || row.closedAt === null)
      return [`${key}: has not ended: ${row.status}, ${row.explanation}`];
    const known = temporal.get(key);
    const wanted = row.status === 'failed' || row.status === 'refused' ? 'FAILED' : 'COMPLETED';
    return known === wanted ? [] : [`${key}: ${row.status} in the ledger, ${known} in Temporal`];
  });
  return {
    invariant: 'every run ends in a declared status, none is lost',
    figures: `${runs.length} runs: ${counted(records.runs.map(({ status }) => status))}`,
    violations,
  };
};
