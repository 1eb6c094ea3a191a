/** What there is not, in one sentence each. */
import { UserError } from '../contracts/errors';
import type { RunView } from '../contracts/views';

export function runNotFound(id: string): UserError {
  return new UserError('not_found', `There is no run "${id}" here.`, 'id');
}

export function reviewNotFound(id: string, reviewId: string): UserError {
  return new UserError('not_found', `The run "${id}" has no review "${reviewId}".`, 'reviewId');
}

export function noSuchVersion(
  { id, stateVersion }: Pick<RunView, 'id' | 'stateVersion'>,
  version: number | undefined,
): UserError {
  return new UserError(
    'not_found',
    stateVersion === 0
      ? `The run "${id}" has no versions: it has not been opened.`
      : `The run "${id}" has versions 1 to ${stateVersion}, so there is no version ${version}.`,
    'at',
  );
}
