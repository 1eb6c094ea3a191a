import type Anthropic from '@anthropic-ai/sdk';
import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, MODEL, textOf } from './support';

const TASK =
  '<question>How are retries set, and what do timeouts do?</question>\n<document name="a.md">Retries are set by a policy of the activity. Timeouts end an attempt that takes too long.</document>\n<document name="b.md">A policy states how often retries happen. Timeouts are set beside it.</document>';

const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const structured = (
  schema: Record<string, unknown>,
  content = TASK,
): Anthropic.MessageCreateParamsNonStreaming => ({
  ...ask(content),
  output_config: { format: { type: 'json_schema', schema } },
});

async function withSimulator<T>(
  seed: number,
  work: (client: Anthropic, simulator: Simulator) => Promise<T>,
): Promise<T> {
  const simulator = await startSimulator({ seed });
  try {
    return await work(clientOf(simulator), simulator);
  } finally {
    await simulator.close();
  }
}

const answerOf = (client: Anthropic, body: Anthropic.MessageCreateParamsNonStreaming) =>
  client.messages.create(body).then((message) => JSON.parse(textOf(message)));

describe('answers', () => {
  const review = object({
    verdict: { enum: ['approve', 'revise'] },
    comments: { type: 'array', items: { type: 'string' } },
  });

  it('are the same for the same seed and request, down to the key order of the request', async () => {
    const body = structured(object({ summary: { type: 'string' }, score: { type: 'integer' } }));
    const { model, ...rest } = body;
    const first = await withSimulator(5, (client) => client.messages.create(body));
    const second = await withSimulator(5, (client) => client.messages.create({ ...rest, model }));
    expect(second.content).toEqual(first.content);
    expect(second.usage).toEqual(first.usage);
  });

  it('differ by seed', async () => {
    const schema = object({ id: { type: 'string', format: 'uuid' } });
    const answers = [1, 2, 3].map((seed) =>
      withSimulator(seed, (client) => answerOf(client, structured(schema))),
    );
    expect(new Set((await Promise.all(answers)).map(({ id }) => id)).size).toBe(3);
  });

  it('have ids of their own for every request', async () => {
    const [first, second] = await withSimulator(1, async (client) => [
      await client.messages.create(ask()),
      await client.messages.create(ask()),
    ]);
    expect(first?.id).toMatch(/^msg_\w+$/);
    expect(first?._request_id).toMatch(/^req_\w+$/);
    expect(second?.id).not.toBe(first?.id);
    expect(second?._request_id).not.toBe(first?._request_id);
  });

  it('write what is required before what is optional', async () => {
    const schema = {
      ...object({ note: { type: 'string' }, title: { type: 'string' } }),
      required: ['title'],
    };
    const answer = await withSimulator(1, (client) => answerOf(client, structured(schema)));
    expect(Object.keys(answer)).toEqual(['title', 'note']);
  });

  it('honour bounds that only descriptions state', async () => {
    const schema = object({
      score: { type: 'integer', description: 'Marks.\n\n{minimum: 3, maximum: 4}' },
      code: { type: 'string', description: '{pattern: "^[A-Z]{2}-[0-9]{3}$"}' },
      name: { type: 'string', description: 'Short. {minLength: 3, maxLength: 20}' },
      points: {
        type: 'array',
        items: { type: 'string' },
        description: '{minItems: 4, maxItems: 4}',
      },
    });
    const answer = await withSimulator(1, (client) => answerOf(client, structured(schema)));
    expect([3, 4]).toContain(answer.score);
    expect(answer.code).toMatch(/^[A-Z]{2}-[0-9]{3}$/);
    expect(answer.name.length).toBeGreaterThanOrEqual(3);
    expect(answer.name.length).toBeLessThanOrEqual(20);
    expect(answer.points).toHaveLength(4);
  });

  it('are plain text from the documents where no format is asked for', async () => {
    const message = await withSimulator(1, (client) => client.messages.create(ask(TASK)));
    expect(textOf(message)).toMatch(/policy/);
    expect(textOf(message)).toMatch(/a\.md/);
  });

  it('say that there is no document where there is none', async () => {
    const message = await withSimulator(1, (client) => client.messages.create(ask('Why retries?')));
    expect(textOf(message)).toBe(
      'No document was given on retries; this rests on the question alone.',
    );
  });

  it('send work back now and then at a first review, with comments', async () => {
    const verdicts = await withSimulator(1, (client) =>
      Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          answerOf(client, structured(review, `<question>Retries, part ${index}?</question>`)),
        ),
      ),
    );
    const revised = verdicts.filter(({ verdict }) => verdict === 'revise');
    expect(revised.length).toBeGreaterThan(8);
    expect(revised.length).toBeLessThan(30);
    expect(revised.every(({ comments }) => comments.length > 0)).toBe(true);
    const approved = verdicts.filter(({ verdict }) => verdict === 'approve');
    expect(approved.every(({ comments }) => comments.length === 0)).toBe(true);
  });

  it.each([
    ['comments', '<comments>Say more.</comments>'],
    ['a later round', '<handoff from="writing" round="2">{}</handoff>'],
    [
      'an instruction that it is the last time',
      '<instruction>Work cannot be sent back any more.</instruction>',
    ],
  ])('approve after %s', async (_what, block) => {
    const verdicts = await withSimulator(1, (client) =>
      Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          answerOf(
            client,
            structured(review, `<question>Retries, part ${index}?</question>\n${block}`),
          ),
        ),
      ),
    );
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['approve']));
  });

  it('fill comments and issues with what was found where no verdict is asked for', async () => {
    const schema = object({ issues: { type: 'array', items: { type: 'string' } } });
    const answer = await withSimulator(1, (client) => answerOf(client, structured(schema)));
    expect(answer.issues.length).toBeGreaterThan(1);
    expect(answer.issues[0]).toMatch(/Retries|Timeouts|policy/);
  });

  it('publish the text that was handed over, by a tool that takes a path and content', async () => {
    const report = { title: 'Retries', sections: [{ heading: 'How', text: 'By policy.' }] };
    const message = await withSimulator(1, (client) =>
      client.messages.create({
        ...ask(
          `<question>Retries?</question>\n<handoff from="writing">${JSON.stringify(report)}</handoff>`,
        ),
        tools: [
          {
            name: 'publish_file',
            input_schema: {
              type: 'object',
              properties: {
                path: {
                  type: 'string',
                  description: '{pattern: "^[A-Za-z0-9][A-Za-z0-9._/ -]*$"}',
                },
                content: { type: 'string' },
              },
              required: ['path', 'content'],
            },
          },
        ],
      }),
    );
    expect(message.content.find((block) => block.type === 'tool_use')?.input).toEqual({
      path: 'retries.md',
      content: '# Retries\n\n## How\n\nBy policy.',
    });
  });

  it('turn to the latest question of a chat, and search for it', async () => {
    const tools: Anthropic.Tool[] = [
      {
        name: 'find',
        input_schema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
      },
    ];
    const message = await withSimulator(1, (client) =>
      client.messages.create({
        ...ask(),
        tools,
        messages: [
          { role: 'user', content: 'How are retries set?' },
          { role: 'assistant', content: 'By a policy.' },
          { role: 'user', content: 'And how do heartbeats work?' },
        ],
      }),
    );
    expect(message.stop_reason).toBe('tool_use');
    expect(JSON.stringify(message.content)).toContain('heartbeats');
    expect(JSON.stringify(message.content)).not.toContain('retries');
  });

  it('echo the model and call no tool that is not offered', async () => {
    const message = await withSimulator(1, (client) =>
      client.messages.create({
        ...ask(TASK),
        tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }],
      }),
    );
    expect(message.model).toBe(MODEL);
    expect(message.content.some((block) => block.type.endsWith('tool_use'))).toBe(false);
  });
});

