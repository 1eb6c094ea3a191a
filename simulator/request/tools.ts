import { z } from 'zod';
import { cacheControl } from './blocks';

/** Tool declarations as the API takes them (API page 3.5, 3.11). */

const shared = {
  allowed_callers: z
    .array(
      z.enum([
        'direct',
        'code_execution_20250825',
        'code_execution_20260120',
        'code_execution_20260521',
      ]),
    )
    .optional(),
  cache_control: cacheControl,
  defer_loading: z.boolean().optional(),
  strict: z.boolean().optional(),
};

const inputExamples = z.array(z.record(z.string(), z.unknown())).optional();

const customTool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.looseObject({
    type: z.literal('object'),
    properties: z.record(z.string(), z.unknown()).nullish(),
    required: z.array(z.string()).nullish(),
  }),
  eager_input_streaming: z.boolean().nullish(),
  input_examples: inputExamples,
  ...shared,
});

/** A tool of the API's own kind: a fixed name and a few settings. */
const fixedTool = <T extends string, N extends string, S extends z.ZodRawShape>(
  type: T,
  name: N,
  settings: S,
) => z.strictObject({ type: z.literal(type), name: z.literal(name), ...shared, ...settings });

const domains = {
  allowed_domains: z.array(z.string().min(1)).nullish(),
  blocked_domains: z.array(z.string().min(1)).nullish(),
  max_uses: z.int().min(1).nullish(),
};
const inclusion = { response_inclusion: z.enum(['full', 'excluded']).optional() };
const search = {
  ...domains,
  user_location: z
    .strictObject({
      type: z.literal('approximate'),
      city: z.string().nullish(),
      country: z.string().nullish(),
      region: z.string().nullish(),
      timezone: z.string().nullish(),
    })
    .nullish(),
};

const tagged = z.strictObject({ type: z.enum(['all', 'none']) });
const listed = z.strictObject({
  type: z.enum(['only', 'except']),
  tools: z.array(z.strictObject({ type: z.literal('tool_reference'), name: z.string() })),
});
const toolFilter = z.discriminatedUnion('type', [tagged, listed]).optional();
const fetch = {
  ...domains,
  citations: z.strictObject({ enabled: z.boolean().optional() }).nullish(),
  max_content_tokens: z.int().min(1).nullish(),
  url_sources: z
    .strictObject({
      client_tool_results: toolFilter,
      server_tool_results: toolFilter,
      user_input: tagged.optional(),
    })
    .nullish(),
};
const useCache = { use_cache: z.boolean().optional() };

const memberConfig = z
  .strictObject({ defer_loading: z.boolean().nullish(), enabled: z.boolean().nullish() })
  .nullish();
const toolset = <T extends string>(type: T, members: readonly string[]) =>
  z.strictObject({
    type: z.literal(type),
    cache_control: cacheControl,
    configs: z
      .strictObject(Object.fromEntries(members.map((member) => [member, memberConfig])))
      .nullish(),
  });

const SHARED_MEMBERS = [
  'key',
  'hold_key',
  'type',
  'mouse_move',
  'left_mouse_down',
  'left_mouse_up',
  'left_click',
  'left_click_drag',
  'right_click',
  'middle_click',
  'double_click',
  'triple_click',
  'scroll',
  'wait',
  'screenshot',
  'zoom',
];
const BROWSER_MEMBERS = [
  ...SHARED_MEMBERS,
  'navigate',
  'list_tabs',
  'new_tab',
  'switch_tab',
  'close_tab',
  'read_page',
  'get_page_text',
  'read_console',
  'read_network',
  'find',
  'form_input',
  'file_upload',
  'scroll_to',
  'hover',
  'javascript_exec',
];

export const tool = z.discriminatedUnion('type', [
  customTool,
  fixedTool('bash_20250124', 'bash', { input_examples: inputExamples }),
  fixedTool('text_editor_20250124', 'str_replace_editor', { input_examples: inputExamples }),
  fixedTool('text_editor_20250429', 'str_replace_based_edit_tool', {
    input_examples: inputExamples,
  }),
  fixedTool('text_editor_20250728', 'str_replace_based_edit_tool', {
    input_examples: inputExamples,
    max_characters: z.int().min(1).nullish(),
  }),
  fixedTool('memory_20250818', 'memory', { input_examples: inputExamples }),
  fixedTool('code_execution_20250522', 'code_execution', {}),
  fixedTool('code_execution_20250825', 'code_execution', {}),
  fixedTool('code_execution_20260120', 'code_execution', {}),
  fixedTool('code_execution_20260521', 'code_execution', {}),
  fixedTool('tool_search_tool_bm25_20251119', 'tool_search_tool_bm25', {}),
  fixedTool('tool_search_tool_bm25', 'tool_search_tool_bm25', {}),
  fixedTool('tool_search_tool_regex_20251119', 'tool_search_tool_regex', {}),
  fixedTool('tool_search_tool_regex', 'tool_search_tool_regex', {}),
  fixedTool('web_search_20250305', 'web_search', search),
  fixedTool('web_search_20260209', 'web_search', search),
  fixedTool('web_search_20260318', 'web_search', { ...search, ...inclusion }),
  fixedTool('web_fetch_20250910', 'web_fetch', fetch),
  fixedTool('web_fetch_20260209', 'web_fetch', fetch),
  fixedTool('web_fetch_20260309', 'web_fetch', { ...fetch, ...useCache }),
  fixedTool('web_fetch_20260318', 'web_fetch', { ...fetch, ...useCache, ...inclusion }),
  toolset('computer_toolset_20260801', [...SHARED_MEMBERS, 'cursor_position']),
  toolset('browser_toolset_20260801', BROWSER_MEMBERS),
]);

const parallel = { disable_parallel_tool_use: z.boolean().optional() };

export const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...parallel }),
  z.strictObject({ type: z.literal('any'), ...parallel }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.strictObject({ type: z.literal('none') }),
]);

export type Tool = z.infer<typeof tool>;
export type CustomTool = z.infer<typeof customTool>;
export type ToolChoice = z.infer<typeof toolChoice>;

/** Whether the client runs it and defines its schema. */
export function isCustomTool(candidate: Tool): candidate is CustomTool {
  return (candidate.type ?? 'custom') === 'custom';
}

/** The name by which a tool is called; a toolset has members instead of a name. */
export function toolName(candidate: Tool): string | undefined {
  return 'name' in candidate ? candidate.name : undefined;
}
