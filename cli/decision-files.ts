/** What a person brings along to a decision: on the command line, or in a file. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../contracts/errors';
import { API_JSON_BYTES_MAX } from '../contracts/limits';

/** `@FILE` is read; anything else is the comment itself. */
export const readComment = async (given: string): Promise<string> =>
  given.startsWith('@') ? readText(given.slice(1), 'comment') : given;

/** Whether it fits is checked where the decision goes. @throws UserError `bad_input` for what is no JSON object */
export async function readOutput(path: string): Promise<Record<string, unknown>> {
  const text = await readText(path, 'output');
  const value = parse(text, path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new UserError('bad_input', `The output "${path}" is no JSON object.`, 'output');
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The output "${path}" is not valid JSON: ${(error as Error).message}.`,
      'output',
    );
  }
}

async function readText(path: string, what: 'comment' | 'output'): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > API_JSON_BYTES_MAX)
      throw new UserError(
        'bad_input',
        `The ${what} "${path}" has ${size} bytes: at most ${API_JSON_BYTES_MAX} can be taken.`,
        what,
      );
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(
      'bad_input',
      code === 'ENOENT'
        ? `There is no file "${path}" with the ${what}.`
        : `The ${what} "${path}" cannot be read (${code}).`,
      what,
    );
  }
}
