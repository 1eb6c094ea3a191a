/** A team as a run was opened with it: every default filled in, every ladder whole. An artifact. */
import { TOOL_FAILURES, type ToolFailureKind } from '../failures';
import { LAST_GOOD_AGE_MS, TOOL_BACKOFF } from '../limits';
import type { Ladder, Ladders } from '../recoveries';
import type { PhaseTool } from './phase-tool';
import type { Phase, Team } from './schema';

export interface ResolvedTeam extends Team {
  phases: ResolvedPhase[];
  /** By phase. */
  ladders: Record<string, Ladders>;
}

export interface ResolvedPhase extends Phase {
  tools: ToolPolicy[];
}

export type ToolLadders = Readonly<Record<ToolFailureKind, Ladder>>;

/** How a phase uses one of its tools. */
export interface ToolPolicy extends PhaseTool {
  triesMax: number;
  timeoutMs: number;
  backoff: { firstMs: number; maxMs: number };
  lastGoodAgeMsMax: number;
  ladders: ToolLadders;
}

/** @param ladders of its phase and what it says itself, whole */
export function toolPolicy(tool: PhaseTool, { limits }: Phase, ladders: ToolLadders): ToolPolicy {
  const { firstMs, maxMs } = TOOL_BACKOFF;
  return {
    ...tool,
    triesMax: tool.triesMax ?? limits.toolTriesMax,
    timeoutMs: tool.timeoutMs ?? limits.toolMs,
    backoff: tool.backoff ?? { firstMs: firstMs.default, maxMs: maxMs.default },
    lastGoodAgeMsMax: tool.lastGoodAgeMsMax ?? LAST_GOOD_AGE_MS.default,
    ladders: pick(ladders),
  };
}

const pick = (ladders: ToolLadders): ToolLadders =>
  Object.fromEntries(TOOL_FAILURES.map((kind) => [kind, ladders[kind]])) as unknown as ToolLadders;

export function phaseOfTeam({ phases, name }: ResolvedTeam, phase: string): ResolvedPhase {
  const found = phases.find((candidate) => candidate.name === phase);
  if (!found) throw new RangeError(`phase ${phase} is not part of team ${name}`);
  return found;
}

export function laddersOf({ ladders, name }: ResolvedTeam, phase: string): Ladders {
  const found = Object.hasOwn(ladders, phase) ? ladders[phase] : undefined;
  if (!found) throw new RangeError(`phase ${phase} is not part of team ${name}`);
  return found;
}
