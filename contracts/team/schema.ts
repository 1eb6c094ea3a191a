/** A team definition as plain JSON: what services send, what `defineTeam` produces, what is stored. */
import { z } from 'zod';
import { DATA_CATEGORIES } from '../categories';
import { DEADLINE_DECISIONS } from '../deadline';
import { FAILURE_KINDS } from '../failures';
import {
  BUDGET_MICRO_USD,
  FALLBACK_MODELS_MAX,
  INSTRUCTIONS_CHARACTERS_MAX,
  NAME_CHARACTERS_MAX,
  PHASE_EFFECTS_MAX,
  PHASE_LIMITS,
  PHASE_NEEDS_MAX,
  PHASE_TOOLS_MAX,
  type PhaseLimitName,
  QUORUM,
  REVIEW_DEADLINES,
  REVIEW_GROUPS_MAX,
  REVIEW_TRIGGERS_MAX,
  REVISIONS_MAX,
  SOURCE_TOOLS_MAX,
  TEAM_PHASES_MAX,
  TEAM_SOURCES_MAX,
} from '../limits';
import { TRIGGER_KINDS } from '../reviews';
import { PhaseTool, SERVER_TOOL_CHARACTERS_MAX, ToolName } from './phase-tool';
import { recoveriesOf } from './recoveries-schema';
import { within } from './whole-number';

export const NAME = new RegExp(`^[a-z][a-z0-9_-]{0,${NAME_CHARACTERS_MAX - 1}}$`);
const Name = z
  .string()
  .regex(
    NAME,
    `must start with a lower-case letter and hold only a-z, 0-9, - and _ (${NAME_CHARACTERS_MAX} characters at most)`,
  );

/** A JSON Schema. Its content is checked by `checkTeam`. */
const JsonSchemaObject = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof JsonSchemaObject>;

/** Named checks of an output against its sources; code in `activities/checks/`. */
export const CHECKS = [
  'quotesExist',
  'citationsResolve',
  'numbersAppearInSources',
  'sameLanguage',
] as const;
export type CheckName = (typeof CHECKS)[number];

/** `"research"`, or `{"phase": "research", "expects": {…}, "checks": […]}` with what the receiver asks of it. */
interface NeededPhase {
  phase: string;
  expects?: JsonSchema | undefined;
  checks: CheckName[];
}
const Need = z.union(
  [
    Name.transform((phase): NeededPhase => ({ phase, checks: [] })),
    z.strictObject({
      phase: Name,
      expects: JsonSchemaObject.optional(),
      checks: z.array(z.enum(CHECKS)).default([]),
    }),
  ],
  { error: 'must be a phase name or {"phase": name, "expects": schema, "checks": names}' },
);

const Model = z.strictObject(
  {
    /** A model id of the provider, e.g. `claude-haiku-5-5`. */
    name: z.string().min(1).max(100),
    /** How deep the model thinks; the model's own default if left out. */
    effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must be an object, e.g. {"name": "claude-haiku-5-5"}' : undefined,
  },
);

/** A phase that may send earlier work back: `{"phase": "writing", "field": "verdict", "equals": "revise"}`. */
const Revises = z.strictObject({
  phase: Name,
  /** Property of this phase's output that carries the verdict. */
  field: z.string().min(1).max(100),
  /** The value that means: once more. */
  equals: z.union([z.string(), z.boolean()]),
  revisionsMax: within(REVISIONS_MAX),
});

/**
 * A call of an effect tool, made with the accepted output. Strings in `input` are Mustache
 * templates over `{question, output, inputs, run}` and are rendered without HTML escaping.
 */
function isLanguage(code: string): boolean {
  const isCode = /^[a-z]{3}$/.test(code);
  return isCode && new Intl.DisplayNames(['en'], NAMES_ONLY).of(code) !== undefined;
}
const NAMES_ONLY = { type: 'language', fallback: 'none' } as const;

const Effect = z.strictObject({
  tool: ToolName,
  input: z.record(z.string(), z.unknown()),
});

