/**
 * Queries run in processes of their own, one each (docs/decisions/0012-queries-in-processes.md).
 *
 * 1. At most `processesMax` at once; the others wait here, and their time has not begun.
 * 2. A process ends with its query, its time or its caller, whatever it is doing.
 * 3. It knows nothing of the worker's environment.
 */
import { fork } from 'node:child_process';
import { QUERY, type QueryLimits } from '../../../contracts/limits';
import { builtFile } from '../../../contracts/package-root';
import { createSlots } from '../../documents/slots';
import { ToolError } from '../tool';
import type { QueryAnswer } from './query-process';
import type { QueryRows } from './result-rows';
import type { QueryTask } from './run-query';

export interface QueryRunner {
  /** @throws ToolError; the signal's reason when it is aborted */
  run(folder: string, sql: string, signal: AbortSignal): Promise<QueryRows>;
}

export function createQueryRunner(limits: QueryLimits = QUERY): QueryRunner {
  const slots = createSlots(limits.processesMax);
  return {
    run: (folder, sql, signal) =>
      slots.run(() => runInProcess({ folder, sql, limits }, signal), signal),
  };
}

async function runInProcess(task: QueryTask, signal: AbortSignal): Promise<QueryRows> {
  const { limits } = task;
  const time = AbortSignal.timeout(limits.totalMs);
  try {
    const answer = await answerOf(task, AbortSignal.any([signal, time]));
    if ('rows' in answer) return answer.rows;
    const { kind, message, details } = answer.problem;
    throw new ToolError(kind, message, { details });
  } catch (error) {
    signal.throwIfAborted();
    if (!time.aborted || error instanceof ToolError) throw error;
    throw new ToolError(
      'timeout',
      `took more than ${limits.totalMs} ms: ask for less, or more simply`,
      // The same query takes as long again.
      { retryable: false },
    );
  }
}

function answerOf(task: QueryTask, signal: AbortSignal): Promise<QueryAnswer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = fork(builtFile('activities/tools/query/query-process.js'), {
      execArgv: [`--max-old-space-size=${task.limits.heapMbMax}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('message', (answer) => {
      resolve(answer as QueryAnswer);
      child.kill('SIGKILL');
    });
    child.once('exit', (code, killedBy) =>
      reject(new ToolError('unavailable', `the query ended its process (${killedBy ?? code})`)),
    );
    // It could not be started or told, or the signal was aborted.
    child.on('error', reject);
    child.send(task);
  });
}
