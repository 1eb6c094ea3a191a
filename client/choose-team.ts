/** From what a caller calls a team to a checked definition. */
import { canonicalJson, getText, type Sha256 } from '../contracts/content';
import { isDeeperThan } from '../contracts/depth';
import { UserError } from '../contracts/errors';
import { TEAM_BYTES_MAX, TEAM_DEPTH_MAX } from '../contracts/limits';
import { checkTeam } from '../contracts/team/check';
import type { DefinedTeam } from '../contracts/team/define';
import type { Team } from '../contracts/team/schema';
import type { InstalledTools } from '../contracts/tools';
import { badInput } from './check-input';
import type { ClientPorts } from './ports';
import type { TeamChoice } from './types';

const SHA256 = /^[0-9a-f]{64}$/;

/** @returns the definition as its author wrote it, and the same with every default filled in. */
export async function chooseTeam(
  ports: ClientPorts,
  choice: TeamChoice<unknown>,
): Promise<{ definition: unknown; team: Team }> {
  const definition = await findDefinition(ports, choice);
  return { definition, team: checkDefinition(definition, await ports.teams.installedTools()) };
}

/** @throws UserError `bad_input` with every problem at once */
export function checkDefinition(definition: unknown, installed: InstalledTools): Team {
  if (isDeeperThan(TEAM_DEPTH_MAX, definition))
    throw new UserError(
      'bad_input',
      `The team definition is nested more than ${TEAM_DEPTH_MAX} levels deep: make it flatter.`,
      'team',
    );
  const bytes = Buffer.byteLength(canonicalJson(definition));
  if (bytes > TEAM_BYTES_MAX)
    throw new UserError(
      'bad_input',
      `The team definition has ${bytes} bytes: at most ${TEAM_BYTES_MAX} can be taken.`,
      'team',
    );
  const checked = checkTeam(definition, installed);
  if (checked.team === undefined)
    throw badInput('The team definition cannot be taken', checked.problems);
  return checked.team;
}

export function unknownTeam(name: string, ready: readonly string[]): UserError {
  return new UserError(
    'not_found',
    `There is no team "${name}": ready are ${ready.join(', ') || 'none'}; your own is started from its JSON file or definition.`,
    'team',
  );
}

async function findDefinition(ports: ClientPorts, choice: TeamChoice<unknown>): Promise<unknown> {
  if (typeof choice === 'object') return isDefined(choice) ? choice.definition : choice;
  return SHA256.test(choice) ? storedDefinition(ports, choice) : ports.teams.readyTeam(choice);
}

const isDefined = (choice: object): choice is DefinedTeam<unknown> => 'definition' in choice;

async function storedDefinition({ content }: ClientPorts, sha256: Sha256): Promise<unknown> {
  const text = await getText(content, sha256);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'bad_input',
      `Artifact ${sha256} is not a team definition (${(error as Error).message}).`,
      'team',
    );
  }
}