const EFFECTS = ['none', 'idempotent', 'once'] as const;

/** What the team says of a tool of an MCP server. What the server says of it itself is not asked. */
const SourceTool = z.strictObject({
  /** What a second call with the same key would do: nothing at all, nothing more, the same again. */
  effect: z.enum(EFFECTS, {
    error: `must say what the tool does outside: "none", "idempotent" (a second call with the same key changes nothing), "once"`,
  }),
  /** Of what it gives, besides those of its source. */
  categories: z.array(z.enum(DATA_CATEGORIES)).default([]),
});

/** Tools of an MCP server of the installation; one that is not declared is not offered. */
const TeamSource = z.strictObject({
  tools: z
    .record(z.string().min(1).max(SERVER_TOOL_CHARACTERS_MAX), SourceTool)
    .refine((tools) => Object.keys(tools).length <= SOURCE_TOOLS_MAX, {
      error: `must declare at most ${SOURCE_TOOLS_MAX} tools`,
    }),
});

const Recoveries = recoveriesOf(FAILURE_KINDS);

const limitsShape = Object.fromEntries(
  Object.entries(PHASE_LIMITS).map(([name, limit]) => [name, within(limit)]),
) as Record<PhaseLimitName, ReturnType<typeof within>>;
const Limits = z.strictObject(limitsShape);

/** What it may be is said where it is none of them. */
function oneOf<const T extends readonly string[]>(values: T) {
  const quoted = values.map((value) => `"${value}"`);
  const last = quoted.pop();
  return z.enum(values, `must be ${quoted.join(', ')} or ${last}`);
}

/** Of reviewers, as the sign-in tells them. */
const Groups = z
  .array(z.string().regex(NAME, 'must be names of groups: a-z, 0-9, - and _, a letter first'))
  .max(REVIEW_GROUPS_MAX);
const WHEN_FORM =
  'must be "never", "always" or a list of triggers, e.g. [{"kind": "low_confidence", "below": 0.7}]';

const { remindMs, escalateMs, decideMs } = REVIEW_DEADLINES;
const Deadline = z.strictObject({
  /** When the question is asked again. */
  remindMs: within(remindMs),
  /** When it goes a level up. */
  escalateMs: within(escalateMs),
  /** When it is decided by itself. */
  decideMs: within(decideMs),
  escalateTo: Groups.optional(),
  /** How it is decided then, where that is among its options; else `stop`. */
  default: oneOf(DEADLINE_DECISIONS).default('stop'),
});
/** Of one phase: what it leaves out is the team's. */
const PhaseDeadline = z.strictObject({
  remindMs: within(remindMs).unwrap().optional(),
  escalateMs: within(escalateMs).unwrap().optional(),
  decideMs: within(decideMs).unwrap().optional(),
  escalateTo: Groups.optional(),
  /** What an approval offers. */
  default: oneOf(['approve', 'reject', 'stop']).optional(),
});

const SHARE = { error: 'must be a number from 0 to 1' };
const Share = z.number(SHARE).min(0, SHARE).max(1, SHARE);
const Field = z.string('must be the name of a property of what the phase produces').min(1).max(100);
const VALUES = { error: 'must be a list of the texts or truth values that are to be looked at' };
const MICRO_USD = { error: 'must be a whole number of micro-dollars' };
/** What makes a phase ask for approval. */
const Trigger = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('always') }),
    z.strictObject({ kind: z.literal('low_confidence'), below: Share }),
    z.strictObject({
      kind: z.literal('data_category'),
      categories: z.array(oneOf(DATA_CATEGORIES)).min(1, 'must name at least one'),
    }),
    z.strictObject({
      kind: z.literal('decision_type'),
      field: Field,
      equals: z
        .array(z.union([z.string(), z.boolean()], VALUES), VALUES)
        .min(1, VALUES)
        .max(20),
    }),
    z.strictObject({ kind: z.literal('cost_above'), microUsd: z.int(MICRO_USD).min(0, MICRO_USD) }),
    z.strictObject({
      kind: z.literal('low_quality'),
      field: Field,
      below: z.number('must be a number'),
    }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `must be one of ${TRIGGER_KINDS.join(', ')}` : undefined,
  },
);
const When = z.union(
  [
    z.enum(['never', 'always']),
    z.array(Trigger).min(1, 'must have at least one trigger').max(REVIEW_TRIGGERS_MAX),
  ],
  { error: WHEN_FORM },
);
const Review = z.strictObject({
  when: When.default('always'),
  quorum: within(QUORUM),
  groups: Groups.default([]),
  /** Who started the run, or has it work for them, may not decide. */
  notStarter: z.boolean().default(false),
  deadline: PhaseDeadline.prefault({}),
});

