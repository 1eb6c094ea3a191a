import {
  assistant,
  type Case,
  document,
  format,
  image,
  many,
  object,
  pngHeader,
  refuses,
  system,
  text,
  tool,
  use,
  user,
} from './cases';

const MESSAGES: Case[] = [
  [
    'an assistant first',
    { messages: [assistant('Hi'), user('Hello')] },
    'first message must use the "user" role',
  ],
  [
    'an empty text',
    { messages: [user([text('')])] },
    'messages: text content blocks must be non-empty',
  ],
  [
    'an empty text in a result',
    {
      tools: [tool('search')],
      messages: [
        user('a'),
        assistant([use('toolu_1')]),
        user([{ type: 'tool_result', tool_use_id: 'toolu_1', content: [text('')] }]),
      ],
    },
    'messages: text content blocks must be non-empty',
  ],
  ['a text of white space', { messages: [user([text(' \n ')])] }, 'non-whitespace'],
  ['an empty list of blocks', { messages: [user([])] }, 'non-empty content'],
  [
    'a prefill',
    { messages: [user('Hello'), assistant('{')] },
    'This model does not support assistant message prefill. The conversation must end with a user message.',
  ],
  [
    'a prefill with a format',
    { model: 'claude-opus-4-5', messages: [user('Hello'), assistant('{')], ...format(object({})) },
    'prefill',
  ],
  [
    'a system message that the model does not know',
    { model: 'claude-sonnet-4-6', messages: [user('Hello'), system('Be brief')] },
    "role 'system' is not supported on this model",
  ],
  [
    'a system message after an assistant',
    { messages: [user('a'), assistant('b'), system('c')] },
    '"system" message must follow',
  ],
  [
    'a system message before a user',
    { messages: [user('a'), system('b'), user('c')] },
    '"system" message must follow',
  ],
  [
    'a document of the assistant',
    { messages: [user('a'), assistant([document()]), user('b')] },
    '`document` blocks are not allowed in assistant messages',
  ],
  [
    'a tool use of the user',
    { tools: [tool('search')], messages: [user([use('toolu_1')])] },
    '`tool_use` blocks are not allowed in user messages',
  ],
  [
    'citations on a text of the user',
    {
      messages: [
        user([
          text('a', {
            citations: [
              {
                type: 'web_search_result_location',
                cited_text: 'a',
                encrypted_index: 'b',
                title: null,
                url: 'c',
              },
            ],
          }),
        ]),
      ],
    },
    'citations are not allowed on user text blocks',
  ],
  [
    'citations on some documents only',
    { messages: [user([document(true), document(false), text('a')])] },
    'citations must be enabled on all documents or on none',
  ],
  [
    'citations with a format',
    { messages: [user([document(true), text('a')])], ...format(object({})) },
    'not supported when citations are enabled',
  ],
  [
    'too many images',
    { model: 'claude-haiku-4-5', messages: [user(many(101, () => image('aaaa')))] },
    'too many images: 101 > 100',
  ],
  ['too wide an image', { messages: [user([image(pngHeader(8001, 10))])] }, '8001 x 10'],
  [
    'a prompt beyond the window',
    { model: 'claude-haiku-4-5', messages: [user('a '.repeat(200_001))] },
    'prompt is too long: 200001 tokens > 200000 maximum',
  ],
];

refuses('messages', MESSAGES);