describe('streams', () => {
  it('send their events in the order of the API, the text in pieces', async () => {
    await withSimulator(1, async (client) => {
      const types: string[] = [];
      const stream = client.messages.stream({ ...ask(TASK), thinking: { type: 'adaptive' } });
      stream.on('streamEvent', (event) => types.push(event.type));
      const message = await stream.finalMessage();
      expect(types[0]).toBe('message_start');
      expect(types.slice(-2)).toEqual(['message_delta', 'message_stop']);
      expect(types.filter((type) => type === 'content_block_start')).toHaveLength(2);
      expect(types.filter((type) => type === 'content_block_delta').length).toBeGreaterThan(4);
      const whole = await client.messages.create({ ...ask(TASK), thinking: { type: 'adaptive' } });
      expect(message.content).toMatchObject(whole.content);
      expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
    });
  });

  it('send pings, and the input of a tool in pieces', async () => {
    await withSimulator(1, async (client, simulator) => {
      const body = {
        ...ask(TASK),
        stream: true as const,
        tools: [
          {
            name: 'search',
            input_schema: {
              type: 'object' as const,
              properties: { query: { type: 'string' } },
              required: ['query'],
            },
          },
        ],
      };
      const message = await client.messages.stream(body).finalMessage();
      expect(message.content.at(-1)).toMatchObject({
        type: 'tool_use',
        input: { query: expect.stringMatching(/\w/) },
      });
      const reply = await client.messages.create(body).asResponse();
      const text = await reply.text();
      expect(reply.headers.get('content-type')).toContain('text/event-stream');
      expect(text).toContain('event: ping\ndata: {"type":"ping"}\n\n');
      expect(text).toContain('"partial_json":""');
      expect(simulator.bill().every((line) => line.delivered)).toBe(true);
    });
  });

  it('take the time that they are told to', async () => {
    const simulator = await startSimulator({ latency: { firstTokenMs: 30, perTokenMs: 1 } });
    try {
      const begun = performance.now();
      const message = await clientOf(simulator).messages.stream(ask(TASK)).finalMessage();
      const least = 30 + message.usage.output_tokens;
      // Timers may fire a little early, once for each piece.
      expect(performance.now() - begun).toBeGreaterThan(least * 0.8);
    } finally {
      await simulator.close();
    }
  });
});
