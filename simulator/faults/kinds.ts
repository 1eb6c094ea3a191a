import { z } from 'zod';
import { WEB_SEARCH_ERRORS } from '../answer/web-search';
import { FAULT_TEXT_CHARACTERS_MAX, FAULT_TOOL_CALLS_COUNT_MAX, HOLD_MS_MAX } from '../limits';

/**
 * What a fault is: which requests it hits (all conditions hold) and what happens to them. To add a
 * kind: its schema here, its handler in `effects.ts`; without the handler it does not compile.
 */

/** Which requests are hit. Default: every valid request to /v1/messages. */
const matcher = {
  /** The nth request that fits the other conditions, counted from 1. */
  nth: z.int().min(1).optional(),
  /** How often it strikes: from the nth on, or the first ones. Default: once with `nth`, else always. */
  times: z.int().min(1).optional(),
  model: z.string().optional(),
  /** A piece of the body's JSON text. */
  contains: z.string().optional(),
  /** 0..1, by seed. */
  probability: z.number().min(0).max(1).optional(),
  /** A piece of the `idempotency-key` header. */
  idempotencyKeyContains: z.string().optional(),
  /** Parts of an `idempotency-key` header that is a step key (`step-key.ts`), decoded. */
  run: z.string().optional(),
  phase: z.string().optional(),
  item: z.string().optional(),
  round: z.int().min(1).optional(),
  turn: z.int().min(1).optional(),
};

const where = z.enum(['before_headers', 'mid_stream']);
const text = z.string().max(FAULT_TEXT_CHARACTERS_MAX);

const kinds = [
  /** Refused with this status: not billed. `type` follows from the status by default. */
  z.strictObject({
    ...matcher,
    kind: z.literal('http_error'),
    status: z.int().min(400).max(599),
    type: z.string().optional(),
    message: z.string().optional(),
    retryAfterSeconds: z.number().min(0).optional(),
    errorCode: z.string().optional(),
  }),
  /** These bytes instead of the API's: a proxy's error page; or, below 400, a body that is no message. */
  z.strictObject({
    ...matcher,
    kind: z.literal('raw_response'),
    status: z.int().min(200).max(599),
    contentType: z.string().min(1).default('text/html'),
    body: text,
  }),
  /** Nothing more is sent until `release()` or for so many milliseconds; then all goes on. */
  z.strictObject({
    ...matcher,
    kind: z.literal('hold'),
    until: z.union([z.literal('release'), z.int().min(0).max(HOLD_MS_MAX)]),
    where,
  }),
  /** So long before each event of the stream, or each half of a body: alive, but slow in all. */
  z.strictObject({
    ...matcher,
    kind: z.literal('trickle'),
    everyMs: z.int().min(1).max(HOLD_MS_MAX),
  }),
  /** The socket is destroyed; `cleanly`: the body ends as if that were all of it. */
  z.strictObject({
    ...matcher,
    kind: z.literal('drop'),
    where,
    cleanly: z.boolean().optional(),
  }),
  /** An error event in the middle; a request without stream is refused with its status instead. */
  z.strictObject({
    ...matcher,
    kind: z.literal('sse_error'),
    type: z.enum(['overloaded_error', 'api_error', 'rate_limit_error']).optional(),
  }),
  /** These end an answer that calls no tool in another way. */
  z.strictObject({
    ...matcher,
    kind: z.literal('refusal'),
    category: z
      .enum(['cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms'])
      .optional(),
    /** Whether half of the text was written before; without any, nothing is billed. */
    partial: z.boolean().optional(),
  }),
  z.strictObject({ ...matcher, kind: z.literal('max_tokens_cut') }),
  /** Any `stop_reason`, known (`pause_turn`, `model_context_window_exceeded`) or not. */
  z.strictObject({
    ...matcher,
    kind: z.literal('ending'),
    stopReason: z.string().nullable(),
    /** The share of the text that is written before. Default 1. */
    keep: z.number().min(0).max(1).optional(),
    /** Also of an answer that calls tools. Default false. */
    anyTurn: z.boolean().optional(),
  }),
  /** These change the text of an answer that calls no tool. */
  z.strictObject({ ...matcher, kind: z.literal('malformed_json') }),
  /** Valid JSON without its first property (for a list: without content). */
  z.strictObject({ ...matcher, kind: z.literal('schema_violation') }),
  z.strictObject({ ...matcher, kind: z.literal('empty_text') }),
  /** The JSON in a fence of Markdown, with a sentence before it. */
  z.strictObject({ ...matcher, kind: z.literal('fenced_json') }),
  /** A JSON object with these properties in place of its own. */
  z.strictObject({
    ...matcher,
    kind: z.literal('answer_fields'),
    fields: z.record(z.string(), z.json()),
  }),
  /** This text is the whole answer. */
  z.strictObject({
    ...matcher,
    kind: z.literal('answer_text'),
    text,
    /** Also in place of calls of tools. Default false. */
    anyTurn: z.boolean().optional(),
  }),
  /** These calls are the whole answer, the same again and again. */
  z.strictObject({
    ...matcher,
    kind: z.literal('tool_calls'),
    calls: z
      .array(z.strictObject({ name: z.string(), input: z.record(z.string(), z.json()) }))
      .min(1)
      .max(FAULT_TOOL_CALLS_COUNT_MAX),
    /** Also where the request offers no tools or forbids their use. Default false. */
    anyTurn: z.boolean().optional(),
  }),
  /** A search of the web that gives this error, in an answer of status 200. */
  z.strictObject({
    ...matcher,
    kind: z.literal('web_search_error'),
    code: z.enum(WEB_SEARCH_ERRORS),
  }),
  /** `pause_turn` in the middle of a search: it goes on when the answer is sent back. */
  z.strictObject({
    ...matcher,
    kind: z.literal('web_search_pause'),
    /** Default `before_result`. */
    where: z.enum(['before_result', 'after_result']).optional(),
  }),
] as const;

export const faultSchema = z.discriminatedUnion('kind', kinds);
/** A fault as it is given; what has a default may be left out. */
export type Fault = z.input<typeof faultSchema>;
export type ArmedFault = z.output<typeof faultSchema>;
export type FaultOf<K extends ArmedFault['kind']> = Extract<ArmedFault, { kind: K }>;
export type FaultPlace = z.infer<typeof where>;
