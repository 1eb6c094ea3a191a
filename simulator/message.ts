import type { Answer, AnswerBlock } from './answer';
import type { MessagesRequest } from './request/schema';
import { type BilledUsage, usageBody } from './usage';

/** Messages and stream events as they go over the wire (API page 3.3, 4.5). */

export interface AnsweredRequest {
  messageId: string;
  request: MessagesRequest;
  answer: Answer;
  usage: BilledUsage;
}

export function messageBody(answered: AnsweredRequest): Record<string, unknown> {
  const { answer, request } = answered;
  return {
    id: answered.messageId,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: answer.blocks,
    stop_reason: answer.stopReason,
    stop_sequence: answer.stopSequence,
    stop_details: answer.stopDetails,
    container: null,
    diagnostics: null,
    usage: usageOf(answered, answered.usage),
  };
}

const usageOf = ({ request }: AnsweredRequest, usage: BilledUsage): Record<string, unknown> =>
  usageBody(usage, { speed: request.speed ?? null, inferenceGeo: request.inference_geo ?? null });

export interface StreamEvent {
  type: string;
  data: Record<string, unknown>;
  /** Output tokens that this event carries, for its latency. */
  tokens: number;
}

/** A text is sent in about this many pieces, none shorter than the minimum. */
const PIECES_COUNT = 12;
const PIECE_CHARS_MIN = 16;

export function streamEvents(answered: AnsweredRequest): StreamEvent[] {
  const { answer, usage } = answered;
  const started = {
    ...messageBody(answered),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usageOf(answered, {
      ...usage,
      outputTokens: Math.min(1, usage.outputTokens),
      thinkingTokens: 0,
    }),
  };
  const events: Omit<StreamEvent, 'tokens'>[] = [
    event('message_start', { message: started }),
    ...answer.blocks.flatMap((block, index) => [
      ...blockEvents(block, index),
      ...(index === 0 ? [event('ping', {})] : []),
    ]),
    event('message_delta', {
      delta: {
        stop_reason: answer.stopReason,
        stop_sequence: answer.stopSequence,
        stop_details: answer.stopDetails,
        container: null,
      },
      usage: usageOf(answered, usage),
    }),
    event('message_stop', {}),
  ];
  const deltas = events.filter(({ type }) => type === 'content_block_delta').length;
  return events.map((one) => ({
    ...one,
    tokens: one.type === 'content_block_delta' ? usage.outputTokens / deltas : 0,
  }));
}

const event = (type: string, data: Record<string, unknown>): Omit<StreamEvent, 'tokens'> => ({
  type,
  data: { type, ...data },
});

function blockEvents(block: AnswerBlock, index: number): Omit<StreamEvent, 'tokens'>[] {
  const [start, deltas] = parts(block);
  return [
    event('content_block_start', { index, content_block: start }),
    ...deltas.map((delta) => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
}

function parts(block: AnswerBlock): [object, object[]] {
  switch (block.type) {
    case 'text':
      return [
        { ...block, text: '', citations: block.citations && [] },
        [
          ...pieces(block.text).map((text) => ({ type: 'text_delta', text })),
          ...(block.citations ?? []).map((citation) => ({ type: 'citations_delta', citation })),
        ],
      ];
    case 'web_search_tool_result':
      return [block, []];
    case 'server_tool_use':
    case 'tool_use':
      return [
        { ...block, input: {} },
        ['', ...pieces(JSON.stringify(block.input))].map((json) => ({
          type: 'input_json_delta',
          partial_json: json,
        })),
      ];
    case 'thinking':
      return [
        { ...block, thinking: '', signature: '' },
        [
          ...pieces(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: block.signature },
        ],
      ];
  }
}

/** Never between the halves of a character outside the basic plane. */
function pieces(text: string): string[] {
  const chars = [...text];
  const size = Math.max(PIECE_CHARS_MIN, Math.ceil(chars.length / PIECES_COUNT));
  return Array.from({ length: Math.ceil(chars.length / size) }, (_, piece) =>
    chars.slice(piece * size, (piece + 1) * size).join(''),
  );
}
