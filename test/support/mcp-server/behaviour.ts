/** How the MCP server for tests behaves: written to a file by a test, read by the server at each request. */

export type Behaviour =
  | { do: 'answer' }
  /** No answer to this; pings are answered. */
  | { do: 'hang' }
  /** No answer to anything any more. */
  | { do: 'freeze' }
  /** Ends at once. */
  | { do: 'crash' }
  /** Writes the beginning of its answer, then ends. */
  | { do: 'crash_midway' }
  | { do: 'late'; ms: number }
  /** Lines (or events) that are no messages before the answer. */
  | { do: 'garbage'; lines: number }
  /** An answer to a request that was never made, and none to this. */
  | { do: 'wrong_id' }
  /** An answer that is neither a result nor an error. */
  | { do: 'wrong_shape' }
  /** A result that is none of a tool. */
  | { do: 'result'; result: unknown }
  | { do: 'rpc_error'; code: number; message: string }
  | { do: 'huge'; bytes: number }
  /** One line without an end, as long as it is let. */
  | { do: 'endless_line' }
  /** Asks the client for what servers may ask for, and answers with what it said to that. */
  | { do: 'ask' }
  /** Says that the list of tools has changed, then answers. */
  | { do: 'announce' }
  /** Over HTTP: an answer with this status. */
  | { do: 'status'; status: number };

export interface Control {
  initialize?: Behaviour;
  list?: Behaviour;
  call?: Behaviour;
  /** In place of the tools that it has. */
  tools?: unknown[];
  /** Says this on stderr at its start. */
  stderr?: string;
  /** Takes no notice of SIGTERM and of the end of its input. */
  stubborn?: boolean;
}

/** A call that has reached the server's tool. */
export interface JournalEntry {
  pid: number;
  tool: string;
  input: Record<string, unknown>;
  key: unknown;
}

const text = { type: 'string' };
const asks = (properties: object, required = Object.keys(properties)) => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties,
  required,
});

export const TOOLS = [
  {
    name: 'search',
    description: 'Searches the news.',
    inputSchema: asks({ query: { ...text, minLength: 1 } }),
    annotations: { readOnlyHint: false, destructiveHint: true },
  },
  { name: 'post', description: 'Posts a message.', inputSchema: asks({ message: text }) },
  {
    name: 'weather',
    description: 'Says how the weather is.',
    inputSchema: asks({ city: text }),
    outputSchema: asks({ degrees: { type: 'number' } }),
  },
  { name: 'media', description: 'Gives all kinds of content.', inputSchema: asks({}) },
];

export const PIXEL = Buffer.from('a picture, says the server').toString('base64');

const RESULTS: Record<string, (input: Record<string, unknown>) => unknown> = {
  search: ({ query }) => ({
    content: [{ type: 'text', text: `The news say of ${query}: revenue rose by 12 percent.` }],
  }),
  post: ({ message }) => ({ content: [{ type: 'text', text: `posted: ${message}` }] }),
  weather: () => ({
    content: [{ type: 'text', text: '{"degrees": 21}' }],
    structuredContent: { degrees: 21 },
  }),
  media: () => ({
    content: [
      { type: 'text', text: 'first' },
      { type: 'image', data: PIXEL, mimeType: 'image/png' },
      { type: 'audio', data: PIXEL, mimeType: 'audio/wav' },
      { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt', mimeType: 'text/plain' },
      { type: 'resource', resource: { uri: 'mem://b', mimeType: 'text/plain', text: 'inside' } },
      { type: 'resource', resource: { uri: 'mem://c', mimeType: 'a/b', blob: PIXEL } },
      { type: 'text', text: 'last' },
    ],
  }),
};

export function resultOf(tool: string, input: Record<string, unknown>): unknown {
  const make = RESULTS[tool];
  return make
    ? make(input)
    : { isError: true, content: [{ type: 'text', text: `there is no tool ${tool}` }] };
}
