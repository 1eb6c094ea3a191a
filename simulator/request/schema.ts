import { z } from 'zod';
import { MESSAGES_COUNT_MAX, USER_ID_CHARS_MAX } from '../limits';
import { cacheControl, contentBlock, textBlock } from './blocks';
import { tool, toolChoice } from './tools';

/** The bodies of POST /v1/messages and /v1/messages/count_tokens (API page 3.2, 3.9). */

const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.enum(['user', 'assistant']),
    content: z.union([z.string(), z.array(contentBlock)]),
  }),
  z.strictObject({
    role: z.literal('system'),
    content: z.union([z.string(), z.array(textBlock)]),
  }),
]);

const display = z.enum(['summarized', 'omitted']).nullish();

const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('adaptive'), display }),
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int(), display }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({ type: z.literal('between_tools') }),
]);

const outputConfig = z.strictObject({
  effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  format: z
    .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
    .nullish(),
});

const shared = {
  model: z.string().min(1),
  messages: z.array(message).min(1).max(MESSAGES_COUNT_MAX),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  thinking: thinking.optional(),
  output_config: outputConfig.optional(),
  cache_control: cacheControl,
  speed: z.enum(['standard', 'fast']).nullish(),
};

export const countTokensRequest = z.strictObject(shared);

export const messagesRequest = z.strictObject({
  ...shared,
  max_tokens: z.int().min(0),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  metadata: z.strictObject({ user_id: z.string().max(USER_ID_CHARS_MAX).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  container: z
    .union([
      z.string(),
      z.strictObject({
        id: z.string().nullish(),
        skills: z
          .array(
            z.strictObject({
              skill_id: z.string(),
              type: z.enum(['anthropic', 'custom']),
              version: z.string().optional(),
            }),
          )
          .nullish(),
      }),
    ])
    .nullish(),
  diagnostics: z.strictObject({ previous_message_id: z.string().nullish() }).nullish(),
  inference_geo: z.string().nullish(),
});

export type MessagesRequest = z.infer<typeof messagesRequest>;
/** What both endpoints share: all that makes up a prompt. */
export type PromptRequest = z.infer<typeof countTokensRequest>;
export type Message = z.infer<typeof message>;
