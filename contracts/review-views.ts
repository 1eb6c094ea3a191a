/** What the HTTP API shows of reviews across runs, and all that a person needs to decide on one. */
import { z } from 'zod';
import { Sha256 } from './content';
import { DECISION_KINDS } from './reviews';
import { RUN_STATUSES } from './run-status';
import { CategoriesView, ConfidenceView, LimitationView, ReviewView } from './views';

/** Larger artifacts are named only, in bytes: they are read by their sha256. */
export const REVIEW_INLINE_BYTES_MAX = 65_536;

/** A question that waits for a person, with whose it is. */
export const OpenReview = ReviewView.extend({
  run: z.string().describe('The business key of the run that asks.'),
  firstRunId: z.string().describe('Tells the run from others of the same key.'),
  team: z.string(),
  user: z.string().describe('Whom the run works for.'),
});
export type OpenReview = z.infer<typeof OpenReview>;

export const ReviewPage = z.object({
  reviews: z.array(OpenReview),
  cursor: z.string().optional().describe('For the next page; absent on the last.'),
});
export type ReviewPage = z.infer<typeof ReviewPage>;

/** An artifact; its content stands here where it is small and not binary. */
export const ShownArtifact = z.object({
  sha256: Sha256,
  mediaType: z.string().optional().describe('Absent: it was never stored.'),
  bytes: z.int().optional(),
  content: z
    .unknown()
    .optional()
    .describe(`JSON as it is, or the text; absent above ${REVIEW_INLINE_BYTES_MAX} bytes.`),
});
export type ShownArtifact = z.infer<typeof ShownArtifact>;

const DecisionMade = z.object({
  id: z.string(),
  decision: z.enum(DECISION_KINDS),
  actor: z.string(),
  verified: z.boolean().describe('Whether the person was signed in.'),
  at: z.iso.datetime(),
  settles: z.boolean().describe('False: one of several approvals, or a delegation.'),
  comment: z.string().optional(),
  outputSha256: Sha256.optional().describe('`edit`: the output in its place.'),
  to: z.string().optional().describe('`delegate`: to whom.'),
  addMicroUsd: z.int().optional().describe('`top_up`: how much, in micro-dollars.'),
});

export const ReviewDetail = OpenReview.extend({
  state: z
    .enum(['open', 'decided', 'withdrawn'])
    .describe('`withdrawn`: what it was about is over, or the run has ended without it.'),
  runStatus: z.enum(RUN_STATUSES),
  question: z.string().describe('What the run is asked.'),
  reasons: z
    .array(z.object({ reason: z.string(), words: z.string() }))
    .describe('Why a person is asked: all of it.'),
  artifact: ShownArtifact.describe('What a decision is about; its sha256 is the digest.'),
  inputs: z
    .array(ShownArtifact.extend({ tool: z.string() }))
    .describe('Of the effects: the very bytes.'),
  report: ShownArtifact.optional().describe('What is known of what went wrong.'),
  confidence: ConfidenceView.optional(),
  categories: CategoriesView.optional(),
  limitations: z.array(LimitationView).describe('Of the run so far.'),
  restsOn: z
    .object({
      phases: z.array(
        z.object({
          phase: z.string(),
          status: z.string(),
          outputSha256: Sha256.optional(),
          confidence: ConfidenceView.optional(),
          categories: CategoriesView.optional(),
        }),
      ),
      documents: z.array(z.object({ name: z.string(), sha256: Sha256, textSha256: Sha256 })),
      sources: z.array(z.string()).describe('That its team names for the phase.'),
    })
    .describe('What the phase was given.'),
  spentMicroUsd: z.int().describe('By the run when it asked, settled and unsettled.'),
  budgetMicroUsd: z.int(),
  choices: z
    .array(
      z.object({
        decision: z.enum(DECISION_KINDS),
        does: z.string().describe('What follows, in a person’s words.'),
        asksFor: z.enum(['comment', 'output', 'to', 'addMicroUsd']).optional(),
      }),
    )
    .describe('The options, with what each does.'),
  ifUnanswered: z.string().optional().describe('In a person’s words; absent: it waits for ever.'),
  decisions: z.array(DecisionMade).describe('On this review, in order.'),
});
export type ReviewDetail = z.infer<typeof ReviewDetail>;
