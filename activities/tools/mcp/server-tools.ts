/** The list of tools as a server gives it. Nothing in it is trusted: what cannot be offered is told apart. */
import { z } from 'zod';
import { isDeeperThan } from '../../../contracts/depth';
import { compileContract } from '../../../contracts/team/contract';
import { isObject } from '../../../contracts/team/references';
import type { JsonSchema } from '../../../contracts/team/schema';
import { MCP } from './limits';
import { cleanText } from './untrusted-text';

export interface ServerTool {
  description: string;
  /** Of its input, as the model is told. */
  inputSchema: JsonSchema;
  /** What `structuredContent` of its results is held against. */
  outputSchema?: JsonSchema;
}

/** Why a tool that a server has cannot be offered. */
export interface UnfitTool {
  unfit: string;
}

/** By the server's own names. */
export type ServerTools = ReadonlyMap<string, ServerTool | UnfitTool>;

const Named = z.looseObject({ name: z.string().min(1) });
const Schema = z.record(z.string(), z.unknown());
const Definition = z.looseObject({
  description: z.string().optional(),
  title: z.string().optional(),
  inputSchema: Schema,
  outputSchema: Schema.optional(),
  execution: z.looseObject({ taskSupport: z.string().optional() }).optional(),
});

/** One page of `tools/list`; its members are looked at one by one. */
export const ToolPage = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
});
export type ToolPage = z.output<typeof ToolPage>;

/** Of two tools with one name the first stays; what has no name is left out. */
export function readTools(listed: readonly unknown[]): ServerTools {
  const tools = new Map<string, ServerTool | UnfitTool>();
  for (const tool of listed.slice(0, MCP.toolsMax)) {
    const named = Named.safeParse(tool);
    if (named.success && !tools.has(named.data.name)) tools.set(named.data.name, readTool(tool));
  }
  return tools;
}

function readTool(tool: unknown): ServerTool | UnfitTool {
  const parsed = Definition.safeParse(tool);
  if (!parsed.success)
    return { unfit: `its definition is not valid at ${parsed.error.issues[0]?.path.join('/')}` };
  const { description, title, inputSchema, outputSchema, execution } = parsed.data;
  if (execution?.taskSupport === 'required')
    return { unfit: 'it can only be called as a task, which is not supported' };
  const input = withoutDialect(inputSchema);
  const unfit = unfitInput(input) ?? unfitSchema(outputSchema, 'outputSchema');
  if (unfit !== undefined) return { unfit };
  return {
    description: cleanText(description ?? title ?? '', MCP.descriptionCharactersMax),
    inputSchema: cleaned(input) as JsonSchema,
    ...(outputSchema ? { outputSchema: withoutDialect(outputSchema) } : {}),
  };
}

/** Generators name older dialects and write what is the same in all of them. */
function withoutDialect({ $schema: _dialect, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** Keys of properties that the Messages API takes. Source: its own error messages. */
const PROPERTY_KEY = /^[a-zA-Z0-9_.-]{1,64}$/;

/** What the Messages API takes as the input of a tool that is not strict: any schema of an object. */
function unfitInput(schema: JsonSchema): string | undefined {
  if (schema.type !== 'object') return 'its inputSchema is not that of an object';
  const union = ['anyOf', 'oneOf', 'allOf'].find((key) => key in schema);
  if (union) return `its inputSchema has "${union}" at its root, which the model API does not take`;
  const properties = isObject(schema.properties) ? Object.keys(schema.properties) : [];
  if (!properties.every((key) => PROPERTY_KEY.test(key)))
    return 'its inputSchema names a property in a way that the model API does not take';
  return unfitSchema(schema, 'inputSchema');
}

function unfitSchema(schema: JsonSchema | undefined, what: string): string | undefined {
  if (schema === undefined) return undefined;
  if (isDeeperThan(MCP.schemaDepthMax, schema))
    return `its ${what} is nested more than ${MCP.schemaDepthMax} levels deep`;
  if (Buffer.byteLength(JSON.stringify(schema)) > MCP.schemaBytesMax)
    return `its ${what} has more than ${MCP.schemaBytesMax} bytes`;
  try {
    compileContract(withoutDialect(schema));
    return undefined;
  } catch (error) {
    return cleanText(
      `its ${what} is not valid JSON Schema: ${(error as Error).message}`,
      MCP.errorCharactersMax,
    );
  }
}

/** What a schema says in words goes to the model like the description. */
function cleaned(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(cleaned);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, member]) => [
      key,
      typeof member === 'string' && (key === 'description' || key === 'title')
        ? cleanText(member, MCP.descriptionCharactersMax)
        : cleaned(member),
    ]),
  );
}
