/** The tools of MCP servers as teams name them: declared by source, listed by phases as `news__search`. */

import type { DataCategory } from '../categories';
import { sha256Of } from '../content';
import type { Team } from './schema';

/** What a second execution with the same key would do; see `EffectMode` of tools. */
export type DeclaredEffect = 'none' | 'idempotent' | 'once';

export interface SourceTool {
  /** As models and the ledger know it. */
  name: string;
  /** As phases may list it too, where that differs. */
  alias: string;
  source: string;
  /** The server's own name of it. */
  tool: string;
  effect: DeclaredEffect;
  categories: readonly DataCategory[];
}

/** Teams of runs that were opened by an earlier version know no sources. */
type WithSources = Partial<Pick<Team, 'sources'>>;

export function sourceTools({ sources = {} }: WithSources): SourceTool[] {
  return Object.entries(sources).flatMap(([source, { tools }]) =>
    Object.entries(tools).map(([tool, declared]) => ({
      name: modelName(source, tool),
      alias: `${source}__${tool}`,
      source,
      tool,
      ...declared,
    })),
  );
}

export const sourceTool = (team: WithSources, named: string): SourceTool | undefined =>
  sourceTools(team).find(({ name, alias }) => name === named || alias === named);

/** As the Messages API takes names of tools. */
const NAME_OF_TOOL = /^[a-zA-Z0-9_-]{1,64}$/;
const NAME_CHARACTERS_MAX = 64;
const DIGEST_CHARACTERS = 8;

/** The same for the same tool, always; where the server's name does not do, with a digest of it. */
function modelName(source: string, tool: string): string {
  const plain = `${source}__${tool}`;
  if (NAME_OF_TOOL.test(plain)) return plain;
  const digest = sha256Of(plain).slice(0, DIGEST_CHARACTERS);
  const readable = plain.replace(/[^a-zA-Z0-9_-]/g, '_');
  return `${readable.slice(0, NAME_CHARACTERS_MAX - DIGEST_CHARACTERS - 1)}_${digest}`;
}
