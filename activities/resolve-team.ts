/** Fills in what a team leaves to defaults, once for the whole run. */
import type { PhaseTool } from '../contracts/team/phase-tool';
import { type ResolvedTeam, toolPolicy } from '../contracts/team/resolved';
import type { Phase, Team } from '../contracts/team/schema';
import { sourceTool } from '../contracts/team/source-tools';
import { type RecoveryTable, resolveLadders } from '../domain/recovery';

/** A tool's own word stands above its phase's, and that above the team's. */
export function resolveTeam(team: Team, table: RecoveryTable): ResolvedTeam {
  const policyOf = (tool: PhaseTool, phase: Phase) =>
    toolPolicy(
      tool,
      phase,
      resolveLadders(table, team.recoveries, phase.recoveries, tool.recoveries ?? {}),
    );
  const ladders = team.phases.map(({ name, recoveries }) => [
    name,
    resolveLadders(table, team.recoveries, recoveries),
  ]);
  return {
    ...team,
    phases: team.phases.map((phase) => ({
      ...phase,
      tools: phase.tools.map((tool) => policyOf(named(tool, team), phase)),
    })),
    ladders: Object.fromEntries(ladders),
  };
}

/** Tools by the names that models and the ledger know them by. */
function named({ tool, fallback, ...policy }: PhaseTool, team: Team): PhaseTool {
  const nameOf = (name: string) => sourceTool(team, name)?.name ?? name;
  return {
    ...policy,
    tool: nameOf(tool),
    ...(fallback ? { fallback: { ...fallback, tool: nameOf(fallback.tool) } } : {}),
  };
}
