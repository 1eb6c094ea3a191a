/** Model calls for tests. */
import { createAnthropicModel } from '../../../activities/model/anthropic';
import {
  type CallOptions,
  ModelError,
  type ModelRequest,
  type Prompt,
} from '../../../activities/model/port';

export const NOTE_SCHEMA = {
  type: 'object',
  properties: { note: { type: 'string' } },
  required: ['note'],
  additionalProperties: false,
};

export const request = (
  prompt: Partial<Prompt> = {},
  changes: Partial<ModelRequest> = {},
): ModelRequest => ({
  prompt: {
    model: 'claude-haiku-5-5',
    system: 'You take notes.',
    task: '<question>What is worth a note?</question>',
    tools: [],
    outputSchema: NOTE_SCHEMA,
    ...prompt,
  },
  exchanges: [],
  maxOutputTokens: 4_000,
  mayUseTools: true,
  ...changes,
});

export const options = (changes: Partial<CallOptions> = {}): CallOptions => ({
  stepKey: 'default/run%201/first/phase/-/1/1',
  signal: new AbortController().signal,
  stallMs: 5_000,
  callMs: 10_000,
  ...changes,
});

export const modelAt = (baseUrl: string) => createAnthropicModel({ apiKey: 'test-key', baseUrl });

/** How a call fails; fails the test where it does not. */
export async function failureOf(
  baseUrl: string,
  changes: Partial<CallOptions> = {},
): Promise<ModelError> {
  const outcome = await modelAt(baseUrl)
    .call(request(), options(changes))
    .then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
  if (!('error' in outcome)) throw new Error(`answered: ${JSON.stringify(outcome.answer)}`);
  if (!(outcome.error instanceof ModelError)) throw outcome.error;
  return outcome.error;
}