export const Phase = z.strictObject({
  name: Name,
  /** Who the agent is, in one line. */
  role: z.string().min(1).max(1_000),
  instructions: z.string().min(1).max(INSTRUCTIONS_CHARACTERS_MAX),
  model: Model,
  /** Asked instead, in this order, where the model fails for good or refuses; in a round of its own. */
  fallbackModels: z.array(Model).max(FALLBACK_MODELS_MAX).default([]),
  needs: z.array(Need).max(PHASE_NEEDS_MAX).default([]),
  /** The contract: the JSON Schema of what the phase produces; an object. */
  produces: JsonSchemaObject,
  tools: z.array(PhaseTool).max(PHASE_TOOLS_MAX).default([]),
  checks: z.array(z.enum(CHECKS)).default([]),
  /** Which it writes in: a code of ISO 639-3, e.g. `deu`. Left out: that of the question. */
  language: z.string().refine(isLanguage, 'must be a code of ISO 639-3, e.g. "eng"').optional(),
  /** Whether the run can go on without it; an optional phase degrades to a limitation. */
  required: z.boolean().default(true),
  revises: Revises.optional(),
  /** Whether a person approves the output before it is handed on and before its effects. */
  review: z
    .union([z.enum(['never', 'always']), Review], {
      error:
        'must be "never", "always" or {"when": "always", "quorum": 2, "deadline": {"decideMs": 86400000}}',
    })
    .default('never'),
  effects: z.array(Effect).max(PHASE_EFFECTS_MAX).default([]),
  /** Stands above the team's. */
  recoveries: Recoveries.prefault({}),
  limits: Limits.prefault({}),
});
export type Phase = z.output<typeof Phase>;

export const Team = z.strictObject({
  name: Name,
  version: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$/, 'must look like a version, e.g. "1.0.0"'),
  description: z.string().max(2_000).default(''),
  /** Whether a start must bring documents. */
  documents: z.enum(['required', 'optional', 'none']).default('optional'),
  /** What its documents hold, besides what is detected in them. */
  documentCategories: z.array(z.enum(DATA_CATEGORIES)).default([]),
  /** What a run may cost when its start does not say. */
  budgetMicroUsd: within(BUDGET_MICRO_USD, ' micro-dollars'),
  recoveries: Recoveries.prefault({}),
  /** Of questions to a person that nobody answers. */
  deadline: Deadline.prefault({}),
  /** Whether decisions count that come without a sign-in, e.g. by Temporal's own CLI. */
  unverifiedDecisions: z.enum(['refused', 'allowed']).default('refused'),
  /** By the names of the installation's sources. */
  sources: z
    .record(Name, TeamSource)
    .refine((sources) => Object.keys(sources).length <= TEAM_SOURCES_MAX, {
      error: `must name at most ${TEAM_SOURCES_MAX} sources`,
    })
    .default({}),
  phases: z.array(Phase).min(1, 'must have at least one phase').max(TEAM_PHASES_MAX),
});
/** A team with every default filled in. */
export type Team = z.output<typeof Team>;
/** A team as a person writes it. */
export type TeamInput = z.input<typeof Team>;
