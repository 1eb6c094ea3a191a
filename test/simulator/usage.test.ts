import type Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { type Simulator, startSimulator } from '../../simulator';
import { FORMAT_OVERHEAD_TOKENS, TOOLS_OVERHEAD_TOKENS } from '../../simulator/limits';
import { createPromptCache } from '../../simulator/prompt-cache';
import { validateMessages } from '../../simulator/request/validate';
import { estimateTokens } from '../../simulator/tokens';
import { ask, clientOf, MODEL } from './support';

const long = 'A sentence about retries and timeouts, said again and again. '.repeat(100);
const marked = (text: string, ttl?: '5m' | '1h'): Anthropic.TextBlockParam => ({
  type: 'text',
  text,
  cache_control: ttl ? { type: 'ephemeral', ttl } : { type: 'ephemeral' },
});

describe('tokens', () => {
  it('are never more than bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, isDense) => {
        expect(estimateTokens(text, isDense)).toBeLessThanOrEqual(Buffer.byteLength(text));
      }),
    );
  });

  it('are about a third more where the tokenizer is denser', () => {
    const ratio = estimateTokens(long, true) / estimateTokens(long, false);
    expect(ratio).toBeGreaterThan(1.29);
    expect(ratio).toBeLessThan(1.31);
  });
});

