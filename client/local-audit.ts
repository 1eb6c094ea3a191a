/** The audit log inside an installation's own process. */
import type { Person } from '../contracts/access';
import type { AuditKeeper } from '../contracts/audit';
import { UserError } from '../contracts/errors';
import type { AuditAccess } from './ports';

export function localAudit(audit: AuditKeeper | undefined, { id }: Person): AuditAccess {
  return audit
    ? {
        list: (filter) => audit.list(filter),
        verify: (known) => audit.verify(known),
        erase: (person) => audit.erase(person, { actor: id, from: { way: 'installation' } }),
      }
    : { list: outOfReach, verify: outOfReach, erase: outOfReach };
}

async function outOfReach(): Promise<never> {
  throw new UserError(
    'forbidden',
    'This client has no audit log: ask the API of an installation (`tuesday audit`).',
  );
}
