/** A call that is not on offer or does not fit is never executed: these are the checks before it. */
import type { ToolPolicy } from '../../../contracts/team/resolved';
import type { ToolCall } from '../../model/port';
import { closeNames } from '../close-names';
import { type Tool, ToolError } from '../tool';
import type { ToolFailure } from './tool-failure';

/** How much of a name that a model made up is told back to it. */
const NAME_CHARACTERS_MAX = 100;
const MISMATCHES_MAX = 20;

export type CheckedCall = { tool: Tool; input: unknown } | { failed: ToolFailure };

/** @param policyOf how the phase uses a tool that is on offer */
export function checkCall(
  tools: ReadonlyMap<string, Tool>,
  policyOf: (tool: string) => ToolPolicy,
  { name, input }: ToolCall,
): CheckedCall {
  const tool = tools.get(name);
  if (!tool) return { failed: { kind: 'tool_unknown', error: unknown(name, [...tools.keys()]) } };
  const parsed = tool.input.parse(input);
  if ('problems' in parsed)
    return { failed: { kind: 'tool_bad_input', error: badInput(parsed.problems) } };
  const source = tool.source?.(parsed.value);
  const { sources } = policyOf(name);
  if (source === undefined || !sources || sources.includes(source))
    return { tool, input: parsed.value };
  const message = `the source "${source}" is not open to you; ${sources.join(', ')} are`;
  const error = new ToolError('rejected', message, { details: { sources } });
  return { failed: { kind: 'tool_refused', error } };
}

function unknown(name: string, there: string[]): ToolError {
  const shown = name.slice(0, NAME_CHARACTERS_MAX);
  return new ToolError(
    'not_found',
    `there is no tool "${shown}"; there are ${there.join(', ') || 'none'}`,
    { details: { closeTo: closeNames(shown, there), tools: there } },
  );
}

/** Each mismatch begins with the place in the input that it is about. */
function badInput(problems: string[]): ToolError {
  const mismatches = problems.slice(0, MISMATCHES_MAX);
  return new ToolError('invalid_input', mismatches.join('; '), { details: { mismatches } });
}
