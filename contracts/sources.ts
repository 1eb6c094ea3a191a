/**
 * What tools may read outside, by the names that teams call it: the file of `TUESDAY_SOURCES`. A team
 * may come from anybody, so it names sources; commands, folders and private addresses are the
 * installation's.
 */
import { z } from 'zod';
import { DATA_CATEGORIES, type DataCategory } from './categories';
import { HttpUrl } from './http-url';
import { NAME } from './team/schema';

export const SOURCE_KINDS = ['data_folder', 'http', 'mcp'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

const categories = z
  .array(z.enum(DATA_CATEGORIES, { error: `must be one of ${DATA_CATEGORIES.join(', ')}` }))
  .default([]);

/** The name of a variable of the environment. */
const Variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable');
const HeaderName = z.string().regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header');

/** CSV, JSON and Parquet files for `query_data`. */
const DataFolder = z.strictObject({
  kind: z.literal('data_folder'),
  /** Absolute, or relative to the file that names it. */
  folder: z.string().min(1),
  categories,
});

/** A server that `fetch_url` may reach although its address is private. */
const Http = z.strictObject({
  kind: z.literal('http'),
  /** Scheme, host and port. */
  origin: HttpUrl.refine((url) => ['', '/'].includes(url.slice(new URL(url).origin.length)), {
    error: 'must be an origin, scheme, host and port alone, such as http://10.0.0.5:8080',
  }).transform((url) => new URL(url).origin),
  categories,
});

/** A server of the Model Context Protocol: a command that is started, or a URL. */
const Mcp = z
  .strictObject({
    kind: z.literal('mcp'),
    command: z
      .array(z.string().min(1), { error: 'must be a list such as ["npx", "some-server"]' })
      .min(1, 'must name a program')
      .optional(),
    /** Variables that its process gets besides the few that every process needs. */
    env: z.record(Variable, z.string()).optional(),
    /** Those that it gets from the worker's own environment. */
    envFrom: z.array(Variable).optional(),
    url: HttpUrl.optional(),
    /** Headers of its requests, each with the variable that holds its value. */
    headersEnv: z.record(HeaderName, Variable).optional(),
    categories,
  })
  .refine(({ command, url }) => (command === undefined) !== (url === undefined), {
    error: 'must have either "command" or "url"',
  })
  .refine(({ url, env, envFrom }) => !url || (!env && !envFrom), {
    error: '"env" and "envFrom" go with "command"',
  })
  .refine(({ command, headersEnv }) => !command || !headersEnv, {
    error: '"headersEnv" goes with "url"',
  });

/** Its name is set before those of its tools with `__` between, so it holds none itself. */
const SourceName = z
  .string()
  .regex(NAME, 'is no name: a-z, 0-9, - and _, a letter first, 40 characters at most')
  .refine((name) => !/__|_$/.test(name), 'is no name of a source: no __ and no _ at its end');

export const SourcesFile = z.record(
  SourceName,
  z.discriminatedUnion('kind', [DataFolder, Http, Mcp], {
    error: `must have a "kind": ${SOURCE_KINDS.join(', ')}`,
  }),
);
export type SourcesFile = z.output<typeof SourcesFile>;

/** What a source is where it is used: paths made absolute, secrets put in. */
export type Source = DataFolderSource | HttpSource | McpSource;
export type DataFolderSource = z.output<typeof DataFolder>;
export type HttpSource = z.output<typeof Http>;
export type McpSource = { kind: 'mcp'; categories: DataCategory[] } & (
  | { command: readonly string[]; env: Readonly<Record<string, string>> }
  | { url: string; headers: Readonly<Record<string, string>> }
);
export type Sources = Readonly<Record<string, Source>>;

/** What a team is checked against, and anybody may know. */
export const SourceFacts = z.object({
  kind: z.enum(SOURCE_KINDS),
  categories: z.array(z.enum(DATA_CATEGORIES)),
});
export type SourceFacts = z.infer<typeof SourceFacts>;

export const sourceFacts = (sources: Sources): Record<string, SourceFacts> =>
  Object.fromEntries(
    Object.entries(sources).map(([name, { kind, categories }]) => [name, { kind, categories }]),
  );

/** The sources of one kind. */
export function sourcesOf<Kind extends SourceKind>(
  sources: Sources,
  kind: Kind,
): Readonly<Record<string, Extract<Source, { kind: Kind }>>> {
  const isOfKind = (entry: [string, Source]): entry is [string, Extract<Source, { kind: Kind }>] =>
    entry[1].kind === kind;
  return Object.fromEntries(Object.entries(sources).filter(isOfKind));
}
