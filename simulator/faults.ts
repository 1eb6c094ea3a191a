import { z } from 'zod';
import type { Answer, AnswerBlock } from './answer';
import { cutToTokens } from './answer/limits';
import { ApiError, type ApiErrorType, STATUS_OF_ERROR_TYPE } from './errors';
import { FAULTS_COUNT_MAX, HOLD_MS_MAX } from './limits';
import type { ModelCapabilities } from './models';
import { randomFrom } from './random';

/**
 * Faults that tests inject. A fault says which requests it hits (all conditions hold) and what
 * happens to them. To add a kind: its schema in `kinds`, its handler in `HANDLERS`; without the
 * handler it does not compile.
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
};

const where = z.enum(['before_headers', 'mid_stream']);

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
  /** Nothing more is sent until `release()` or for so many milliseconds; then all goes on. */
  z.strictObject({
    ...matcher,
    kind: z.literal('hold'),
    until: z.union([z.literal('release'), z.int().min(0).max(HOLD_MS_MAX)]),
    where,
  }),
  /** The socket is destroyed. */
  z.strictObject({ ...matcher, kind: z.literal('drop'), where }),
  /** An `overloaded_error` event in the middle; a request without stream gets a 529 instead. */
  z.strictObject({ ...matcher, kind: z.literal('sse_error') }),
  /** The rest change the content of an answer that calls no tool. */
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
  z.strictObject({ ...matcher, kind: z.literal('malformed_json') }),
  /** Valid JSON without its first property (for a list: without content). */
  z.strictObject({ ...matcher, kind: z.literal('schema_violation') }),
  z.strictObject({ ...matcher, kind: z.literal('empty_text') }),
] as const;

export const faultSchema = z.discriminatedUnion('kind', kinds);
export type Fault = z.infer<typeof faultSchema>;
type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/** What a fault does, in the words of the server. */
export interface FaultEffect {
  refuse?: ApiError;
  delivery?: {
    where: z.infer<typeof where>;
    act: 'drop' | 'error' | { holdMs: number | 'release' };
  };
  alter?: (answer: Answer, model: ModelCapabilities) => Answer;
  /** Refused before any output: costs nothing (API page 2.2). */
  isFree?: boolean;
}

interface Handler<K extends Fault['kind']> {
  /** `answer`: strikes only where the answer is text, which is when it counts a request. */
  stage: 'request' | 'answer';
  effect(fault: FaultOf<K>): FaultEffect;
}

const HANDLERS: { [K in Fault['kind']]: Handler<K> } = {
  http_error: { stage: 'request', effect: (fault) => ({ refuse: httpError(fault) }) },
  hold: {
    stage: 'request',
    effect: (fault) => ({ delivery: { where: fault.where, act: { holdMs: fault.until } } }),
  },
  drop: {
    stage: 'request',
    effect: (fault) => ({ delivery: { where: fault.where, act: 'drop' } }),
  },
  sse_error: {
    stage: 'request',
    effect: () => ({ delivery: { where: 'mid_stream', act: 'error' } }),
  },
  refusal: {
    stage: 'answer',
    effect: (fault) => ({
      isFree: fault.partial !== true,
      alter: (answer, model) => refused(answer, model, fault),
    }),
  },
  max_tokens_cut: {
    stage: 'answer',
    effect: () => ({ alter: (answer, model) => half(answer, 'max_tokens', model) }),
  },
  malformed_json: {
    stage: 'answer',
    effect: () => ({ alter: (answer) => withText(answer, (text) => `${text.slice(0, -1)},,`) }),
  },
  schema_violation: {
    stage: 'answer',
    effect: () => ({ alter: (answer) => withText(answer, withoutFirstProperty) }),
  },
  empty_text: {
    stage: 'answer',
    effect: () => ({ alter: (answer) => withText(answer, () => '') }),
  },
};

function httpError(fault: FaultOf<'http_error'>): ApiError {
  const byStatus = Object.entries(STATUS_OF_ERROR_TYPE).find(
    ([, status]) => status === fault.status,
  );
  const fallback = fault.status >= 500 ? 'api_error' : 'invalid_request_error';
  const type = (fault.type ?? byStatus?.[0] ?? fallback) as ApiErrorType;
  return new ApiError(type, fault.message ?? DEFAULT_MESSAGES[type] ?? 'Injected fault', {
    status: fault.status,
    ...(fault.errorCode === undefined ? {} : { errorCode: fault.errorCode }),
    ...(fault.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: fault.retryAfterSeconds }),
  });
}

