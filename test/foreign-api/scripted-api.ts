/**
 * A Messages API that the authors of the simulator did not write: `@copilotkit/aimock`, an
 * independent fake, given one script per agent. It answers in the order of the script and never
 * improvises: a request beyond the script is refused with 503 and reported by `leftOver`.
 *
 * What it lacks, and so what these tests show that we do without: a counting endpoint, caching
 * figures, `request-id` headers, pings, checks of a request.
 */
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';

export type Reply =
  | { json: unknown }
  | { text: string }
  | { calls: { name: string; input: unknown }[] }
  | { error: { status: number; type: string; retryAfterSeconds?: number } };

export interface ScriptedApi {
  url: string;
  /** Requests of one agent, in order. */
  requestsOf(role: string): ChatCompletionRequest[];
  /** Headers of all requests, in order. */
  headers(): Record<string, string>[];
  /** Replies that nobody asked for, and requests that no reply was left for. */
  leftOver(): { unused: string[]; unanswered: number };
  close(): Promise<void>;
}

/** What every scripted answer is said to have used. */
export const SCRIPTED_USAGE = { input_tokens: 1_000, output_tokens: 100 };

/** `script`: the replies to each agent by a text of its system prompt, e.g. its role. */
export async function startScriptedApi(script: Record<string, Reply[]>): Promise<ScriptedApi> {
  const api = new LLMock({ host: '127.0.0.1', port: 0, strict: true, chunkSize: 7 });
  for (const [role, replies] of Object.entries(script))
    replies.forEach((reply, sequenceIndex) => {
      api.on({ systemMessage: role, sequenceIndex }, responseOf(reply));
    });
  await api.start();
  const asked = () => api.getRequests().filter(({ path }) => path === '/v1/messages');
  return {
    url: api.url,
    requestsOf: (role) =>
      asked()
        .map(({ body }) => body as ChatCompletionRequest)
        .filter(({ messages }) => String(messages[0]?.content).includes(role)),
    headers: () => asked().map(({ headers }) => headers),
    leftOver() {
      const served = new Set(asked().map(({ response }) => response.fixture));
      return {
        unused: api
          .getFixtures()
          .filter((fixture) => !served.has(fixture))
          .map(({ match }) => `${match.systemMessage} #${match.sequenceIndex}`),
        unanswered: asked().filter(({ response }) => response.fixture === null).length,
      };
    },
    close: () => api.stop(),
  };
}

function responseOf(reply: Reply) {
  if ('error' in reply) {
    const { status, type, retryAfterSeconds } = reply.error;
    return {
      status,
      error: { type, message: 'scripted' },
      ...(retryAfterSeconds === undefined ? {} : { retryAfter: retryAfterSeconds }),
    };
  }
  // A text to think by: it comes back to us in the next request, which must take it as it is.
  const common = { usage: SCRIPTED_USAGE, reasoning: 'I follow my script.' };
  if ('calls' in reply)
    return {
      ...common,
      toolCalls: reply.calls.map(({ name, input }) => ({ name, arguments: JSON.stringify(input) })),
    };
  return { ...common, content: 'text' in reply ? reply.text : JSON.stringify(reply.json) };
}
