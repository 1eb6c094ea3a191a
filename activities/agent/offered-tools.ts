/** Which tools a round offers: asked for once, when its prompt is rendered. */
import type { ContentStore } from '../../contracts/content';
import { putText } from '../../contracts/content';
import type { Limitation } from '../../contracts/run-status';
import type { PhaseTool } from '../../contracts/team/phase-tool';
import type { Phase, Team } from '../../contracts/team/schema';
import { sourceTool } from '../../contracts/team/source-tools';
import type { Prompt } from '../model/port';
import { CutResults, READ_RESULT } from '../tools/executor/cut-results';
import { hasEffect, type Tool, ToolError } from '../tools/tool';
import { type ToldTool, type Toolbox, toldOf } from '../tools/toolbox';

/** A tool that the phase names and its source does not give. The reason is the source's: untrusted. */
export type LeftOutTool = NonNullable<Prompt['leftOut']>[number];

/** What a round offers its agent. */
export interface Offer {
  tools: ToldTool[];
  leftOut: LeftOutTool[];
}

/** One dead source must not end a round that can do without: its tools are left out, and that is told. */
export async function offeredTools(toolbox: Toolbox, team: Team, { tools }: Phase): Promise<Offer> {
  const asked = await Promise.all(tools.map((tool) => offer(toolbox, team, tool)));
  const told = asked.flatMap((answer) => ('told' in answer ? [answer.told] : []));
  const needsReading = told.some(({ name }) => mayCut(toolbox.find(name, team)));
  return {
    tools: needsReading ? [...told, toldOf(new CutResults().tool as Tool)] : told,
    leftOut: asked.flatMap((answer) => ('leftOut' in answer ? [answer.leftOut] : [])),
  };
}

const mayCut = (tool: Tool | undefined): boolean =>
  tool !== undefined && !hasEffect(tool) && !tool.resultsFit;

async function offer(
  toolbox: Toolbox,
  team: Team,
  { tool: name, sources }: PhaseTool,
): Promise<{ told: ToldTool } | { leftOut: LeftOutTool }> {
  try {
    const told = await toolbox.tell(name, team);
    if (!told) throw notInstalled(name);
    return { told: sources ? { ...told, description: restricted(told, sources) } : told };
  } catch (error) {
    const source = sourceTool(team, name)?.source;
    if (!(error instanceof ToolError) || source === undefined) throw error;
    return { leftOut: { tool: name, source, reason: `${error.message} (${error.kind})` } };
  }
}

const restricted = ({ description }: ToldTool, sources: string[]): string =>
  `${description} Of its sources only these are open to you: ${sources.join(', ')}.`;

/** What the agent may call, as its prompt says, whatever has changed since. */
export function toolsOf(
  { tools }: Prompt,
  toolbox: Toolbox,
  team: Team,
  cutResults: CutResults,
): Map<string, Tool> {
  const reader = cutResults.tool as Tool;
  return new Map(
    tools.map((told) => {
      const tool = told.name === READ_RESULT ? reader : toolbox.find(told.name, team, told);
      if (!tool) throw notInstalled(told.name);
      return [told.name, tool];
    }),
  );
}

const notInstalled = (tool: string) =>
  new RangeError(`tool ${tool} is not installed in this worker`);

export const leftOutWords = ({ tool, source, reason }: LeftOutTool): string =>
  `The tool ${tool} of the source ${source} was not available: ${reason}.`;

/** One for each source of which a tool is missing. */
export function sourceLimitations(
  content: ContentStore,
  phase: string,
  leftOut: readonly LeftOutTool[],
): Promise<Limitation[]> {
  const sources = [...new Set(leftOut.map(({ source }) => source))];
  return Promise.all(
    sources.map(async (source) => ({
      kind: 'source_unavailable' as const,
      phase,
      source,
      detailSha256: await putText(
        content,
        leftOut
          .filter((tool) => tool.source === source)
          .map(leftOutWords)
          .join('\n'),
      ),
    })),
  );
}
