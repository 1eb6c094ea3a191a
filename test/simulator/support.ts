import Anthropic from '@anthropic-ai/sdk';
import type { Simulator } from '../../simulator';

export const MODEL = 'claude-haiku-5-5';

/** The official client, without retries and untouched by the environment. */
export function clientOf(
  simulator: Pick<Simulator, 'url'>,
  headers: Record<string, string> = {},
): Anthropic {
  return new Anthropic({
    apiKey: 'test-key',
    baseURL: simulator.url,
    maxRetries: 0,
    timeout: 20_000,
    logLevel: 'off',
    openTelemetry: false,
    defaultHeaders: headers,
  });
}

export const ask = (content = 'What is Tuesday?'): Anthropic.MessageCreateParamsNonStreaming => ({
  model: MODEL,
  max_tokens: 4000,
  messages: [{ role: 'user', content }],
});

export const HEADERS = {
  authorization: 'Bearer test-key',
  'anthropic-version': '2026-10-21',
  'content-type': 'application/json',
};

/** A request as it goes over the wire, for what the SDK would not send. */
export function post(
  simulator: Pick<Simulator, 'url'>,
  body: unknown,
  { path = '/v1/messages', headers = HEADERS as Record<string, string> } = {},
): Promise<Response> {
  return fetch(simulator.url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export interface ErrorReply {
  type: string;
  error: { type: string; message: string; details?: { error_code: string } };
  request_id: string;
}

export const textOf = (message: Pick<Anthropic.Message, 'content'>): string =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
