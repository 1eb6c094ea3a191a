import { createContext, Script } from 'node:vm';

const frame = createContext({});
const call = new Script('work()');

/**
 * What `work` returns, or `undefined` when it takes longer. A pattern of a request's schema may
 * backtrack for centuries; only code that was entered through a script can be ended from outside.
 */
export function inTime<T>(work: () => T, msMax: number): { value: T } | undefined {
  frame.work = () => ({ value: work() });
  try {
    return call.runInContext(frame, { timeout: msMax }) as { value: T };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