describe('usage', () => {
  let simulator: Simulator;
  let client: Anthropic;
  beforeEach(async () => {
    simulator = await startSimulator();
    client = clientOf(simulator);
  });
  afterEach(() => simulator.close());

  const inputOf = ({ usage }: Anthropic.Message): number =>
    usage.input_tokens +
    (usage.cache_creation_input_tokens ?? 0) +
    (usage.cache_read_input_tokens ?? 0);

  it('is within 10 % above the count, and within the bytes and the stated overheads', async () => {
    const tools: Anthropic.Tool[] = [
      {
        name: 'search',
        input_schema: { type: 'object', properties: { query: { type: 'string' } } },
      },
    ];
    const ratios = new Set<number>();
    for (const size of [1, 3, 40, 900]) {
      const messages = [{ role: 'user' as const, content: `${size}! ${'?!; '.repeat(size)}` }];
      const { input_tokens: counted } = await client.messages.countTokens({
        model: MODEL,
        messages,
        tools,
      });
      const body = { ...ask(), messages, tools };
      const billed = inputOf(await client.messages.create(body));
      expect(billed).toBeGreaterThanOrEqual(counted);
      expect(billed).toBeLessThanOrEqual(counted * 1.1);
      const bytes = Buffer.byteLength(JSON.stringify(body));
      const overheads = TOOLS_OVERHEAD_TOKENS + FORMAT_OVERHEAD_TOKENS;
      expect(billed).toBeLessThanOrEqual(bytes + overheads);
      ratios.add(billed / counted);
    }
    expect(ratios.size).toBeGreaterThan(1);
  });

  it('is on the bill as it is in the answer', async () => {
    const headers = { 'idempotency-key': 'run/research/1' };
    const { data, request_id } = await clientOf(simulator, headers)
      .messages.create({ ...ask(long), system: [marked(long, '1h')] })
      .withResponse();
    const { usage } = data;
    expect(simulator.bill()).toEqual([
      {
        requestId: request_id,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        model: MODEL,
        headers,
        requestDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        delivered: true,
        endedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        usage: {
          inputTokens: usage.input_tokens,
          outputTokens: usage.output_tokens,
          cacheCreationInputTokens: usage.cache_creation_input_tokens,
          cacheCreation5mInputTokens: 0,
          cacheCreation1hInputTokens: usage.cache_creation?.ephemeral_1h_input_tokens,
          cacheReadInputTokens: 0,
          thinkingTokens: usage.output_tokens_details?.thinking_tokens,
          webSearchRequests: 0,
        },
      },
    ]);
  });

  it('writes the cache once, then reads it, and a changed beginning writes anew', async () => {
    const body = { ...ask(), system: [marked(long)] };
    const { usage: first } = await client.messages.create(body);
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1000);
    expect(first.cache_creation?.ephemeral_5m_input_tokens).toBe(first.cache_creation_input_tokens);
    const { usage: second } = await client.messages.create({
      ...body,
      ...ask('Else?'),
      system: body.system,
    });
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens);
    expect(second.cache_creation_input_tokens).toBe(0);
    const { usage: third } = await client.messages.create({
      ...body,
      system: [marked(`Now: ${long}`)],
    });
    expect(third.cache_read_input_tokens).toBe(0);
  });

  it('extends what is cached with each turn of a conversation', async () => {
    const cache_control = { type: 'ephemeral' as const };
    const first = await client.messages.create({ ...ask(long), cache_control });
    const second = await client.messages.create({
      ...ask(long),
      cache_control,
      messages: [
        { role: 'user', content: long },
        { role: 'assistant', content: first.content },
        { role: 'user', content: long },
      ],
    });
    expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
    expect(second.usage.cache_creation_input_tokens).toBeGreaterThan(1000);
  });

  it('does not cache what is shorter than the model caches', async () => {
    const { usage } = await client.messages.create({ ...ask(), system: [marked('Short.')] });
    expect(usage.cache_creation_input_tokens).toBe(0);
  });

  it('splits writes by their time to live', async () => {
    const { usage } = await client.messages.create({
      ...ask(),
      system: [marked(long, '1h'), marked(`Then: ${long}`, '5m')],
    });
    expect(usage.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(1000);
    expect(usage.cache_creation?.ephemeral_5m_input_tokens).toBeGreaterThan(1000);
  });

  it('warms the cache without an answer', async () => {
    const body = { ...ask(), system: [marked(long)] };
    const warm = await client.messages.create({ ...body, max_tokens: 0 });
    expect(warm).toMatchObject({ content: [], stop_reason: 'max_tokens' });
    const { usage } = await client.messages.create(body);
    expect(usage.cache_read_input_tokens).toBe(warm.usage.cache_creation_input_tokens);
  });

  it('ends at max_tokens and at a stop sequence', async () => {
    const documents = `<document name="a.md">${'Retries are set by a policy. Timeouts END an attempt that takes too long. '.repeat(3)}</document>`;
    const question = `<question>How are retries set, when do timeouts end?</question>${documents}`;
    const cut = await client.messages.create({ ...ask(question), max_tokens: 8 });
    expect(cut.stop_reason).toBe('max_tokens');
    expect(cut.usage.output_tokens).toBe(8);
    const stopped = await client.messages.create({ ...ask(question), stop_sequences: ['END'] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect(JSON.stringify(stopped.content)).not.toContain('END');
  });

  it('says so when the answer ends at the window', async () => {
    const message = await client.messages.create({
      ...ask('a '.repeat(199_996)),
      model: 'claude-haiku-4-5',
      max_tokens: 4000,
    });
    expect(message.stop_reason).toBe('model_context_window_exceeded');
  });
});

describe('the prompt cache', () => {
  const valid = validateMessages({ ...ask(), system: [marked(long, '5m')] }, new Set<string>());
  const use = (cache: ReturnType<typeof createPromptCache>, owner = 'key') =>
    cache.use(valid.request, valid.counted, valid.model, owner);

  it('forgets after its time to live, which a hit starts anew', () => {
    let now = 0;
    const cache = createPromptCache(() => now);
    use(cache).commit();
    now = 4 * 60_000;
    const hit = use(cache);
    expect(hit.readTokens).toBeGreaterThan(1000);
    hit.commit();
    now = 8 * 60_000;
    expect(use(cache).readTokens).toBeGreaterThan(1000);
    now = 9 * 60_000 + 1;
    expect(use(cache).readTokens).toBe(0);
  });

  it('is there only once an answer has begun, and only for its own key', () => {
    const cache = createPromptCache();
    const first = use(cache);
    expect(use(cache).readTokens).toBe(0);
    first.commit();
    expect(use(cache).readTokens).toBeGreaterThan(0);
    expect(use(cache, 'other').readTokens).toBe(0);
  });
});
