/**
 * What a tool is. One file per tool in this folder, registered in `registry.ts`; the agent loop
 * validates inputs against `input`, runs `run` as a recorded step, and hands the result to the model
 * as untrusted data.
 */
import type { z } from 'zod';
import type { ContentStore, Sha256 } from '../../contracts/content';

/**
 * What a second execution with the same key would do at the target: `none`: the tool changes
 * nothing outside; `idempotent`: the target recognises the key; `once`: the target cannot tell.
 */
export type EffectMode = 'none' | 'idempotent' | 'once';

export interface ToolContext {
  content: ContentStore;
  /** The run's ingested documents (a `DocumentManifest` artifact), where it has any. */
  documents: Sha256 | undefined;
  /** Ends when the attempt is cancelled or the tool's time is up. */
  signal: AbortSignal;
  /** Names this invocation for good; goes to targets as their idempotency key. */
  stepKey: string;
}

export interface Tool<Input = unknown> {
  /** `^[a-zA-Z0-9_-]{1,64}$`, as the Messages API takes it. */
  name: string;
  description: string;
  /** An object schema; also sent to the model as JSON Schema. */
  input: z.ZodType<Input>;
  effect: EffectMode;
  /**
   * Returns the result as a JSON value.
   * @throws ToolError, the one form in which a tool fails; anything else counts as a transient fault.
   */
  run(input: Input, context: ToolContext): Promise<unknown>;
}

export type ToolErrorKind = 'not_found' | 'invalid_input' | 'unavailable' | 'timeout' | 'too_large';

/** A tool's failure in the form that the agent can reason over. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  constructor(
    readonly kind: ToolErrorKind,
    message: string,
    /** Whether the same call may succeed later. */
    readonly retryable = kind === 'unavailable' || kind === 'timeout',
  ) {
    super(message);
  }
}
