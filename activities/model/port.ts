/** A model as the agent loop sees it. Everything a vendor has of its own stays behind this port. */
import type { ModelFailureKind } from '../../contracts/failures';
import type { Usage } from '../../contracts/ledger';
import type { JsonSchema } from '../../contracts/team/schema';

/** What stays the same through a round: rendered once and stored. */
export interface Prompt {
  model: string;
  /** How deep the model thinks; the nearest below that it takes. */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  system: string;
  /** The first user message. */
  task: string;
  tools: { name: string; description: string; inputSchema: JsonSchema }[];
  /** Tools that the phase names and that were not to be had; told in the task. */
  leftOut?: { tool: string; source: string; reason: string }[];
  /** The contract in the form that the model API takes. */
  outputSchema: JsonSchema;
  /** Where the output is asked for in parts: the top-level properties of each. */
  parts?: { properties: string[]; outputSchema: JsonSchema }[];
}

/** One answer of the model and what was said to it after. */
export interface Exchange {
  /** The vendor's own form, sent back as it came. */
  assistant: unknown;
  toolResults: { id: string; content: string; isError: boolean }[];
  /** A message of ours after the results, e.g. a validator's report. */
  said?: string;
}

export interface ModelRequest {
  prompt: Prompt;
  exchanges: Exchange[];
  maxOutputTokens: number;
  /** Which of the prompt's parts is asked for, from 0; absent: the whole. */
  part?: number;
  /** Whether tools may be called in this turn. */
  mayUseTools: boolean;
}

export interface ToolCall {
  id: string;
  name: string;
  input: unknown;
}

export type ModelEnding =
  | 'answer'
  | 'tool_calls'
  | 'truncated'
  | 'refusal'
  | 'context_exceeded'
  /** A reason to stop that we do not know: not a usable answer. */
  | 'unknown';

/** A model's answer; JSON, stored as the outcome of its step. */
export interface ModelAnswer {
  ending: ModelEnding;
  /** Visible text, joined. */
  text: string;
  toolCalls: ToolCall[];
  /** Summary of the reasoning, where the model gives one. */
  reasoning: string;
  /** The vendor's own form of the answer, for the next request. */
  assistant: unknown;
  /** The response as it came, for the record. */
  raw: unknown;
  usage: Usage;
  requestId: string | null;
  servedBy: string;
}

export interface CallOptions {
  /** Goes to the provider as `Idempotency-Key`. */
  stepKey: string;
  signal: AbortSignal;
  /** Silence after which the answer counts as stalled. */
  stallMs: number;
  /** Time for the whole call. */
  callMs: number;
}

export interface ModelPort {
  /** @throws ModelError */
  call(request: ModelRequest, options: CallOptions): Promise<ModelAnswer>;
  /** An upper bound of the prompt's tokens that needs no server. */
  promptTokensMax(request: ModelRequest): number;
  /** A closer bound from the provider's counting; undefined where it has none or it fails. */
  countedTokensMax(request: ModelRequest, signal: AbortSignal): Promise<number | undefined>;
}

/** The one form in which a model call fails. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  constructor(
    readonly kind: ModelFailureKind,
    /** Whether the call may have been billed: then its reservation stays booked. */
    readonly disposition: 'released' | 'unsettled',
    readonly details: {
      retryAfterMs?: number;
      requestId?: string;
      /** What the provider said; stored as an artifact, never put into a message. */
      answer: unknown;
    },
  ) {
    super(kind);
  }
}
