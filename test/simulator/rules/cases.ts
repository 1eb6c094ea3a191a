import { type Simulator, startSimulator } from '../../../simulator';
import { type ErrorReply, MODEL, post } from '../support';

/**
 * Tables of what the API refuses: what is changed in a request that would be taken, and a part of
 * what the API says to it.
 */

export type Body = Record<string, unknown>;
export type Case = [what: string, body: Body, message: string];

export const user = (content: unknown) => ({ role: 'user', content });
export const assistant = (content: unknown) => ({ role: 'assistant', content });
export const system = (content: unknown) => ({ role: 'system', content });
export const text = (words: string, more: Body = {}) => ({ type: 'text', text: words, ...more });
export const use = (id: string, name = 'search') => ({ type: 'tool_use', id, name, input: {} });
export const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'found' });
export const tool = (name: string, more: Body = {}) => ({
  name,
  input_schema: { type: 'object', properties: {} },
  ...more,
});
export const strictTool = (name: string) =>
  tool(name, {
    strict: true,
    input_schema: { type: 'object', properties: {}, required: [], additionalProperties: false },
  });
export const mark = (ttl?: string) => ({
  cache_control: ttl ? { type: 'ephemeral', ttl } : { type: 'ephemeral' },
});
export const document = (enabled?: boolean) => ({
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: 'A text.' },
  ...(enabled === undefined ? {} : { citations: { enabled } }),
});
export const image = (data: string) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data },
});
export const format = (schema: Body) => ({
  output_config: { format: { type: 'json_schema', schema } },
});
export const object = (properties: Body, required: string[] = Object.keys(properties)): Body => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
export const field = (schema: Body) => format(object({ x: schema }));
export const times = (count: number, make: (index: number) => unknown): Body =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, make(index)]));
export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const ok: Body = { model: MODEL, max_tokens: 1000, messages: [user('Hello')] };
export const pending = [
  user('Hello'),
  assistant([{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_fetch', input: {} }]),
];
export const pngHeader = (width: number, height: number): string => {
  const bytes = Buffer.alloc(24);
  bytes.write('\u0089PNG', 0, 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
};

export async function refusalOf(reply: Response): Promise<ErrorReply & { status: number }> {
  const body = (await reply.json()) as ErrorReply;
  expect(reply.headers.get('request-id')).toBe(body.request_id);
  return { ...body, status: reply.status };
}

/** One test for each case: a 400 in the API's shape. */
export function refuses(group: string, cases: Case[]): void {
  describe(`${group}: refuses`, () => {
    let simulator: Simulator;
    beforeAll(async () => {
      simulator = await startSimulator();
    });
    afterAll(() => simulator.close());

    it.each(cases)('%s', async (_what, change, message) => {
      const found = await refusalOf(await post(simulator, { ...ok, ...change }));
      expect(found).toMatchObject({
        status: 400,
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
      });
    });
  });
}
