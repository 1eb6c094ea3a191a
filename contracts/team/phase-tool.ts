/** A tool of a phase, with what the phase says of it: `"fetch_url"`, or `{"tool": "fetch_url", "triesMax": 5}`. */
import { z } from 'zod';
import { TOOL_FAILURES } from '../failures';
import {
  LAST_GOOD_AGE_MS,
  NAME_CHARACTERS_MAX,
  PHASE_LIMITS,
  TEAM_SOURCES_MAX,
  TOOL_BACKOFF,
} from '../limits';
import { recoveriesOf } from './recoveries-schema';
import { wholeNumber, within } from './whole-number';

/** Of a name that an MCP server gives a tool; teams set the name of its source before it. */
export const SERVER_TOOL_CHARACTERS_MAX = 128;
const TOOL_CHARACTERS_MAX = NAME_CHARACTERS_MAX + '__'.length + SERVER_TOOL_CHARACTERS_MAX;
export const ToolName = z.string().min(1).max(TOOL_CHARACTERS_MAX);

/**
 * The tool that is called instead, with the same input or one made from it: strings are Mustache
 * templates over the failed call's input, and one that is a single name alone keeps its type.
 */
const Fallback = z.union(
  [
    ToolName.transform((tool): { tool: string; input?: Record<string, unknown> } => ({ tool })),
    z.strictObject({ tool: ToolName, input: z.record(z.string(), z.unknown()).optional() }),
  ],
  { error: 'must be the name of a tool or {"tool": name, "input": {…}}' },
);

const Policy = z.strictObject({
  tool: ToolName,
  /** Default `limits.toolTriesMax` of the phase. */
  triesMax: wholeNumber(PHASE_LIMITS.toolTriesMax).optional(),
  /** Default `limits.toolMs` of the phase. */
  timeoutMs: wholeNumber(PHASE_LIMITS.toolMs).optional(),
  /** The wait before a retry where the tool names none: jittered, below a ceiling that doubles. */
  backoff: z
    .strictObject({ firstMs: within(TOOL_BACKOFF.firstMs), maxMs: within(TOOL_BACKOFF.maxMs) })
    .optional(),
  /** Another tool of the phase. */
  fallback: Fallback.optional(),
  /** How old a result may be that stands in for one; default `LAST_GOOD_AGE_MS`. */
  lastGoodAgeMsMax: wholeNumber(LAST_GOOD_AGE_MS).optional(),
  /** The only sources of the installation that the phase may reach by it; default: all that it takes. */
  sources: z.array(z.string().min(1).max(100)).min(1).max(TEAM_SOURCES_MAX).optional(),
  /** Whether the phase fails without it; else its failure leaves a limitation. */
  required: z.boolean().default(false),
  /** Stands above the phase's. */
  recoveries: recoveriesOf(TOOL_FAILURES).optional(),
});

export const PhaseTool = z.union([ToolName.transform((tool) => Policy.parse({ tool })), Policy], {
  error: 'must be the name of a tool or {"tool": name, …}',
});
export type PhaseTool = z.output<typeof PhaseTool>;
