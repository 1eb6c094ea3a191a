import type Anthropic from '@anthropic-ai/sdk';
import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, textOf } from './support';

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' }, points: { type: 'array', items: { type: 'string' } } },
  required: ['answer', 'points'],
  additionalProperties: false,
};
const structured = {
  ...ask(),
  output_config: { format: { type: 'json_schema' as const, schema: SCHEMA } },
};

describe('faults that change an answer', () => {
  let simulator: Simulator;
  let client: Anthropic;
  beforeEach(async () => {
    simulator = await startSimulator();
    client = clientOf(simulator);
  });
  afterEach(() => simulator.close());

  it('refuses before any output, for nothing', async () => {
    simulator.addFault({ kind: 'refusal', category: 'bio' });
    const message = await client.messages.create(ask());
    expect(message).toMatchObject({
      stop_reason: 'refusal',
      content: [],
      stop_details: { type: 'refusal', category: 'bio' },
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(simulator.bill()[0]?.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
  });

  it('refuses after part of the text, which costs', async () => {
    simulator.addFault({ kind: 'refusal', partial: true });
    const message = await client.messages.create(ask());
    expect(message.stop_reason).toBe('refusal');
    expect(textOf(message)).not.toBe('');
    expect(simulator.bill()[0]?.usage.outputTokens).toBe(message.usage.output_tokens);
  });

  it('cuts an answer at max_tokens', async () => {
    const whole = textOf(await client.messages.create(structured));
    simulator.addFault({ kind: 'max_tokens_cut' });
    const message = await client.messages.create(structured);
    expect(message.stop_reason).toBe('max_tokens');
    expect(whole.startsWith(textOf(message))).toBe(true);
    expect(textOf(message).length).toBeLessThan(whole.length);
  });

  it('writes malformed JSON', async () => {
    simulator.addFault({ kind: 'malformed_json' });
    const message = await client.messages.create(structured);
    expect(message.stop_reason).toBe('end_turn');
    expect(() => JSON.parse(textOf(message))).toThrow(SyntaxError);
  });

  it('writes JSON that lacks a required field', async () => {
    simulator.addFault({ kind: 'schema_violation' });
    const message = await client.messages.create(structured);
    expect(Object.keys(JSON.parse(textOf(message)))).toEqual(['points']);
  });

  it('writes an empty text', async () => {
    simulator.addFault({ kind: 'empty_text' });
    expect(textOf(await client.messages.create(ask()))).toBe('');
  });

  it.each([
    ['model_context_window_exceeded', 0.5],
    ['pause_turn', 1],
    ['a_reason_of_tomorrow', 1],
    [null, 1],
  ])('ends an answer with %s, keeping %d of its text', async (stopReason, keep) => {
    const whole = textOf(await client.messages.create(ask()));
    simulator.addFault({ kind: 'ending', stopReason, keep });
    const message = await client.messages.create(ask());
    expect(message.stop_reason).toBe(stopReason);
    const text = textOf(message);
    expect(whole.startsWith(text)).toBe(true);
    expect(text.length === whole.length).toBe(keep === 1);
  });

  it('ends calls of tools at max_tokens where it is told to', async () => {
    const properties = { query: { type: 'string' } };
    const search = { type: 'object' as const, properties, required: ['query'] };
    simulator.addFault({ kind: 'ending', stopReason: 'max_tokens', anyTurn: true });
    const message = await client.messages.create({
      ...ask(),
      tools: [{ name: 'search', input_schema: search }],
    });
    expect(message.stop_reason).toBe('max_tokens');
    expect(message.content.map(({ type }) => type)).toContain('tool_use');
  });

  it('puts markdown around JSON', async () => {
    const whole = textOf(await client.messages.create(structured));
    simulator.addFault({ kind: 'fenced_json' });
    const text = textOf(await client.messages.create(structured));
    expect(text).toMatch(/^Here is .*```json\n/s);
    expect(text).toContain(whole);
  });

  it('gives properties of the answer other values', async () => {
    simulator.addFault({ kind: 'answer_fields', fields: { answer: 'never' } });
    const value = JSON.parse(textOf(await client.messages.create(structured)));
    expect(value).toEqual({ answer: 'never', points: expect.any(Array) });
  });

  it('answers with a given text, streamed too, and bills what it sends', async () => {
    const text = '\u0000 is no text. 😀';
    simulator.addFault({ kind: 'answer_text', text });
    const message = await client.messages.stream(structured).finalMessage();
    expect(message.stop_reason).toBe('end_turn');
    expect(textOf(message)).toBe(text);
    expect(simulator.bill()[0]?.usage.outputTokens).toBe(message.usage.output_tokens);
  });

  it('bills a text beyond max_tokens up to them, and sends it whole', async () => {
    const text = 'word '.repeat(200_000);
    simulator.addFault({ kind: 'answer_text', text });
    const message = await client.messages.stream(ask()).finalMessage();
    expect(textOf(message)).toBe(text);
    expect(message.usage.output_tokens).toBe(ask().max_tokens);
  });

  describe('where a tool is offered', () => {
    const search = {
      name: 'search',
      input_schema: {
        type: 'object' as const,
        properties: { query: { type: 'string' } },
        required: ['query'],
      },
    };
    const calls = [{ name: 'delete_everything', input: { sure: true } }];
    const offering = { ...ask(), tools: [search] };

    it('calls what it is told to, again and again', async () => {
      simulator.addFault({ kind: 'tool_calls', calls });
      for (let time = 0; time < 2; time += 1) {
        const message = await client.messages.stream(offering).finalMessage();
        expect(message.stop_reason).toBe('tool_use');
        expect(message.content.filter(({ type }) => type === 'tool_use')).toMatchObject(calls);
      }
    });

    it('calls it only where calls are allowed, unless it is told otherwise', async () => {
      simulator.addFault({ kind: 'tool_calls', calls });
      const stopReasons = async () => [
        (await client.messages.create(ask())).stop_reason,
        (await client.messages.create({ ...offering, tool_choice: { type: 'none' } })).stop_reason,
      ];
      expect(await stopReasons()).toEqual(['end_turn', 'end_turn']);
      simulator.clearFaults();
      simulator.addFault({ kind: 'tool_calls', calls, anyTurn: true });
      expect(await stopReasons()).toEqual(['tool_use', 'tool_use']);
    });

    it('answers with a given text in place of calls where it is told to', async () => {
      simulator.addFault({ kind: 'answer_text', text: 'early', nth: 1 });
      expect((await client.messages.create(offering)).stop_reason).toBe('tool_use');
      simulator.addFault({ kind: 'answer_text', text: 'early', anyTurn: true });
      expect(textOf(await client.messages.create(offering))).toBe('early');
    });
  });

  it('does not count turns of tool use for faults of content', async () => {
    simulator.addFault({ kind: 'empty_text', nth: 1 });
    const message = await client.messages.create({
      ...ask(),
      tools: [
        {
          name: 'search',
          input_schema: {
            type: 'object',
            properties: { query: { type: 'string' } },
            required: ['query'],
          },
        },
      ],
    });
    expect(message.stop_reason).toBe('tool_use');
    expect(textOf(await client.messages.create(ask()))).toBe('');
  });
});
