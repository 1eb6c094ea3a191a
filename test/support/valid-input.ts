import type { Tool } from '../../activities/tools/tool';

/** The input as a tool gets it once it was checked; a test that gives another is wrong. */
export function validInput<Input>(tool: Tool<Input>, input: unknown): Input {
  const parsed = tool.input.parse(input);
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.value;
}
