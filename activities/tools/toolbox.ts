/** The tools of a team: those of this worker, and those that it declares of MCP servers. */
import { toModelSchema } from '../../contracts/team/model-schema';
import type { Team } from '../../contracts/team/schema';
import { type SourceTool, sourceTool } from '../../contracts/team/source-tools';
import type { Prompt } from '../model/port';
import type { McpServer } from './mcp/mcp-server';
import { type Tool, ToolError } from './tool';
import { jsonValue, type ToolValue } from './tool-value';

/** What a model is told of a tool. */
export type ToldTool = Prompt['tools'][number];

export interface Toolbox {
  /**
   * Asks no server: of an MCP server's tool it takes what was told of it to a model, and without that
   * any object as its input, which the server judges.
   */
  find(name: string, team: Team, told?: ToldTool): Tool | undefined;
  /**
   * What a model can be told of it now.
   * @throws ToolError where its server does not offer it, or cannot be asked
   */
  tell(name: string, team: Team): Promise<ToldTool | undefined>;
}

/** @param servers by the names of their sources */
export function createToolbox(
  installed: readonly Tool[],
  servers: Readonly<Record<string, McpServer>>,
): Toolbox {
  const own = new Map(installed.map((tool) => [tool.name, tool]));

  function serverOf({ source }: SourceTool): McpServer {
    const server = Object.hasOwn(servers, source) ? servers[source] : undefined;
    if (server) return server;
    throw new ToolError('unavailable', `the source ${source} is not installed in this worker`);
  }

  function toTool(declared: SourceTool, told?: ToldTool): Tool {
    const { name, source, tool, effect, categories } = declared;
    return {
      name,
      description: told?.description ?? '',
      input: told ? jsonValue(told.inputSchema) : ANY_OBJECT,
      effect,
      categories,
      source: () => source,
      run: async (input, { stepKey, signal }) => {
        const asked = { tool, input: input as Record<string, unknown>, stepKey };
        return serverOf(declared).call(asked, effect !== 'none', signal);
      },
    };
  }

  return {
    find(name, team, told) {
      const declared = sourceTool(team, name);
      return own.get(name) ?? (declared && toTool(declared, told));
    },
    async tell(name, team) {
      const tool = own.get(name);
      if (tool) return toldOf(tool);
      const declared = sourceTool(team, name);
      if (!declared) return undefined;
      const { description, inputSchema } = await serverOf(declared).describe(declared.tool);
      // As it is: tools are not strict, and what the server checks the model had better know.
      return { name: declared.name, description, inputSchema };
    },
  };
}

export const toldOf = ({ name, description, input }: Tool): ToldTool => ({
  name,
  description,
  inputSchema: toModelSchema(input.schema).schema,
});

const ANY_OBJECT: ToolValue = jsonValue({ type: 'object' });
