/** What can be wrong with a start, found without anything that runs. */
import { UserError } from '../contracts/errors';
import { BusinessKey, RunInput, TeamRunStart, UserId } from '../contracts/run';
import type { Team } from '../contracts/team/schema';
import type { InstalledTools } from '../contracts/tools';
import { parseInput } from './check-input';
import { checkDefinition } from './choose-team';
import { checkDocuments } from './documents';
import type { StartRequest } from './types';

export const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Refuses what `startRun` would refuse, without anything that runs; stores nothing.
 * @throws UserError `bad_input`
 */
export async function checkStart(
  definition: unknown,
  request: StartRequest,
  installed: InstalledTools,
): Promise<void> {
  checkRequest(request);
  const { documents, skipUnreadable = false } = request;
  checkWhetherDocuments(checkDefinition(definition, installed), documents);
  if (documents !== undefined && !SHA256.test(documents))
    await checkDocuments(documents, { skipUnreadable });
}

export function checkRequest(request: StartRequest) {
  const input = parseInput(RunInput, { question: request.question }, 'run');
  return { input, ...checkSettings(request, 'start') };
}

export type StartSettings = ReturnType<typeof checkSettings>['settings'];

/** What starts and forks have in common. */
export function checkSettings(
  request: Pick<StartRequest, 'key' | 'budgetMicroUsd' | 'user' | 'review' | 'priority'>,
  what: string,
) {
  const { key, ...settings } = parseInput(
    TeamRunStart.pick({
      budgetMicroUsd: true,
      review: true,
      priority: true,
    }).extend({ key: BusinessKey.optional(), user: UserId.optional() }),
    {
      key: request.key,
      budgetMicroUsd: request.budgetMicroUsd,
      user: request.user,
      review: request.review ?? 'declared',
      priority: request.priority,
    },
    what,
  );
  return { key, settings };
}

export function checkWhetherDocuments(team: Team, documents: string | undefined): void {
  if (team.documents === 'required' && documents === undefined)
    throw new UserError(
      'bad_input',
      `The team "${team.name}" works on documents: start it with some.`,
      'documents',
    );
  if (team.documents === 'none' && documents !== undefined)
    throw new UserError(
      'bad_input',
      `The team "${team.name}" takes no documents: leave them out.`,
      'documents',
    );
}
