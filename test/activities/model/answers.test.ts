import { modelAt, options, request } from './calls';
import {
  eventsOf,
  type HandMadeServer,
  MESSAGE,
  sse,
  startHandMadeServer,
  stream,
  text,
} from './hand-made-server';

let server: HandMadeServer;
beforeAll(async () => {
  server = await startHandMadeServer();
});
afterAll(() => server.close());

const answerTo = (...events: string[]) => {
  server.answerWith(stream(...events));
  return modelAt(server.url).call(request(), options());
};
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'search', input: { query: 'x' } };

describe('how an answer ends', () => {
  it.each([
    ['end_turn', 'answer'],
    ['stop_sequence', 'answer'],
    ['max_tokens', 'truncated'],
    ['refusal', 'refusal'],
    ['model_context_window_exceeded', 'context_exceeded'],
    ['pause_turn', 'unknown'],
    ['reason_of_next_year', 'unknown'],
    [null, 'unknown'],
    ['tool_use', 'unknown'], // without any call
  ])('%s without calls: %s', async (stopReason, ending) => {
    expect((await answerTo(...eventsOf([text('{}')], stopReason))).ending).toBe(ending);
  });

  it.each([
    ['tool_use', 'tool_calls'],
    ['end_turn', 'tool_calls'], // as some gateways have it
    ['max_tokens', 'truncated'], // the call may be cut: not to be used
    ['refusal', 'refusal'],
  ])('%s with a call: %s', async (stopReason, ending) => {
    const answer = await answerTo(...eventsOf([toolUse], stopReason));
    expect(answer.ending).toBe(ending);
    expect(answer.toolCalls).toEqual([{ id: 'toolu_1', name: 'search', input: { query: 'x' } }]);
  });
});

it('joins texts and reasoning, and keeps what it does not know', async () => {
  const unknown = { type: 'hologram', waves: [1, 2] };
  const answer = await answerTo(
    ...eventsOf([
      { type: 'thinking', thinking: 'First this.', signature: 's1' },
      { type: 'thinking', thinking: '', signature: 's2' },
      text('{"note":'),
      unknown,
      { type: 'thinking', thinking: 'Then that.', signature: 's3' },
      text('"x"}'),
    ]),
  );
  expect(answer).toMatchObject({
    ending: 'answer',
    text: '{"note":"x"}',
    reasoning: 'First this.\nThen that.',
    requestId: 'req_7',
    servedBy: 'claude-haiku-5-5',
  });
  expect(answer.assistant).toContainEqual(unknown);
  expect(answer.raw).toMatchObject({ id: 'msg_1' });
});

it('passes over events and deltas that it does not know', async () => {
  const [start = '', begin = '', ...rest] = eventsOf([text('{"note":"x"}')]);
  const delta = { type: 'colour_delta', colour: 'blue' };
  const answer = await answerTo(
    ': a comment\n\n',
    start,
    sse('weather', { sunny: true }),
    begin,
    sse('content_block_delta', { index: 0, delta }),
    ...rest,
  );
  expect(answer.text).toBe('{"note":"x"}');
});

it('leaves empty texts out of what goes back: the API refuses what it gave', async () => {
  const answer = await answerTo(...eventsOf([text(''), text('\n\n'), toolUse], 'tool_use'));
  expect(answer.assistant).toEqual([toolUse]);
});

it('takes the last of several usages, and counts what is not said as none', async () => {
  const usage = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 7 };
  const answer = await answerTo(
    sse('message_start', { message: { ...MESSAGE, usage } }),
    sse('message_delta', { delta: { stop_reason: null }, usage: { output_tokens: 3 } }),
    sse('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } }),
    sse('message_stop'),
  );
  expect(answer.usage).toEqual({
    inputTokens: 10,
    outputTokens: 5,
    cacheWriteTokens: 0,
    cacheReadTokens: 7,
  });
  expect(answer.text).toBe('');
});
