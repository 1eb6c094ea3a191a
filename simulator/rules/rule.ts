import type { ModelCapabilities } from '../models';
import type { Turn } from '../request/conversation';
import type { MessagesRequest, PromptRequest } from '../request/schema';

/** What a rule can see. */
export interface Checked {
  model: ModelCapabilities;
  prompt: PromptRequest;
  turns: Turn[];
  /** Absent on count_tokens. */
  generation?: MessagesRequest;
}

/** Throws the `ApiError` of the first thing that the API would refuse. */
export type Rule = (checked: Checked) => void;
