/** What starts a run, as schemas. How a run stands and ends is in `run-status.ts`. */
import { z } from 'zod';
import { Sha256 } from './content';
import { BUSINESS_KEY } from './ids';
import {
  BUDGET_MICRO_USD,
  BUSINESS_KEY_CHARACTERS_MAX,
  QUESTION_CHARACTERS_MAX,
  RUN_PRIORITY,
  USER_CHARACTERS_MAX,
} from './limits';

const PRIORITY_RANGE = `must be a whole number from ${RUN_PRIORITY.min} (comes first) to ${RUN_PRIORITY.max}`;

/** What a run is asked: an artifact of this shape, never part of a workflow's arguments. */
export const RunInput = z.strictObject({
  question: z
    .string()
    .trim()
    .min(1, 'must say what the team is to find out or do')
    .max(QUESTION_CHARACTERS_MAX, `must have ${QUESTION_CHARACTERS_MAX} characters at most`),
});
export type RunInput = z.infer<typeof RunInput>;

export const BusinessKey = z
  .string()
  .min(1)
  .max(BUSINESS_KEY_CHARACTERS_MAX)
  .regex(
    BUSINESS_KEY,
    'may hold letters, digits and . _ : @ - and must begin with a letter or digit',
  );

/** Opaque: it lands in search attributes and keys, so no name, mail address or phone number. */
export const UserId = z.string().min(1).max(USER_CHARACTERS_MAX).regex(BUSINESS_KEY);

export const BudgetMicroUsd = z
  .int({ error: 'must be a whole number of micro-dollars' })
  .min(BUDGET_MICRO_USD.min, `must be at least ${BUDGET_MICRO_USD.min} micro-dollars`)
  .max(BUDGET_MICRO_USD.max, `must be at most ${BUDGET_MICRO_USD.max} micro-dollars`);

export const RunPriority = z
  .int({ error: PRIORITY_RANGE })
  .min(RUN_PRIORITY.min, PRIORITY_RANGE)
  .max(RUN_PRIORITY.max, PRIORITY_RANGE);

/** `always` asks a person before any effect, whatever the team declares. */
export const ReviewOption = z.enum(['declared', 'always']);

/** A run that takes over another one's earlier phases. Outputs are references, checked by `openRun`. */
export const ForkStart = z.strictObject({
  run: z.strictObject({
    namespace: z.string().min(1),
    workflowId: BusinessKey,
    firstRunId: z.string().min(1),
  }),
  /** The first phase that the fork does itself. */
  phase: z.string().min(1),
  /** Outputs that replace those of the phases before it. */
  edits: z.record(z.string(), Sha256),
});
export type ForkStart = z.infer<typeof ForkStart>;

/** The arguments of the workflow `teamRun`: references and small values only. */
export const TeamRunStart = z.strictObject({
  teamSha256: Sha256,
  inputSha256: Sha256,
  /** A `SourceManifest`, where the run has documents. */
  documentsSha256: Sha256.optional(),
  budgetMicroUsd: BudgetMicroUsd.optional(),
  user: UserId,
  /** Who was signed in when it was started, where that is somebody else. */
  startedBy: UserId.optional(),
  review: ReviewOption,
  /** 1 comes first where runs have to wait. Left out: 3. */
  priority: RunPriority.optional(),
  /** `off`: effects are prepared and shown, but not carried out. Left out: on. */
  effects: z.literal('off').optional(),
  fork: ForkStart.optional(),
});
export type TeamRunStart = z.infer<typeof TeamRunStart>;
