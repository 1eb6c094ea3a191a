/** A JSON file that a variable of the environment names. One clear sentence for each bad value. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UserError } from '../contracts/errors';

export interface SettingsFile<T> {
  /** Its path, as the variable says it. */
  path: string;
  content: T;
  /** What is wrong at a place of it. The message must not hold a secret. */
  wrong(place: string, message: string): UserError;
}

/**
 * Undefined where the variable is not set.
 * @param example how its content is written, for who got it wrong
 * @throws UserError `bad_input` naming the file and the place, never what stands there
 */
export async function readSettingsFile<S extends z.ZodType>(
  env: NodeJS.ProcessEnv,
  variable: string,
  schema: S,
  example: string,
): Promise<SettingsFile<z.output<S>> | undefined> {
  const path = env[variable];
  if (!path) return undefined;
  const wrong = (place: string, message: string) =>
    new UserError(
      'bad_input',
      `The file ${path} that ${variable} names is wrong at ${place}: ${message}; write ${example}.`,
      variable,
    );
  const parsed = schema.safeParse(await readJson(path, variable));
  if (parsed.success) return { path, content: parsed.data, wrong };
  const [issue] = parsed.error.issues;
  const [why] = issue?.code === 'invalid_key' ? issue.issues : [issue];
  throw wrong(issue?.path.join('/') || 'its root', why?.message ?? 'is not valid');
}

async function readJson(path: string, variable: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // What JSON.parse says quotes the text, and with it a secret.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new UserError(
      'bad_input',
      `The file ${path} that ${variable} names cannot be read: ${reason}.`,
      variable,
    );
  }
}
