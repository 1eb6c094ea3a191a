import { z } from 'zod';

/**
 * Content blocks as the API takes them (API page 3.2, 3.11). Strict objects: an unknown key is
 * refused at any depth. The contents of server tools' results are the API's own and not checked.
 */

export const cacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();

const citation = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('char_location'),
    cited_text: z.string(),
    document_index: z.int().min(0),
    document_title: z.string().nullable(),
    start_char_index: z.int().min(0),
    end_char_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('page_location'),
    cited_text: z.string(),
    document_index: z.int().min(0),
    document_title: z.string().nullable(),
    start_page_number: z.int().min(1),
    end_page_number: z.int(),
  }),
  z.strictObject({
    type: z.literal('content_block_location'),
    cited_text: z.string(),
    document_index: z.int().min(0),
    document_title: z.string().nullable(),
    start_block_index: z.int().min(0),
    end_block_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('search_result_location'),
    cited_text: z.string(),
    search_result_index: z.int().min(0),
    source: z.string(),
    title: z.string().nullable(),
    start_block_index: z.int().min(0),
    end_block_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('web_search_result_location'),
    cited_text: z.string(),
    encrypted_index: z.string(),
    title: z.string().nullable(),
    url: z.string(),
  }),
]);

export const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: cacheControl,
  citations: z.array(citation).nullish(),
});

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.string().min(1),
    }),
    z.strictObject({ type: z.literal('url'), url: z.string().min(1) }),
    z.strictObject({ type: z.literal('file'), file_id: z.string().min(1) }),
  ]),
  cache_control: cacheControl,
  transformations: z
    .strictObject({ oversized_image: z.enum(['downsize', 'error']).optional() })
    .nullish(),
});

const citationsConfig = z.strictObject({ enabled: z.boolean().optional() });

const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.literal('application/pdf'),
      data: z.string().min(1),
    }),
    z.strictObject({
      type: z.literal('text'),
      media_type: z.literal('text/plain'),
      data: z.string(),
    }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([
        z.string(),
        z.array(z.discriminatedUnion('type', [textBlock, imageBlock])),
      ]),
    }),
    z.strictObject({ type: z.literal('url'), url: z.string().min(1) }),
    z.strictObject({ type: z.literal('file'), file_id: z.string().min(1) }),
  ]),
  cache_control: cacheControl,
  citations: citationsConfig.nullish(),
  context: z.string().nullish(),
  title: z.string().nullish(),
});

const searchResultBlock = z.strictObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(textBlock).min(1),
  cache_control: cacheControl,
  citations: citationsConfig.optional(),
});

const thinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});
const redactedThinkingBlock = z.strictObject({
  type: z.literal('redacted_thinking'),
  data: z.string(),
});

const caller = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('direct') }),
    z.strictObject({ type: z.literal('code_execution_20250825'), tool_id: z.string() }),
    z.strictObject({ type: z.literal('code_execution_20260120'), tool_id: z.string() }),
  ])
  .optional();

const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
  caller,
  toolset_name: z.string().nullish(),
});

const toolResultContent = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  searchResultBlock,
  documentBlock,
  z.strictObject({
    type: z.literal('tool_reference'),
    tool_name: z.string(),
    cache_control: cacheControl,
  }),
  z.strictObject({
    type: z.literal('browser_state'),
    tabs: z.array(z.unknown()),
    state_changes: z.array(z.unknown()).nullish(),
    cache_control: cacheControl,
  }),
]);

const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: z.union([z.string(), z.array(toolResultContent)]).optional(),
  is_error: z.boolean().optional(),
  cache_control: cacheControl,
  toolset_name: z.string().nullish(),
});

export const SERVER_TOOL_NAMES = [
  'web_search',
  'web_fetch',
  'code_execution',
  'bash_code_execution',
  'text_editor_code_execution',
  'tool_search_tool_regex',
  'tool_search_tool_bm25',
] as const;

const serverToolUseBlock = z.strictObject({
  type: z.literal('server_tool_use'),
  id: z.string().min(1),
  name: z.enum(SERVER_TOOL_NAMES),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
  caller,
});

const serverToolResult = <T extends string>(type: T) =>
  z.strictObject({
    type: z.literal(type),
    tool_use_id: z.string().min(1),
    content: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
    cache_control: cacheControl,
    caller,
  });

const containerUploadBlock = z.strictObject({
  type: z.literal('container_upload'),
  file_id: z.string().min(1),
  cache_control: cacheControl,
});

export const contentBlock = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  thinkingBlock,
  redactedThinkingBlock,
  toolUseBlock,
  toolResultBlock,
  serverToolUseBlock,
  serverToolResult('web_search_tool_result'),
  serverToolResult('web_fetch_tool_result'),
  serverToolResult('code_execution_tool_result'),
  serverToolResult('bash_code_execution_tool_result'),
  serverToolResult('text_editor_code_execution_tool_result'),
  serverToolResult('tool_search_tool_result'),
  containerUploadBlock,
]);

export type ContentBlock = z.infer<typeof contentBlock>;
export type TextBlock = z.infer<typeof textBlock>;
export type ImageBlock = z.infer<typeof imageBlock>;
export type CacheControl = z.infer<typeof cacheControl>;

/** The blocks that answer a `server_tool_use`. */
export const isServerToolResult = (type: ContentBlock['type']): boolean =>
  type.endsWith('_tool_result');
