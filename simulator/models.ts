/**
 * What each model accepts: one row a model, from the API page 2.3 (windows, effort), 3.5 (forced
 * tool choice), 3.6 (thinking) and 4.2 (prefill, `system` messages). The rules read only this
 * table, so a new model is one new row.
 */

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';
export type ThinkingType = 'adaptive' | 'enabled' | 'disabled' | 'between_tools';

export interface ModelCapabilities {
  id: string;
  contextTokensMax: number;
  outputTokensMax: number;
  /** Shorter prefixes are silently not cached. */
  cacheableTokensMin: number;
  /** Empty where the model takes no `effort`. */
  efforts: readonly Effort[];
  defaultEffort: Effort;
  /** Effort levels at which each `thinking.type` is accepted; a missing type is always refused. */
  thinking: Partial<Record<ThinkingType, readonly Effort[] | 'any'>>;
  /** Whether the model thinks when the request does not say. */
  thinksByDefault: boolean;
  /** Whether thinking text is returned when `display` is not given. */
  summarizesByDefault: boolean;
  /** Thinking blocks are bound to the model and to everything before them (append-only history). */
  bindsThinking: boolean;
  /** `tool_choice` `any` and `tool`. */
  forcedToolChoice: boolean;
  /** A final assistant message that the answer continues. */
  prefill: boolean;
  /** `role: "system"` inside `messages`. */
  systemMessages: boolean;
  /** Counts about 30 % more tokens for the same text. */
  denseTokenizer: boolean;
}

const FIVE: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const NO_XHIGH: readonly Effort[] = ['low', 'medium', 'high', 'max'];
const UP_TO_HIGH: readonly Effort[] = ['low', 'medium', 'high'];

/** The newest shape; the rows below say where a model differs. */
const CURRENT: Omit<ModelCapabilities, 'id'> = {
  contextTokensMax: 1_000_000,
  outputTokensMax: 128_000,
  cacheableTokensMin: 512,
  efforts: FIVE,
  defaultEffort: 'high',
  thinking: { adaptive: 'any' },
  thinksByDefault: true,
  summarizesByDefault: false,
  bindsThinking: true,
  forcedToolChoice: false,
  prefill: false,
  systemMessages: true,
  denseTokenizer: true,
};

/** Adaptive thinking that is off unless asked for, and may be forced to use a tool. */
const OPTIONAL_THINKING = {
  thinking: { adaptive: 'any', disabled: 'any' },
  thinksByDefault: false,
  bindsThinking: false,
  forcedToolChoice: true,
} as const;

const GENERATION_4_6 = {
  ...OPTIONAL_THINKING,
  thinking: { adaptive: 'any', enabled: 'any', disabled: 'any' },
  efforts: NO_XHIGH,
  summarizesByDefault: true,
  systemMessages: false,
  denseTokenizer: false,
} as const;

const GENERATION_4_5 = {
  ...GENERATION_4_6,
  thinking: { enabled: 'any', disabled: 'any' },
  contextTokensMax: 200_000,
  outputTokensMax: 64_000,
  prefill: true,
} as const;

const ROWS: Record<string, Partial<ModelCapabilities>> = {
  'claude-fable-5-2': {},
  'claude-mythos-5-2': {},
  'claude-fable-5-1': {},
  'claude-mythos-5-1': {},
  'claude-fable-5': { bindsThinking: false, forcedToolChoice: true },
  'claude-mythos-5': { bindsThinking: false, forcedToolChoice: true },
  'claude-opus-5-5': { defaultEffort: 'medium' },
  'claude-opus-5': {
    ...OPTIONAL_THINKING,
    thinking: { adaptive: 'any', disabled: UP_TO_HIGH },
  },
  'claude-sonnet-5-5': { thinking: { adaptive: 'any', between_tools: 'any' } },
  'claude-haiku-5-5': {
    defaultEffort: 'medium',
    thinking: { adaptive: 'any', disabled: UP_TO_HIGH },
    forcedToolChoice: true,
  },
  'claude-opus-4-8': { ...OPTIONAL_THINKING, cacheableTokensMin: 1024 },
  'claude-opus-4-7': { ...OPTIONAL_THINKING, cacheableTokensMin: 2048, systemMessages: false },
  'claude-sonnet-5': { ...OPTIONAL_THINKING, cacheableTokensMin: 1024 },
  'claude-opus-4-6': { ...GENERATION_4_6, cacheableTokensMin: 4096 },
  'claude-sonnet-4-6': { ...GENERATION_4_6, cacheableTokensMin: 1024 },
  'claude-opus-4-5': { ...GENERATION_4_5, cacheableTokensMin: 4096, efforts: UP_TO_HIGH },
  'claude-sonnet-4-5': { ...GENERATION_4_5, cacheableTokensMin: 1024, efforts: [] },
  'claude-haiku-4-5': { ...GENERATION_4_5, cacheableTokensMin: 4096, efforts: [] },
};

/** Dated ids that name the same model. `claude-mythos-preview` is retired and so unknown. */
const ALIASES: Record<string, string> = {
  'claude-opus-4-5-20251101': 'claude-opus-4-5',
  'claude-sonnet-4-5-20250929': 'claude-sonnet-4-5',
  'claude-haiku-4-5-20251001': 'claude-haiku-4-5',
};

const MODELS = new Map<string, ModelCapabilities>(
  Object.entries(ROWS).map(([id, row]) => [id, { ...CURRENT, ...row, id }]),
);

/** The row of a model id, or `undefined` for a model the API does not serve. */
export function findModel(id: string): ModelCapabilities | undefined {
  return MODELS.get(ALIASES[id] ?? id);
}

export const MODEL_IDS: readonly string[] = [...MODELS.keys(), ...Object.keys(ALIASES)];
