import { ApiError, type ApiErrorType, STATUS_OF_ERROR_TYPE } from '../errors';
import {
  type Alteration,
  callsOnly,
  endedWith,
  refused,
  searchFailed,
  searchPaused,
  textOnly,
  withoutFirst,
  withProperties,
  withText,
} from './altered-answers';
import type { ArmedFault, FaultOf, FaultPlace } from './kinds';

/** What a fault does, in the words of the server. */
export interface FaultEffect {
  refuse?: ApiError;
  delivery?: { where: FaultPlace; act: DeliveryAct };
  /** Waits before each piece of the delivery. */
  everyMs?: number;
  alter?: Alteration;
  /** Refused before any output: costs nothing (API page 2.2). */
  isFree?: boolean;
}

export type DeliveryAct =
  | { do: 'destroy' }
  | { do: 'end' }
  | { do: 'error'; type: ApiErrorType }
  | { do: 'hold'; ms: number | 'release' }
  | { do: 'replace'; status: number; contentType: string; body: string };

/**
 * When a fault looks at a request, and so which requests it counts: all that are valid; those
 * whose answer is ready; those whose answer calls no tool; those that may be answered by calls;
 * those whose answer searches the web.
 */
export type FaultStage = 'request' | 'answer' | 'text_answer' | 'callable' | 'web_search';

interface Handler<K extends ArmedFault['kind']> {
  stage: FaultStage;
  effect(fault: FaultOf<K>): FaultEffect;
}

const ofRequests = <K extends ArmedFault['kind']>(
  effect: (fault: FaultOf<K>) => FaultEffect,
): Handler<K> => ({ stage: 'request', effect });

const ofAnswers = <K extends ArmedFault['kind']>(
  stage: FaultStage,
  alter: (fault: FaultOf<K>) => Alteration,
): Handler<K> => ({ stage, effect: (fault) => ({ alter: alter(fault) }) });

const ofTexts = <K extends ArmedFault['kind']>(
  alter: (fault: FaultOf<K>) => Alteration,
): Handler<K> => ofAnswers('text_answer', alter);

const HANDLERS: { [K in ArmedFault['kind']]: Handler<K> } = {
  http_error: ofRequests((fault) => ({ refuse: httpError(fault) })),
  raw_response: ofRequests(rawResponse),
  hold: ofRequests(({ where, until }) => ({ delivery: { where, act: { do: 'hold', ms: until } } })),
  trickle: ofRequests(({ everyMs }) => ({ everyMs })),
  drop: ofRequests(({ where, cleanly }) => ({
    delivery: { where, act: { do: cleanly === true ? 'end' : 'destroy' } },
  })),
  sse_error: ofRequests(({ type = 'overloaded_error' }) => ({
    delivery: { where: 'mid_stream', act: { do: 'error', type } },
  })),
  refusal: {
    stage: 'text_answer',
    effect: (fault) => ({ isFree: fault.partial !== true, alter: refused(fault) }),
  },
  max_tokens_cut: ofTexts(() => endedWith('max_tokens', 0.5)),
  ending: ofTexts(({ stopReason, keep = 1 }) => endedWith(stopReason, keep)),
  malformed_json: ofTexts(() => withText((text) => `${text.slice(0, -1)},,`)),
  schema_violation: ofTexts(() => withProperties(withoutFirst)),
  empty_text: ofTexts(() => withText(() => '')),
  fenced_json: ofTexts(() =>
    withText((text) => `Here is the result you asked for:\n\n\`\`\`json\n${text}\n\`\`\`\n`),
  ),
  answer_fields: ofTexts(({ fields }) => withProperties((own) => ({ ...own, ...fields }))),
  answer_text: ofTexts(({ text }) => textOnly(text)),
  tool_calls: ofAnswers('callable', ({ calls }) => callsOnly(calls)),
  web_search_error: ofAnswers('web_search', ({ code }) => searchFailed(code)),
  web_search_pause: ofAnswers('web_search', ({ where = 'before_result' }) => searchPaused(where)),
};

const handlerOf = (fault: ArmedFault): Handler<ArmedFault['kind']> =>
  HANDLERS[fault.kind] as Handler<ArmedFault['kind']>;

export const stageOf = (fault: ArmedFault): FaultStage =>
  'anyTurn' in fault && fault.anyTurn === true ? 'answer' : handlerOf(fault).stage;
export const effectOf = (fault: ArmedFault): FaultEffect => handlerOf(fault).effect(fault);

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
  billing_error: 'Your credit balance is too low to access the API.',
  permission_error: 'Your API key does not have permission to use this model.',
  rate_limit_error: 'This request would exceed your rate limit.',
  overloaded_error: 'Overloaded',
  api_error: 'Internal server error',
};

function rawResponse({ status, contentType, body }: FaultOf<'raw_response'>): FaultEffect {
  if (status >= 400)
    return { refuse: new ApiError('api_error', body, { status, rawContentType: contentType }) };
  return {
    delivery: { where: 'before_headers', act: { do: 'replace', status, contentType, body } },
  };
}
