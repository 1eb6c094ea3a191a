import type { Random } from '../random';
import type { MessagesRequest } from '../request/schema';
import { type CustomTool, isCustomTool } from '../request/tools';
import type { Context, PastCall } from './context';
import { nameWords, roleOf } from './fields';
import { structuredValue } from './structured';
import { contentWords } from './words';

/** One tool call that the answer makes. */
export interface ToolCall {
  name: string;
  input: Record<string, unknown>;
}

/** Turns of tool use after which the answer is given. */
const TOOL_TURNS_COUNT_MAX = 3;
const QUERIES_COUNT = { min: 2, max: 4 };
const READS_COUNT_MAX = 3;
/** Lines shown before a passage when the document around it is read. */
const LINES_BEFORE = 10;

/**
 * The calls of this turn; empty when it is time to answer. Tools are known by their schemas: one
 * that takes a query is searched with, one that takes a document reads what was found, any other
 * is called once if all that it requires can be filled from the request.
 */
export function planCalls(
  request: MessagesRequest,
  context: Context,
  seedWords: readonly string[],
  random: Random,
): ToolCall[] {
  const tools = (request.tools ?? [])
    .filter(isCustomTool)
    .filter((tool) => tool.defer_loading !== true);
  const choice = request.tool_choice ?? { type: 'auto' };
  if (choice.type === 'none' || tools.length === 0) return [];
  const planner = new Planner(context, seedWords, random);
  const forced = choice.type === 'tool' ? tools.filter((tool) => tool.name === choice.name) : tools;
  const calls = choice.type === 'auto' ? planner.freely(tools) : planner.freely(forced, true);
  const isSingle = choice.disable_parallel_tool_use === true;
  return isSingle ? calls.slice(0, 1) : calls;
}

class Planner {
  constructor(
    private readonly context: Context,
    private readonly seedWords: readonly string[],
    private readonly random: Random,
  ) {}

  freely(tools: CustomTool[], mustCall = false): ToolCall[] {
    const { toolTurns, hasAnswered } = this.context;
    const isOver = hasAnswered || toolTurns >= TOOL_TURNS_COUNT_MAX;
    const planned = isOver ? [] : this.turn(tools);
    if (planned.length > 0 || !mustCall) return planned;
    return tools.slice(0, 1).flatMap((tool) => {
      const searched = this.search(tool, 1);
      return searched.length > 0 ? searched : this.once(tool, {});
    });
  }

  /** First a search, then reading and the rest; more only as long as nothing was found. */
  private turn(tools: CustomTool[]): ToolCall[] {
    const { calls, evidence, toolTurns } = this.context;
    const searches = tools.filter((tool) => queryParameter(tool) !== undefined);
    const reads = tools.filter((tool) => !searches.includes(tool) && documentParameter(tool));
    const others = tools.filter((tool) => !searches.includes(tool) && !reads.includes(tool));
    const search = (): ToolCall[] => searches.flatMap((tool) => this.search(tool));
    const isNew = (call: ToolCall): boolean => !calls.some((past) => isSame(past, call));
    const turn = toolTurns - (searches.length > 0 ? 1 : 0);
    if (turn < 0) return search();
    const searchedAgain = evidence.length === 0 ? search() : [];
    if (turn > 0) return searchedAgain.filter(isNew);
    const rest = others.filter((tool) => !calls.some((past) => past.name === tool.name));
    return [
      ...searchedAgain,
      ...reads.flatMap((tool) => this.read(tool)),
      ...rest.flatMap((tool) => this.once(tool, {})),
    ].filter(isNew);
  }

  /** Different queries from the question's words; other words when asked again. */
  private search(tool: CustomTool, most: number = QUERIES_COUNT.max): ToolCall[] {
    const parameter = queryParameter(tool);
    if (parameter === undefined) return [];
    const words = contentWords(this.context.question);
    const { toolTurns } = this.context;
    const count = Math.min(most, this.random.int(QUERIES_COUNT.min, QUERIES_COUNT.max));
    const size = toolTurns === 0 ? 2 : 1;
    const queries = new Set<string>([
      ...(toolTurns === 0 ? [words.slice(0, 5).join(' ')] : []),
      ...this.random
        .shuffle(words)
        .map((word, index, all) => [word, all[index + 1] ?? ''].slice(0, size).join(' ').trim()),
      this.context.question.slice(0, 80).trim(),
    ]);
    return [...queries]
      .filter((query) => query !== '')
      .slice(0, count)
      .flatMap((query) => this.once(tool, { [parameter]: query }));
  }

  /** The documents that were found, around the best passage; else those that are listed. */
  private read(tool: CustomTool): ToolCall[] {
    const parameter = documentParameter(tool);
    if (parameter === undefined) return [];
    const found = this.context.evidence.filter((item) => item.document !== '');
    const names =
      found.length > 0 ? [...new Set(found.map((item) => item.document))] : this.context.documents;
    return names.slice(0, READS_COUNT_MAX).flatMap((name) => {
      const line = found.find((item) => item.document === name)?.line ?? 1;
      const from = Object.keys(propertiesOf(tool)).find((key) =>
        /^(from|start)( line)?$/.test(nameWords(key)),
      );
      const start = from === undefined ? {} : { [from]: Math.max(1, line - LINES_BEFORE) };
      return this.once(tool, { [parameter]: name, ...start });
    });
  }

  /** A call whose arguments fit the tool's schema; none where they cannot be made to fit. */
  private once(tool: CustomTool, overrides: Record<string, unknown>): ToolCall[] {
    if (needsCursor(tool)) return [];
    const input = structuredValue({
      schema: tool.input_schema,
      context: this.context,
      seedWords: [...this.seedWords, tool.name],
      overrides,
      optional: 'none',
    });
    if (typeof input !== 'object' || input === null) return [];
    return [{ name: tool.name, input: input as Record<string, unknown> }];
  }
}

const isSame = (past: PastCall, call: ToolCall): boolean =>
  past.name === call.name && JSON.stringify(past.input) === JSON.stringify(call.input);

const propertiesOf = (tool: CustomTool): Record<string, unknown> =>
  tool.input_schema.properties ?? {};

function stringParameter(tool: CustomTool, fits: (name: string) => boolean): string | undefined {
  return Object.entries(propertiesOf(tool)).find(([name, schema]) => {
    const { type, enum: values } = (schema ?? {}) as { type?: unknown; enum?: unknown };
    const isText = type === 'string' || (Array.isArray(type) && type.includes('string'));
    return isText && values === undefined && fits(nameWords(name));
  })?.[0];
}

const queryParameter = (tool: CustomTool): string | undefined =>
  stringParameter(tool, (words) =>
    /^(q|search|pattern)$|\b(query|keyword|search term|term)\b/.test(words),
  );

/** Only an earlier result can give what such a parameter asks for. */
const needsCursor = ({ input_schema: { required } }: CustomTool): boolean =>
  (required ?? []).some((name) => /\b(cursor|page token)\b/.test(nameWords(name)));

/** Of a tool that reads: it asks for a document's name and for no other text. */
function documentParameter(tool: CustomTool): string | undefined {
  const parameter = stringParameter(
    tool,
    (words) => roleOf(words, '') === 'document' || /^(path|filename|name)$/.test(words),
  );
  const otherTexts = (tool.input_schema.required ?? []).filter(
    (name) => name !== parameter && typeIn(tool, name) === 'string',
  );
  return otherTexts.length === 0 ? parameter : undefined;
}

const typeIn = (tool: CustomTool, name: string): unknown =>
  (propertiesOf(tool)[name] as { type?: unknown } | undefined)?.type;
