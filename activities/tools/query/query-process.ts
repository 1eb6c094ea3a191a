/** The entry of a query's own process; `query-runner.ts` starts it, and ends it. */
import type { QueryLimits } from '../../../contracts/limits';
import type { ToolErrorKind } from '../tool';
import { QueryProblem } from './query-problem';
import type { QueryRows } from './result-rows';
import { type QueryTask, runQuery } from './run-query';

const BYTES_PER_MB = 1_000_000;

export type QueryAnswer =
  | { rows: QueryRows }
  | { problem: { kind: ToolErrorKind; message: string; details?: unknown } };

// A worker that dies must not leave a query without an end behind.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.once('message', (task: QueryTask) => {
  process.chdir(task.folder);
  watchMemory(task.limits);
  runQuery(task).then(
    (rows) => answer({ rows }),
    (error: unknown) => {
      // What is no problem of the query is a fault of ours: the process ends with it.
      if (!(error instanceof QueryProblem)) throw error;
      const { kind, message, details } = error;
      answer({ problem: { kind, message, ...(details === undefined ? {} : { details }) } });
    },
  );
});

/** DuckDB works in threads of its own, so this comes to its turn. */
function watchMemory({ processMbMax, memoryCheckMs }: QueryLimits): void {
  setInterval(() => {
    if (process.memoryUsage.rss() < processMbMax * BYTES_PER_MB) return;
    answer({ problem: { kind: 'too_large', message: 'needs too much memory' } });
  }, memoryCheckMs);
}

function answer(message: QueryAnswer): void {
  process.send?.(message);
}
