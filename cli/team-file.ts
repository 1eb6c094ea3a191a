/** A team as the command line names it: a ready one by name, one's own by its JSON file. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../contracts/errors';
import { TEAM_BYTES_MAX } from '../contracts/limits';
import type { TeamInput } from '../contracts/team/schema';

export const looksLikeFile = (team: string): boolean =>
  /[/\\]/.test(team) || team.toLowerCase().endsWith('.json');

/**
 * Reads a definition. Whether it holds is checked where it is used, with all its problems at once.
 * @throws UserError `bad_input` for a file that is missing, too large or no JSON.
 */
export async function readTeamFile(path: string): Promise<TeamInput> {
  const text = await readText(path);
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as TeamInput;
  } catch (error) {
    throw new UserError(
      'bad_input',
      `The team file "${path}" is not valid JSON: ${(error as Error).message}.`,
      path,
    );
  }
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > TEAM_BYTES_MAX)
      throw new UserError(
        'bad_input',
        `The team file "${path}" has ${size} bytes: at most ${TEAM_BYTES_MAX} can be taken.`,
        path,
      );
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(
      'bad_input',
      code === 'ENOENT'
        ? `There is no team file "${path}": give the path of a team's JSON file, or the name of a ready team (\`tuesday teams\`).`
        : `The team file "${path}" cannot be read (${code}): check its path and permissions.`,
      path,
    );
  }
}
