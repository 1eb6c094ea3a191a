/**
 * What the models of the Messages API take, by model. An unknown model gets the minimal request: no
 * thinking, no effort. Source: Anthropic's model and thinking pages, August to November 2026.
 */
import type { Prompt } from './port';

export type Effort = NonNullable<Prompt['effort']>;

interface Capabilities {
  /** Adaptive thinking, of which a summary can be asked for. */
  adaptiveThinking: boolean;
  /** The levels that the model takes, deepest last; none where it takes no effort at all. */
  efforts: readonly Effort[];
  /** Output tokens of one call at most. */
  outputTokensMax: number;
}

const EFFORTS: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];
const NO_XHIGH: readonly Effort[] = ['low', 'medium', 'high', 'max'];
const UP_TO_HIGH: readonly Effort[] = ['low', 'medium', 'high'];

const CURRENT: Capabilities = {
  adaptiveThinking: true,
  efforts: EFFORTS,
  outputTokensMax: 128_000,
};
const GENERATION_4_5: Capabilities = {
  adaptiveThinking: false,
  efforts: [],
  outputTokensMax: 64_000,
};
const MINIMAL: Capabilities = { adaptiveThinking: false, efforts: [], outputTokensMax: 32_000 };

const CAPABILITIES: [pattern: RegExp, capabilities: Capabilities][] = [
  [/^claude-(fable|mythos|opus|sonnet|haiku)-5(-\d+)?$/, CURRENT],
  [/^claude-opus-4-[78]$/, CURRENT],
  [/^claude-(opus|sonnet)-4-6$/, { ...CURRENT, efforts: NO_XHIGH }],
  [/^claude-opus-4-5(-\d{8})?$/, { ...GENERATION_4_5, efforts: UP_TO_HIGH }],
  [/^claude-(sonnet|haiku)-4-5(-\d{8})?$/, GENERATION_4_5],
];

export function capabilitiesOf(model: string): Capabilities {
  return CAPABILITIES.find(([pattern]) => pattern.test(model))?.[1] ?? MINIMAL;
}

/** The wanted level, or the deepest below it that the model takes. */
export function effortFor(model: string, wanted: Effort): Effort | undefined {
  const { efforts } = capabilitiesOf(model);
  return efforts.findLast((effort) => EFFORTS.indexOf(effort) <= EFFORTS.indexOf(wanted));
}
