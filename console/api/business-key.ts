/** The business key of a start or fork, which comes in a header or in the body. */
import { z } from '@hono/zod-openapi';
import { UserError } from '../../contracts/errors';
import { BusinessKey } from '../../contracts/run';

export const keyHeader = z.object({ 'idempotency-key': BusinessKey.optional() });

/** @throws UserError `bad_input` where both are there and differ */
export function oneKey(
  inBody: string | undefined,
  inHeader: string | undefined,
): string | undefined {
  if (inBody !== undefined && inHeader !== undefined && inBody !== inHeader)
    throw new UserError(
      'bad_input',
      'The header Idempotency-Key and the field key differ: send one of them, or both the same.',
      'key',
    );
  return inBody ?? inHeader;
}
