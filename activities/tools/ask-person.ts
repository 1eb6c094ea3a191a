import { z } from 'zod';
import { type Tool, ToolError } from './tool';
import { zodValue } from './tool-value';

const QUESTION_CHARACTERS_MAX = 4_000;

const AskPersonInput = z.strictObject({
  question: z
    .string()
    .min(1)
    .max(QUESTION_CHARACTERS_MAX)
    .describe('What you have to know, with all that is needed to answer it.'),
});
type AskPersonInput = z.infer<typeof AskPersonInput>;

/** Result: `{answer}`, a person's words. The run parks until they come. */
export function askPersonTool(): Tool<AskPersonInput> {
  return {
    name: 'ask_person',
    description:
      'Asks a person who is responsible for this work and waits for the answer, which may take days. Ask only what no other tool can tell and what you cannot go on without.',
    input: zodValue(AskPersonInput),
    effect: 'none',
    asksPerson: true,
    run: async () => {
      throw new ToolError('unavailable', 'waits for a person');
    },
  };
}
