/** Calls of one answer beyond the limit: never executed, and no steps of their own. */
import { putJson } from '../../contracts/content';
import { TOOL_CALLS_PER_TURN_MAX } from '../../contracts/limits';
import { errorOutcome } from '../tools/executor/tool-outcome';
import { ToolError } from '../tools/tool';
import type { Attempt } from './attempt';
import type { ToolTurn } from './tool-step';

const TOO_MANY = errorOutcome(
  'tool_bad_input',
  new ToolError(
    'too_many_calls',
    `an answer may make ${TOOL_CALLS_PER_TURN_MAX} calls at most, and this one was not carried out: make it in a later turn if it is still needed`,
    { retryable: true },
  ),
);

export async function refuseCallBeyond({ content }: Attempt): Promise<ToolTurn> {
  try {
    return { taken: TOO_MANY, sha256: await putJson(content, TOO_MANY) };
  } catch (error) {
    // Thrown once all calls of the turn have settled.
    return { failed: error as Error };
  }
}
