/** The tools that come with Tuesday, and what a team definition is checked against. */
import { z } from 'zod';
import type { SourceFacts, SourceKind } from './sources';
import type { JsonSchema } from './team/schema';

export const INSTALLED_TOOLS = [
  'search_documents',
  'read_document',
  'fetch_url',
  'query_data',
  'web_search',
  'ask_person',
  'publish_file',
  'publish_http',
] as const;
export type InstalledTool = (typeof INSTALLED_TOOLS)[number];

/** The kind of sources that a tool reads, of those tools that read some. */
export const SOURCE_KIND_OF_TOOL: Readonly<Partial<Record<string, SourceKind>>> = {
  fetch_url: 'http',
  query_data: 'data_folder',
};

const READ_DOCUMENTS: readonly string[] = ['search_documents', 'read_document'];
/** Whether a phase with this tool may read the run's documents. */
export const readsDocuments = ({ tool }: { tool: string }): boolean =>
  READ_DOCUMENTS.includes(tool);

const PATH_CHARACTERS_MAX = 200;

/** Each part begins with a letter, a digit, `_` or `-`: nothing hidden, and no `..` to lead out. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9._ -]*(\/[A-Za-z0-9_-][A-Za-z0-9._ -]*)*$/;

export const PublishFileInput = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(PATH_CHARACTERS_MAX)
    .regex(PATH, 'must be a plain relative path such as "report.md"')
    .describe('Relative path of the file, e.g. "report.md".'),
  content: z.string().describe('The whole text of the file.'),
});
export type PublishFileInput = z.infer<typeof PublishFileInput>;

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?$/;

/** @param targets the names of the installation's publish targets; at least one. */
export function publishHttpInput(targets: readonly string[]) {
  return z.strictObject({
    target: z.enum(targets as [string, ...string[]]).describe('Where to publish.'),
    content: z.string().describe('The whole text to publish.'),
    mediaType: z
      .string()
      .max(100)
      .regex(MEDIA_TYPE, 'must be a media type such as "text/markdown; charset=utf-8"')
      .default('text/plain; charset=utf-8')
      .describe('Media type of the content, e.g. "application/json".'),
  });
}
export type PublishHttpInput = z.infer<ReturnType<typeof publishHttpInput>>;

export interface InstalledTools {
  /** What phases may name. */
  tools: readonly string[];
  /** Those that change the outside world, with the JSON Schema of their input. */
  effects: Readonly<Record<string, JsonSchema>>;
  /** Models whose price is known, which are all that a budget can hold; absent: not checked. */
  pricedModels?: readonly string[] | undefined;
  /** What tools may read outside, by name. */
  sources: Readonly<Record<string, SourceFacts>>;
}

export interface InstalledHere {
  /** Names of the installation's publish targets; without any there is no `publish_http`. */
  publishTargets?: readonly string[];
  /** Default none; without a `data_folder` there is no `query_data`. */
  sources?: InstalledTools['sources'];
  /** Whether the provider of the models searches the web, as the real API does; default false. */
  webSearch?: boolean;
}

export function installedTools({
  publishTargets = [],
  sources = {},
  webSearch = false,
}: InstalledHere = {}): InstalledTools {
  const effects: Partial<Record<InstalledTool, JsonSchema>> = {
    publish_file: inputSchema(PublishFileInput),
    ...(publishTargets.length > 0
      ? { publish_http: inputSchema(publishHttpInput(publishTargets)) }
      : {}),
  };
  const hasFolders = Object.values(sources).some(({ kind }) => kind === 'data_folder');
  const missing: readonly InstalledTool[] = [
    ...(publishTargets.length > 0 ? [] : ['publish_http' as const]),
    ...(hasFolders ? [] : ['query_data' as const]),
    ...(webSearch ? [] : ['web_search' as const]),
  ];
  const tools = INSTALLED_TOOLS.filter((tool) => !missing.includes(tool));
  return { tools, effects, sources };
}

/** What a caller may give, defaults left out; the dialect is always 2020-12. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return json;
}
