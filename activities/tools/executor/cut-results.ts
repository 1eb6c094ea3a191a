/** Results that are longer than what is handed over at once, and the tool that reads on in them. */
import { z } from 'zod';
import { type ContentStore, getText, putText, type Sha256 } from '../../../contracts/content';
import { TOOL_RESULT_CHARACTERS_MAX } from '../../../contracts/limits';
import { type Tool, ToolError } from '../tool';
import { zodValue } from '../tool-value';

export const READ_RESULT = 'read_result';

/** Of one part, and of each begun step below it until its JSON fits. */
const PART_CHARACTERS_MAX = 40_000;
const PART_SHRINKS_BY = 0.8;

const ReadResultInput = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,4}\.\d{1,4}@\d{1,12}$/, 'is none that a cut result names')
    .describe('What stands at the end of a result that was cut; there is no other.'),
});

export interface ResultPart {
  from: number;
  /** Of the whole. */
  characters: number;
  /** The part, verbatim; results are JSON text. */
  text: string;
  /** Where it goes on, if it does. */
  cursor?: string;
}

/** The long results of one round, by the turn and call that gave them: a cursor leads to no other. */
export class CutResults {
  private readonly whole = new Map<string, Sha256>();

  /** @param id `turn.call` */
  add(id: string, fullSha256: Sha256): void {
    this.whole.set(id, fullSha256);
  }

  /** For tools that do not give long results in parts themselves. */
  readonly tool: Tool<z.infer<typeof ReadResultInput>> = {
    name: READ_RESULT,
    description:
      'Reads on in a result that was too long to be given whole. Only for results that end with a cursor.',
    input: zodValue(ReadResultInput),
    effect: 'none',
    resultsFit: true,
    run: async ({ cursor }, { content }) => {
      const [id = '', at = ''] = cursor.split('@');
      const sha256 = this.whole.get(id);
      if (sha256 === undefined)
        throw new ToolError('not_found', `no result of this round was cut at "${cursor}"`, {
          details: { cutResults: [...this.whole.keys()] },
        });
      return partOf(await getText(content, sha256), id, Number(at));
    },
  };
}

function partOf(whole: string, id: string, from: number): ResultPart {
  const characters = whole.length;
  if (from >= characters)
    throw new ToolError('invalid_input', `the result has ${characters} characters`);
  for (let size = PART_CHARACTERS_MAX; ; size = Math.floor(size * PART_SHRINKS_BY)) {
    const text = beginning(whole.slice(from), size);
    const next = from + text.length;
    const part = {
      from,
      characters,
      text,
      ...(next < characters ? { cursor: `${id}@${next}` } : {}),
    };
    if (JSON.stringify(part).length <= TOOL_RESULT_CHARACTERS_MAX) return part;
  }
}

/** A character that takes two units is not torn apart. */
const beginning = (text: string, characters: number): string =>
  text.slice(0, characters).replace(/[\ud800-\udbff]$/, '');

/** What of a result is handed over, and where the whole of it is kept if that is not all. */
export async function fit(
  store: ContentStore,
  text: string,
  /** Absent: there is nothing to read on with. */
  id: string | undefined,
): Promise<{ content: string; fullSha256?: Sha256 }> {
  if (text.length <= TOOL_RESULT_CHARACTERS_MAX) return { content: text };
  const part = beginning(text, TOOL_RESULT_CHARACTERS_MAX);
  const how =
    id === undefined
      ? 'ask for less at once'
      : `${READ_RESULT} goes on with ${JSON.stringify({ cursor: `${id}@${part.length}` })}`;
  const note = `\n[cut after ${part.length} of ${text.length} characters: ${how}]`;
  return { content: part + note, fullSha256: await putText(store, text) };
}
