import type { z } from 'zod';
import { ApiError, invalid } from '../errors';
import { findModel, type ModelCapabilities } from '../models';
import { type CountedPrompt, countPrompt } from '../prompt';
import { RULES } from '../rules';
import { type Turn, turnsOf } from './conversation';
import { parseBody } from './parse';
import {
  countTokensRequest,
  type MessagesRequest,
  messagesRequest,
  type PromptRequest,
} from './schema';

/** A request that the API would take. */
export interface Valid<T extends PromptRequest> {
  request: T;
  model: ModelCapabilities;
  turns: Turn[];
  counted: CountedPrompt;
}

export function validateMessages(
  body: unknown,
  betas: ReadonlySet<string>,
): Valid<MessagesRequest> {
  return validate(messagesRequest, body, betas, (request) => ({ generation: request }));
}

export function validateCountTokens(
  body: unknown,
  betas: ReadonlySet<string>,
): Valid<PromptRequest> {
  return validate(countTokensRequest, body, betas, () => ({}));
}

function validate<T extends PromptRequest>(
  schema: z.ZodType<T>,
  body: unknown,
  betas: ReadonlySet<string>,
  generation: (request: T) => { generation?: MessagesRequest },
): Valid<T> {
  const request = parseBody(schema, body, betas);
  const model = findModel(request.model);
  if (model === undefined) throw new ApiError('not_found_error', `model: ${request.model}`);
  const turns = turnsOf(request);
  for (const rule of RULES) rule({ model, prompt: request, turns, ...generation(request) });
  const counted = countPrompt(request, model);
  if (counted.tokens > model.contextTokensMax) {
    throw invalid(
      `prompt is too long: ${counted.tokens} tokens > ${model.contextTokensMax} maximum`,
    );
  }
  return { request, model, turns, counted };
}
