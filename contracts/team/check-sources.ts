/** What a team says of the MCP servers that it takes tools from, against what is installed. */
import type { InstalledTools } from '../tools';
import type { TeamProblem } from './problems';
import { type JsonSchema, Team } from './schema';
import { sourceTools } from './source-tools';

/** The schema of an effect's input is its server's, which nobody asks before a run. */
const ANY_INPUT: JsonSchema = { type: 'object' };

type Declared = Team['sources'];

/** What is well formed of the declaration; its form is checked with the whole. */
const declaredIn = (definition: unknown): Declared => {
  const { sources } = (definition ?? {}) as { sources?: unknown };
  return Team.shape.sources.safeParse(sources).data ?? {};
};

/** The tools of this team: those that are installed, and those that it declares. */
export function withSourceTools(definition: unknown, installed: InstalledTools): InstalledTools {
  const declared = sourceTools({ sources: declaredIn(definition) });
  const names = declared.flatMap(({ name, alias }) => [...new Set([alias, name])]);
  const effects = declared
    .filter(({ effect }) => effect !== 'none')
    .flatMap(({ name, alias }) => [alias, name].map((key) => [key, ANY_INPUT] as const));
  return {
    ...installed,
    tools: [...installed.tools, ...names],
    effects: { ...installed.effects, ...Object.fromEntries(effects) },
  };
}

export function checkSources(definition: unknown, installed: InstalledTools): TeamProblem[] {
  const declared = declaredIn(definition);
  const missing = Object.keys(declared).flatMap((source): TeamProblem[] => {
    const { kind } = (Object.hasOwn(installed.sources, source) && installed.sources[source]) || {};
    if (kind === 'mcp') return [];
    const message = kind
      ? `is a source of the kind ${kind}, which has no tools to declare: only MCP servers have`
      : `is no source of this installation; it has ${mcpSources(installed) || 'no MCP servers'}: name it in the file of TUESDAY_SOURCES`;
    return [{ path: `sources/${source}`, message }];
  });
  const taken = sourceTools({ sources: declared })
    .filter(({ name, alias }) => installed.tools.some((tool) => tool === name || tool === alias))
    .map(({ source, tool, name }) => ({
      path: `sources/${source}/tools/${tool}`,
      message: `would be called "${name}", as a tool that is installed here is`,
    }));
  return [...missing, ...taken];
}

const mcpSources = ({ sources }: InstalledTools): string =>
  Object.keys(sources)
    .filter((name) => sources[name]?.kind === 'mcp')
    .join(', ');
