/** What is done about failures instead of the default: `{"refused_by_model": ["ask_person"]}`. */
import { z } from 'zod';
import type { FailureKind } from '../failures';
import { POSSIBLE_ACTIONS, type RecoveryAction } from '../recoveries';

export function recoveriesOf<Kind extends FailureKind>(kinds: readonly Kind[]) {
  const ladders = Object.fromEntries(kinds.map((kind) => [kind, ladderOf(kind).optional()]));
  return z.strictObject(ladders as Record<Kind, z.ZodOptional<ReturnType<typeof ladderOf>>>, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `is not a failure that is recovered from here; there are ${kinds.join(', ')}`
        : undefined,
  });
}

function ladderOf(kind: FailureKind) {
  const possible = POSSIBLE_ACTIONS[kind];
  const error = `must be one of ${possible.join(', ')}`;
  const Action = z.enum(possible as readonly [RecoveryAction, ...RecoveryAction[]], { error });
  return z.array(Action).min(1, 'must name at least one recovery: no failure is left without');
}
