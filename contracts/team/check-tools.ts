/** What a phase says of its tools, against what is installed and against itself. */
import Mustache from 'mustache';
import { EFFECT_DEPTH_MAX } from '../limits';
import { type InstalledTools, SOURCE_KIND_OF_TOOL } from '../tools';
import type { PhaseTool } from './phase-tool';
import { type TeamProblem, unknownTool } from './problems';
import { Phase } from './schema';

/** A phase as it was sent: only what is well formed of it is looked at. */
type RawPhase = Record<string, unknown>;

export function checkTools(phases: readonly RawPhase[], known: InstalledTools): TeamProblem[] {
  return phases.flatMap((phase, index) => {
    const tools = Phase.shape.tools.safeParse(phase.tools).data ?? [];
    return tools.flatMap((tool, position) => {
      const at = `phases/${index}/tools/${position}`;
      return problemsOf(tool, position, tools, known).map(([path, message]) => ({
        path: path === '' ? at : `${at}/${path}`,
        message,
      }));
    });
  });
}

type Problem = [path: string, message: string];

function problemsOf(
  tool: PhaseTool,
  position: number,
  tools: readonly PhaseTool[],
  known: InstalledTools,
): Problem[] {
  const isTwice = tools.slice(0, position).some((other) => other.tool === tool.tool);
  return [
    ...(known.tools.includes(tool.tool)
      ? []
      : [['', unknownTool(tool.tool, known.tools)] satisfies Problem]),
    ...(isTwice ? [['', `"${tool.tool}" is listed twice`] satisfies Problem] : []),
    ...(isEffect(tool.tool, known) ? ofEffect(tool) : []),
    ...ofFallback(tool, tools, known),
    ...ofSources(tool, known),
    ...ofRecoveries(tool),
    ...(tool.backoff && tool.backoff.firstMs > tool.backoff.maxMs
      ? [['backoff/firstMs', 'must not be longer than maxMs'] satisfies Problem]
      : []),
  ];
}

const isEffect = (tool: string, { effects }: InstalledTools): boolean =>
  Object.hasOwn(effects, tool);

/** Nothing stands in for an effect, and nobody goes on without one that was asked for. */
function ofEffect({ tool, ...policy }: PhaseTool): Problem[] {
  const named = (['fallback', 'lastGoodAgeMsMax', 'sources', 'recoveries'] as const).filter(
    (name) => policy[name] !== undefined,
  );
  const message = `"${tool}" changes the outside world: an effect has only triesMax, timeoutMs and backoff`;
  return [...named, ...(policy.required ? ['required'] : [])].map((name) => [name, message]);
}

function ofFallback(
  tool: PhaseTool,
  tools: readonly PhaseTool[],
  known: InstalledTools,
): Problem[] {
  const { fallback } = tool;
  if (!fallback) return [];
  const problem = (message: string): Problem[] => [['fallback', message]];
  if (fallback.tool === tool.tool) return problem('is the tool itself');
  if (!tools.some((other) => other.tool === fallback.tool))
    return problem(`"${fallback.tool}" is not among the tools of the phase: list it too`);
  if (isEffect(fallback.tool, known))
    return problem(`"${fallback.tool}" changes the outside world: an effect stands in for nothing`);
  const chain = chainFrom(tool, tools);
  if (chain.at(-1) === tool.tool) return problem(`leads back to itself: ${chain.join(' → ')}`);
  return badTemplates(fallback.input ?? {}, 'fallback/input', 0);
}

function badTemplates(value: unknown, path: string, depth: number): Problem[] {
  if (depth > EFFECT_DEPTH_MAX) return [[path, `is nested deeper than ${EFFECT_DEPTH_MAX} levels`]];
  if (typeof value === 'string') {
    try {
      // A writer of its own: the shared one keeps every template it has ever seen.
      new Mustache.Writer().parse(value);
      return [];
    } catch (error) {
      return [[path, `is not a template: ${(error as Error).message}`]];
    }
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    badTemplates(member, `${path}/${key}`, depth + 1),
  );
}

/** The names of what stands in for what, up to the first that comes twice. */
function chainFrom(start: PhaseTool, tools: readonly PhaseTool[]): string[] {
  const chain = [start.tool];
  for (let next = start.fallback?.tool; next !== undefined; ) {
    const name = next;
    const seen = chain.includes(name);
    chain.push(name);
    next = seen ? undefined : tools.find((other) => other.tool === name)?.fallback?.tool;
  }
  return chain;
}

function ofSources({ tool, sources = [] }: PhaseTool, known: InstalledTools): Problem[] {
  const kind = SOURCE_KIND_OF_TOOL[tool];
  return sources.flatMap((source, index): Problem[] => {
    const found = Object.hasOwn(known.sources, source) ? known.sources[source] : undefined;
    if (found && (kind === undefined || found.kind === kind)) return [];
    const names = Object.keys(known.sources).filter(
      (name) => kind === undefined || known.sources[name]?.kind === kind,
    );
    const message = `"${source}" is no source that "${tool}" reads here; there are ${names.join(', ') || 'none'}`;
    return [[`sources/${index}`, message]];
  });
}

/** Recoveries that can never be taken. */
function ofRecoveries({ recoveries = {}, fallback, required }: PhaseTool): Problem[] {
  return Object.entries(recoveries).flatMap(([kind, ladder = []]) =>
    ladder.flatMap((action, index): Problem[] => {
      const path = `recoveries/${kind}/${index}`;
      if (action === 'fallback_tool' && !fallback)
        return [[path, 'there is no "fallback" to call']];
      const isLeftOut = action === 'skip' || action === 'tell_agent';
      return required && isLeftOut && kind === 'tool_unavailable'
        ? [[path, 'a required tool is never gone without']]
        : [];
    }),
  );
}