const DEFAULT_MESSAGES: Partial<Record<ApiErrorType, string>> = {
  authentication_error: 'invalid x-api-key',
  rate_limit_error: 'This request would exceed your rate limit.',
  overloaded_error: 'Overloaded',
  api_error: 'Internal server error',
};

function refused(answer: Answer, model: ModelCapabilities, fault: FaultOf<'refusal'>): Answer {
  const written =
    fault.partial === true ? half(answer, 'refusal', model) : { ...answer, blocks: [] };
  const explanation = 'This request was declined.';
  return {
    ...written,
    stopReason: 'refusal',
    stopDetails: { type: 'refusal', category: fault.category ?? null, explanation },
    ...(fault.partial === true ? {} : { outputTokens: 0, thinkingTokens: 0 }),
  };
}

const half = (answer: Answer, stopReason: string, model: ModelCapabilities): Answer => {
  const text = answer.outputTokens - answer.thinkingTokens;
  return cutToTokens(answer, answer.thinkingTokens + Math.ceil(text / 2), stopReason, model);
};

const withText = (answer: Answer, change: (text: string) => string): Answer => ({
  ...answer,
  blocks: answer.blocks.map(
    (block): AnswerBlock =>
      block.type === 'text' ? { ...block, text: change(block.text) } : block,
  ),
});

function withoutFirstProperty(text: string): string {
  const value: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  const [, ...rest] = Object.entries(value as object);
  return JSON.stringify(Object.fromEntries(rest));
}

/** What a matcher looks at. */
export interface FaultSubject {
  model: string;
  bodyText: string;
  digest: string;
  idempotencyKey: string;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  list(): Fault[];
  /** The first fault of this stage that strikes the request. */
  strike(stage: 'request' | 'answer', subject: FaultSubject): Struck | undefined;
}

export interface Struck extends FaultEffect {
  kind: Fault['kind'];
}

/** Throws a `RangeError` when there are too many, a `ZodError` for a fault that is none. */
export function createFaults(seed: number, initial: readonly Fault[] = []): Faults {
  let armed: { fault: Fault; seen: number; struck: number }[] = [];
  const faults: Faults = {
    add(fault) {
      if (armed.length >= FAULTS_COUNT_MAX)
        throw new RangeError('too many faults; clear some first');
      armed.push({ fault: faultSchema.parse(fault), seen: 0, struck: 0 });
    },
    clear() {
      armed = [];
    },
    list: () => armed.map(({ fault }) => fault),
    strike(stage, subject) {
      for (const entry of armed) {
        if (HANDLERS[entry.fault.kind].stage !== stage || !fits(entry.fault, subject)) continue;
        entry.seen += 1;
        if (!isDue(entry, seed, subject)) continue;
        entry.struck += 1;
        return { kind: entry.fault.kind, ...effectOf(entry.fault) };
      }
      return undefined;
    },
  };
  for (const fault of initial) faults.add(fault);
  return faults;
}

function effectOf(fault: Fault): FaultEffect {
  const handler = HANDLERS[fault.kind] as Handler<Fault['kind']>;
  return handler.effect(fault);
}

function fits(fault: Fault, subject: FaultSubject): boolean {
  return (
    (fault.model === undefined || fault.model === subject.model) &&
    (fault.contains === undefined || subject.bodyText.includes(fault.contains)) &&
    (fault.idempotencyKeyContains === undefined ||
      subject.idempotencyKey.includes(fault.idempotencyKeyContains))
  );
}

function isDue(
  { fault, seen, struck }: { fault: Fault; seen: number; struck: number },
  seed: number,
  subject: FaultSubject,
): boolean {
  const { nth, times, probability } = fault;
  if (nth !== undefined && (seen < nth || seen >= nth + (times ?? 1))) return false;
  if (nth === undefined && times !== undefined && struck >= times) return false;
  if (probability === undefined) return true;
  return randomFrom(seed, 'fault', subject.digest, seen).next() < probability;
}
