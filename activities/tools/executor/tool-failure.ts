/** What kind of failure an error of a tool is, and whether another try may help. */
import type { ToolFailureKind } from '../../../contracts/failures';
import { RETRY_AFTER_MS_MAX } from '../../../contracts/limits';
import type { ToolPolicy } from '../../../contracts/team/resolved';
import type { ToolError, ToolErrorKind } from '../tool';

export interface ToolFailure {
  kind: ToolFailureKind;
  error: ToolError;
}

/** Of errors that may pass; any other kind failed for a reason of its own. */
const TRANSIENT: Partial<Record<ToolErrorKind, ToolFailureKind>> = {
  timeout: 'tool_timeout',
  rate_limited: 'tool_rate_limited',
  bad_output: 'tool_bad_output',
};

export function failureOf({ kind, retryable }: ToolError): ToolFailureKind {
  if (retryable) return TRANSIENT[kind] ?? 'tool_failed';
  return kind === 'unavailable' ? 'tool_unavailable' : 'tool_refused';
}

/** What is wrong with the call, whoever is asked: the tool itself is well. */
const OF_THE_CALL: readonly ToolFailureKind[] = ['tool_refused', 'tool_unknown', 'tool_bad_input'];

export const isOfTheCall = (kind: ToolFailureKind): boolean => OF_THE_CALL.includes(kind);

/** What is not what it says it gives is asked for once more, and no oftener. */
const BAD_OUTPUT_TRIES_MAX = 2;

/** @param tries calls that have failed, the last one included */
export function mayRetry(
  { triesMax, ladders }: ToolPolicy,
  { kind, error }: ToolFailure,
  tries: number,
): boolean {
  const most = kind === 'tool_bad_output' ? Math.min(triesMax, BAD_OUTPUT_TRIES_MAX) : triesMax;
  const isSoon = (error.retryAfterMs ?? 0) <= RETRY_AFTER_MS_MAX;
  return ladders[kind].includes('retry') && tries < most && isSoon;
}
