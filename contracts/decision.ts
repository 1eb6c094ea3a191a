/** A person's decision as a caller sends it. */
import { z } from 'zod';
import { Sha256 } from './content';
import { UserId } from './run';

export const DecisionInput = z.strictObject({
  decisionId: z.string().min(1).max(200),
  reviewId: z.string().min(1).max(200),
  decision: z.enum(['approve', 'resume', 'stop']),
  digest: Sha256.optional(),
  actor: UserId,
});
export type DecisionInput = z.infer<typeof DecisionInput>;
