/**
 * What the models of the Messages API take, by model. An unknown model gets the minimal request: no
 * thinking, no effort. Source: Anthropic's model and thinking pages, August to November 2026.
 */

interface Capabilities {
  /** Adaptive thinking, of which a summary can be asked for. */
  adaptiveThinking: boolean;
  effort: boolean;
  /** Output tokens of one call at most. */
  outputTokensMax: number;
}

const CURRENT: Capabilities = {
  adaptiveThinking: true,
  effort: true,
  outputTokensMax: 128_000,
};
const GENERATION_4_5: Capabilities = {
  adaptiveThinking: false,
  effort: false,
  outputTokensMax: 64_000,
};
const MINIMAL: Capabilities = { adaptiveThinking: false, effort: false, outputTokensMax: 32_000 };

const CAPABILITIES: [pattern: RegExp, capabilities: Capabilities][] = [
  [/^claude-(fable|mythos|opus|sonnet|haiku)-5(-\d+)?$/, CURRENT],
  [/^claude-(opus|sonnet)-4-[678]$/, CURRENT],
  [/^claude-opus-4-5(-\d{8})?$/, { ...GENERATION_4_5, effort: true }],
  [/^claude-(sonnet|haiku)-4-5(-\d{8})?$/, GENERATION_4_5],
];

export function capabilitiesOf(model: string): Capabilities {
  return CAPABILITIES.find(([pattern]) => pattern.test(model))?.[1] ?? MINIMAL;
}
