import { assistant, type Case, many, mark, refuses, text, user } from './cases';

const THINKING: Case[] = [
  [
    'enabled where only adaptive is',
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
  ],
  [
    'adaptive on an older model',
    { model: 'claude-opus-4-5', thinking: { type: 'adaptive' } },
    'adaptive thinking is not supported on this model',
  ],
  [
    'disabled where it is always on',
    { model: 'claude-opus-5-5', thinking: { type: 'disabled' } },
    '"thinking.type.disabled" is not supported for this model',
  ],
  [
    'disabled at too high an effort',
    { thinking: { type: 'disabled' }, output_config: { effort: 'max' } },
    '"thinking.type.disabled" is not supported for this model at effort \'max\'',
  ],
  [
    'between tools where it is not known',
    { model: 'claude-opus-5-5', thinking: { type: 'between_tools' } },
    '"thinking.type.between_tools"',
  ],
  [
    'an effort that the model lacks',
    { model: 'claude-opus-4-6', output_config: { effort: 'xhigh' } },
    "does not support effort level 'xhigh'",
  ],
  [
    'an effort on a model without',
    { model: 'claude-haiku-4-5', output_config: { effort: 'low' } },
    'does not support the effort parameter',
  ],
  [
    'too small a budget',
    {
      model: 'claude-opus-4-5',
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 1023 },
    },
    'greater than or equal to 1024',
  ],
  [
    'a budget as large as max_tokens',
    {
      model: 'claude-opus-4-5',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  [
    'a thinking block of someone else',
    {
      messages: [
        user('a'),
        assistant([{ type: 'thinking', thinking: 'hm', signature: 'xyz' }, text('b')]),
        user('c'),
      ],
    },
    '`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified',
  ],
];

const CACHING: Case[] = [
  [
    'five breakpoints',
    { messages: [user(many(5, (index) => text(`t${index}`, mark())))] },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'four and the automatic one',
    { ...mark(), messages: [user([...many(4, (index) => text(`t${index}`, mark())), text('z')])] },
    'Found 5.',
  ],
  [
    'an hour after five minutes',
    { messages: [user([text('a', mark('5m')), text('b', mark('1h'))])] },
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block",
  ],
  [
    'an automatic one that differs',
    { ...mark('5m'), messages: [user([text('a', mark('1h'))])] },
    'already has a cache_control with a different ttl',
  ],
  [
    'one on a thinking block',
    {
      messages: [
        user('a'),
        assistant([{ type: 'thinking', thinking: '', signature: 'x', ...mark() }]),
        user('b'),
      ],
    },
    'messages.1.content.0.thinking.cache_control: Extra inputs are not permitted',
  ],
  [
    'one on an empty text',
    { messages: [user([text('', mark())])] },
    'cache_control cannot be set for empty text',
  ],
  [
    'one inside a search result',
    {
      messages: [
        user([{ type: 'search_result', source: 's', title: 't', content: [text('a', mark())] }]),
      ],
    },
    'cache_control is not allowed on its content blocks',
  ],
  [
    'a time to live that is none',
    { cache_control: { type: 'ephemeral', ttl: '2h' } },
    "cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
  ],
];

refuses('thinking and effort', THINKING);
refuses('caching', CACHING);
