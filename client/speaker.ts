/** In whose name a person speaks. */
import type { Person } from '../contracts/access';
import { UserError } from '../contracts/errors';

/** @throws UserError `forbidden` where somebody who has signed in says to be another */
export function speakerOf(
  { id, isUnchecked }: Person,
  named: string | undefined,
  field: string,
): string {
  if (named === undefined || named === id || isUnchecked) return named ?? id;
  throw new UserError(
    'forbidden',
    `You are signed in as "${id}" and cannot speak for "${named}": leave ${field} out.`,
    field,
  );
}
