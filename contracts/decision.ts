/** A person's decision as a caller sends it. */
import { z } from 'zod';
import { Sha256 } from './content';
import { DEADLINE_ACTOR } from './deadline';
import { CALLER_ID_CHARACTERS_MAX } from './ids';
import { BUDGET_MICRO_USD, COMMENT_CHARACTERS_MAX } from './limits';
import { plainText } from './plain-text';
import { DECISION_KINDS } from './reviews';
import { UserId } from './run';

/** An id that a caller chose: of a decision, or of the review that a run named to it. */
export const CallerId = plainText(CALLER_ID_CHARACTERS_MAX);

const Person = UserId.refine((id) => id !== DEADLINE_ACTOR, {
  error: 'is the name under which questions decide themselves that nobody answers',
});

/** With its content, which is stored before the run hears of the decision. */
export const DecisionInput = z.strictObject({
  decisionId: CallerId,
  reviewId: CallerId,
  decision: z.enum(DECISION_KINDS),
  digest: Sha256.optional().describe(
    'What the person saw; a decision on something that has changed is refused.',
  ),
  actor: Person,
  comment: z
    .string()
    .trim()
    .min(1)
    .max(COMMENT_CHARACTERS_MAX)
    .optional()
    .describe('`revise`: what is to be changed; `respond`: the answer; else why.'),
  output: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('`edit`: the output in its place; it must fit the contract of its phase.'),
  to: Person.optional().describe('`delegate`: opaque id of the person.'),
  addMicroUsd: z
    .int()
    .min(1)
    .max(BUDGET_MICRO_USD.max)
    .optional()
    .describe('`top_up`: how much, in micro-dollars.'),
});
export type DecisionInput = z.infer<typeof DecisionInput>;
