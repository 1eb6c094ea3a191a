import { type Case, format, image, object, refuses, text, tool, user } from './cases';

const SHAPE: Case[] = [
  ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['no messages', { messages: undefined }, 'messages: Field required'],
  ['an empty list of messages', { messages: [] }, 'messages: List should have at least 1 item'],
  ['an unknown field', { foo: 1 }, 'foo: Extra inputs are not permitted'],
  ['temperature', { temperature: 1 }, 'temperature: Extra inputs are not permitted'],
  ['top_p', { top_p: 1 }, 'top_p: Extra inputs are not permitted'],
  ['top_k', { top_k: 5 }, 'top_k: Extra inputs are not permitted'],
  ['a field of a beta without its header', { fallbacks: 'default' }, 'fallbacks: Extra inputs'],
  [
    'an unknown field of thinking',
    { thinking: { type: 'adaptive', budget_tokens: 1 } },
    'thinking.adaptive.budget_tokens: Extra inputs are not permitted',
  ],
  [
    'an unknown field of a block',
    { messages: [user([text('a', { parsed: 1 })])] },
    'messages.0.content.0.text.parsed: Extra inputs are not permitted',
  ],
  [
    'an unknown kind of block',
    { messages: [user([{ type: 'video' }])] },
    "messages.0.content.0: Input tag 'video'",
  ],
  [
    'an unknown kind of tool',
    { tools: [{ type: 'web_search_2020', name: 'web_search' }] },
    "tools.0: Input tag 'web_search_2020'",
  ],
  ['a number as text', { max_tokens: '5' }, 'max_tokens: Input should be a valid integer'],
  ['half a token', { max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
  [
    'a role that is none',
    { messages: [{ role: 'tool', content: 'x' }] },
    "messages.0: Input tag 'tool'",
  ],
  [
    'content that is none',
    { messages: [user(5)] },
    'messages.0.content: Input should be a valid string or list',
  ],
  [
    'a tier that is none',
    { service_tier: 'gold' },
    "service_tier: Input should be 'auto' or 'standard_only'",
  ],
  [
    'an image type that is none',
    {
      messages: [
        user([
          { ...image('aa'), source: { type: 'base64', media_type: 'image/tiff', data: 'aa' } },
        ]),
      ],
    },
    "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg'",
  ],
  [
    'too long a user id',
    { metadata: { user_id: 'u'.repeat(257) } },
    'metadata.user_id: String should have at most 256 characters',
  ],
  [
    'a workspace in the body',
    { workspace_id: 'w' },
    'workspace_id: Extra inputs are not permitted',
  ],
];

const GENERATION: Case[] = [
  [
    'negative max_tokens',
    { max_tokens: -1 },
    'max_tokens: Input should be greater than or equal to 0',
  ],
  [
    'more tokens than the model gives',
    { max_tokens: 128_001 },
    'max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-haiku-5-5',
  ],
  ['a cache warm-up that streams', { max_tokens: 0, stream: true }, 'max_tokens: 0'],
  ['a cache warm-up with a format', { max_tokens: 0, ...format(object({})) }, 'max_tokens: 0'],
  [
    'a cache warm-up that forces a tool',
    { max_tokens: 0, tools: [tool('a')], tool_choice: { type: 'any' } },
    'max_tokens: 0',
  ],
  ['an empty stop sequence', { stop_sequences: [''] }, 'stop_sequences.0'],
  ['a stop sequence of white space', { stop_sequences: ['a', ' \n'] }, 'stop_sequences.1'],
];

refuses('shape', SHAPE);
refuses('generation', GENERATION);
