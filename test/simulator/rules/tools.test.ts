import { assistant, type Case, pending, refuses, result, text, tool, use, user } from './cases';

const TOOL_RESULTS: Case[] = [
  [
    'a tool use without result',
    {
      tools: [tool('search')],
      messages: [user('a'), assistant([use('toolu_1'), use('toolu_2')]), user([result('toolu_2')])],
    },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'a tool use at the end',
    { tools: [tool('search')], messages: [user('a'), assistant([use('toolu_1')])] },
    '`tool_use` ids were found without',
  ],
  [
    'a text before the results',
    {
      tools: [tool('search')],
      messages: [user('a'), assistant([use('toolu_1')]), user([text('b'), result('toolu_1')])],
    },
    '`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1',
  ],
  [
    'a result that nobody asked for',
    { tools: [tool('search')], messages: [user([result('toolu_9')])] },
    'unexpected `tool_use_id` found in `tool_result` blocks: toolu_9',
  ],
  [
    'a result given twice',
    {
      tools: [tool('search')],
      messages: [
        user('a'),
        assistant([use('toolu_1')]),
        user([result('toolu_1'), result('toolu_1')]),
      ],
    },
    'each tool_use must have a single result',
  ],
  [
    'an id used twice',
    {
      tools: [tool('search')],
      messages: [user('a'), assistant([use('toolu_1'), use('toolu_1')]), user([result('toolu_1')])],
    },
    '`tool_use` ids must be unique',
  ],
  [
    'tool blocks without tools',
    { messages: [user('a'), assistant([use('toolu_1')]), user([result('toolu_1')])] },
    'tools: must be given',
  ],
  [
    'more than results after a pending server tool',
    {
      tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }],
      messages: [...pending, user('and?')],
    },
    '`web_fetch` tool use with id `srvtoolu_1` was found without a corresponding `web_fetch_tool_result` block',
  ],
  [
    'a pending server tool that is gone',
    { messages: pending },
    'but no `web_fetch` tool was provided',
  ],
];

const TOOLS: Case[] = [
  [
    'too long a name',
    { tools: [tool('a'.repeat(129))] },
    'tools.0.custom.name: String should have at most 128 characters',
  ],
  [
    'a name with a space',
    { tools: [tool('a b')] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  ['a name used twice', { tools: [tool('a'), tool('a')] }, 'tools: Tool names must be unique.'],
  [
    'a schema that is no object',
    { tools: [tool('a', { input_schema: { type: 'string' } })] },
    "tools.0.custom.input_schema.type: Input should be 'object'",
  ],
  [
    'a schema that is none',
    {
      tools: [tool('a', { input_schema: { type: 'object', properties: { b: { type: 'text' } } } })],
    },
    'tools.0.custom.input_schema: JSON schema is invalid',
  ],
  [
    'an example that does not fit',
    {
      tools: [
        tool('a', { input_schema: { type: 'object', required: ['b'] }, input_examples: [{}] }),
      ],
    },
    'tools.0.custom.input_examples.0: does not match input_schema',
  ],
  ['only deferred tools', { tools: [tool('a', { defer_loading: true })] }, 'defer_loading=false'],
  [
    'a choice without tools',
    { tool_choice: { type: 'auto' } },
    'tool_choice: may only be specified while providing `tools`.',
  ],
  [
    'a choice of a tool that is not there',
    { tools: [tool('a')], tool_choice: { type: 'tool', name: 'b' } },
    "Tool 'b' not found in provided tools",
  ],
  [
    'a forced tool where the model refuses',
    { model: 'claude-sonnet-5-5', tools: [tool('a')], tool_choice: { type: 'any' } },
    'tool_choice: type "tool" and "any" are not supported for this model.',
  ],
  [
    'a forced tool with thinking enabled',
    {
      model: 'claude-opus-4-5',
      max_tokens: 4000,
      tools: [tool('a')],
      tool_choice: { type: 'any' },
      thinking: { type: 'enabled', budget_tokens: 2000 },
    },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [
    'allowed and blocked domains',
    {
      tools: [
        {
          type: 'web_search_20250305',
          name: 'web_search',
          allowed_domains: ['a.org'],
          blocked_domains: ['b.org'],
        },
      ],
    },
    'only one of allowed_domains and blocked_domains',
  ],
  [
    'a domain with a scheme',
    {
      tools: [
        { type: 'web_fetch_20250910', name: 'web_fetch', allowed_domains: ['https://a.org'] },
      ],
    },
    'without a scheme',
  ],
  [
    'a server tool by another name',
    { tools: [{ type: 'web_search_20250305', name: 'find' }] },
    "tools.0.web_search_20250305.name: Input should be 'web_search'",
  ],
];

refuses('tool results', TOOL_RESULTS);
refuses('tools', TOOLS);
