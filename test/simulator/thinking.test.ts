import type Anthropic from '@anthropic-ai/sdk';
import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf } from './support';

const BOUND = 'claude-opus-5-5';
const FREE = 'claude-opus-4-8';

describe('thinking blocks', () => {
  let simulator: Simulator;
  let client: Anthropic;
  beforeAll(async () => {
    simulator = await startSimulator();
    client = clientOf(simulator);
  });
  afterAll(() => simulator.close());

  /** A first answer that thought, and the conversation to go on with. */
  async function firstTurn(model: string) {
    const first: Anthropic.MessageCreateParamsNonStreaming = {
      ...ask('What is said about retries?'),
      model,
      system: 'You answer.',
      thinking: { type: 'adaptive', display: 'summarized' },
    };
    const message = await client.messages.create(first);
    const next: Anthropic.MessageCreateParamsNonStreaming = {
      ...first,
      messages: [
        ...first.messages,
        { role: 'assistant', content: message.content },
        { role: 'user', content: 'And about timeouts?' },
      ],
    };
    return { message, next };
  }

  const edited = (
    next: Anthropic.MessageCreateParamsNonStreaming,
    change: (block: Anthropic.ContentBlockParam) => Anthropic.ContentBlockParam,
  ) => ({
    ...next,
    messages: next.messages.map((message) =>
      typeof message.content === 'string' || message.role === 'system'
        ? message
        : { ...message, content: message.content.map(change) },
    ),
  });

  it('come first, with a summary where asked for and a signature always', async () => {
    const { message } = await firstTurn(BOUND);
    expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text']);
    expect(message.content[0]).toMatchObject({ thinking: expect.stringMatching(/retries/) });
    expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    const silent = await client.messages.create({ ...ask(), model: BOUND });
    expect(silent.content[0]).toMatchObject({ type: 'thinking', thinking: '' });
  });

  it('are left out where thinking is off', async () => {
    const message = await client.messages.create({ ...ask(), model: FREE });
    expect(message.content.map((block) => block.type)).toEqual(['text']);
    expect(message.usage.output_tokens_details?.thinking_tokens).toBe(0);
  });

  it.each([BOUND, FREE])('are taken back as they were by %s', async (model) => {
    const { next } = await firstTurn(model);
    await expect(client.messages.create(next)).resolves.toMatchObject({ type: 'message' });
  });

  it.each([BOUND, FREE])('are refused by %s when their text was changed', async (model) => {
    const { next } = await firstTurn(model);
    const changed = edited(next, (block) =>
      block.type === 'thinking' ? { ...block, thinking: 'Something else.' } : block,
    );
    await expect(client.messages.create(changed)).rejects.toThrow('cannot be modified');
  });

  it('are bound to what was before them on newer models', async () => {
    const { next } = await firstTurn(BOUND);
    const otherSystem = client.messages.create({ ...next, system: 'You refuse.' });
    await expect(otherSystem).rejects.toThrow('bound to the conversation before them');
    const otherModel = client.messages.create({ ...next, model: 'claude-fable-5-2' });
    await expect(otherModel).rejects.toThrow('cannot be used with this model');
  });

  it('may follow an edited history on older models', async () => {
    const { next } = await firstTurn(FREE);
    await expect(client.messages.create({ ...next, system: 'You refuse.' })).resolves.toMatchObject(
      { type: 'message' },
    );
  });

  it('may be dropped, and cache marks may move', async () => {
    const { next } = await firstTurn(BOUND);
    const moved = { ...next, cache_control: { type: 'ephemeral' as const } };
    await expect(client.messages.create(moved)).resolves.toBeDefined();
    const dropped = {
      ...next,
      system: 'You refuse.',
      messages: next.messages.map((message) => ({
        ...message,
        content:
          typeof message.content === 'string'
            ? message.content
            : message.content.filter((block) => block.type !== 'thinking'),
      })) as Anthropic.MessageParam[],
    };
    await expect(client.messages.create(dropped)).resolves.toBeDefined();
  });
});
