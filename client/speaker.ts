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

/**
 * For whom a run works, and who started it where that is somebody else.
 * @throws UserError `forbidden` where somebody who is confined starts a run for another
 */
export function starterOf(
  person: Person,
  named: string | undefined,
): { user: string; startedBy?: string } {
  if (person.confined || person.isUnchecked) return { user: speakerOf(person, named, 'user') };
  const user = named ?? person.id;
  return user === person.id ? { user } : { user, startedBy: person.id };
}
