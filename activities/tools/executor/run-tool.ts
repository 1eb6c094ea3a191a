/** One execution of a tool: cut off in time, and held to what it says it gives. */
import { canonicalJson } from '../../../contracts/content';
import { type Tool, type ToolContext, ToolError } from '../tool';

/** Of a tool's mismatches with its own schema. */
const MISMATCHES_MAX = 20;

/**
 * Returns the result, which is JSON.
 * @throws ToolError; what `signal` was aborted with
 */
export async function runTool(
  tool: Tool,
  input: unknown,
  { signal, ...context }: ToolContext,
  timeoutMs: number,
): Promise<unknown> {
  const time = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, time]);
  let result: unknown;
  try {
    result = await sooner(tool.run(input, { ...context, signal: either }), either);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (time.aborted) throw new ToolError('timeout', `did not end in ${timeoutMs} ms`);
    if (error instanceof ToolError) throw error;
    // Its words may hold anything, and are for whoever looks after the tool.
    throw new ToolError('unavailable', 'failed for a reason of its own', { cause: error });
  }
  checkResult(tool, result);
  return result;
}

/** A tool need not heed its signal: nobody waits for it any more, whatever becomes of it. */
async function sooner<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new AbortController();
  const over = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: late.signal });
  });
  try {
    return await Promise.race([task, over]);
  } finally {
    late.abort();
  }
}

function checkResult({ output }: Tool, result: unknown): void {
  const parsed = output?.parse(result);
  if (parsed && 'problems' in parsed) {
    const mismatches = parsed.problems.slice(0, MISMATCHES_MAX);
    throw badOutput(mismatches.join('; '), { mismatches });
  }
  try {
    canonicalJson(result);
  } catch {
    throw badOutput('it is not JSON');
  }
}

const badOutput = (problem: string, details?: unknown): ToolError =>
  new ToolError('bad_output', `gave something that is not what it says it gives: ${problem}`, {
    details,
  });
