import { openModelProvider } from '../../worker/model-provider';

describe('the provider of the models', () => {
  it.each([
    ['the real API', { ANTHROPIC_API_KEY: 'test-key' }, true],
    [
      'a gateway',
      { ANTHROPIC_API_KEY: 'test-key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' },
      false,
    ],
    ['the offline simulator', {}, false],
  ])('is %s, and searches the web or not', async (_name, env, searches) => {
    const provider = await openModelProvider(env, 1, () => undefined);
    await provider.close();
    expect(provider.webSearch !== undefined).toBe(searches);
  });
});
