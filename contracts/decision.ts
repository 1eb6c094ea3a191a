/** A person's decision as a caller sends it. */
import { z } from 'zod';
import { Sha256 } from './content';
import { DEADLINE_ACTOR } from './deadline';
import { CALLER_ID } from './ids';
import { UserId } from './run';
import { DECISION_KINDS } from './run-state';

/** An id that a caller chose: of a decision, or of the review that a run named to it. */
export const CallerId = z
  .string()
  .regex(CALLER_ID, 'must have 1 to 200 characters, none of them a control character');

export const DecisionInput = z.strictObject({
  decisionId: CallerId,
  reviewId: CallerId,
  decision: z.enum(DECISION_KINDS),
  digest: Sha256.optional(),
  actor: UserId.refine((id) => id !== DEADLINE_ACTOR, {
    error: 'is the name under which questions decide themselves that nobody answers',
  }),
});
export type DecisionInput = z.infer<typeof DecisionInput>;
