/**
 * What a tool is. One file per tool in this folder, listed in `worker/team-worker.ts`; the agent loop
 * validates inputs against `input`, runs `run` as a recorded step, and hands the result to the model
 * as untrusted data.
 */
import type { DataCategory } from '../../contracts/categories';
import type { ContentStore, Sha256 } from '../../contracts/content';
import type { Usage } from '../../contracts/ledger';
import type { InstalledTools } from '../../contracts/tools';
import type { ToolValue } from './tool-value';

/**
 * What a second execution with the same key would do at the target: `none`: the tool changes
 * nothing outside; `idempotent`: the target recognises the key; `once`: it would happen twice.
 */
export type EffectMode = 'none' | 'idempotent' | 'once';

/** What a target says of a key. */
export type Seen =
  | { seen: 'done'; result: unknown }
  /** It may still be on its way. */
  | { seen: 'not_seen' }
  | { seen: 'cannot_tell' };

/** A request that costs something, answered. */
export interface Bought<T> {
  value: T;
  costMicroUsd: number;
  usage: Usage;
  /** The provider's id of the request. */
  requestId?: string;
  /** The model as served. */
  servedBy: string;
}

/**
 * Makes one request that costs something, within what the tool reserves for one: it is booked before
 * and settled after, as a call of the step of its own.
 * @throws what the request throws: a `ModelError` says whether it may have been billed, anything else may
 */
export type Buy = <T>(request: () => Promise<Bought<T>>) => Promise<T>;

export interface ToolContext {
  content: ContentStore;
  /** The run's ingested documents (a `DocumentManifest` artifact), where it has any. */
  documents: Sha256 | undefined;
  /** Ends when the attempt is cancelled or the tool's time is up. */
  signal: AbortSignal;
  /** Names this invocation for good; goes to targets as their idempotency key. */
  stepKey: string;
  /** Of a tool that reserves something. */
  buy?: Buy;
}

export interface Tool<Input = unknown> {
  /** `^[a-zA-Z0-9_-]{1,64}$`, as the Messages API takes it. */
  name: string;
  description: string;
  /** An object; the model is told its schema. */
  input: ToolValue<Input>;
  /** What its results are held against; one that does not fit is a failure of the tool. Default: any JSON. */
  output?: ToolValue;
  /** A function where it depends on the target that the input names. */
  effect: EffectMode | ((input: Input) => Exclude<EffectMode, 'none'>);
  /**
   * Where an effect writes, if another effect of the same run must not write something else there.
   * Compared as a string.
   */
  place?(input: Input): string;
  /** What its results hold by declaration, besides what its source does. */
  categories?: readonly DataCategory[];
  /** Its call waits for a person's answer, which is its result; `run` is never called. */
  asksPerson?: true;
  /** The installation's source that a call with this input reads, where it reads one. */
  source?(input: Input): string | undefined;
  /** Its results depend on what the run was given (its documents): no other run's may stand in for one. */
  ofThisRun?: true;
  /** Its results are never longer than `TOOL_RESULT_CHARACTERS_MAX`: it gives long ones in parts itself. */
  resultsFit?: true;
  /** The most that one request of this input can cost, where it costs something; not of effects. */
  reserveMicroUsd?(input: Input): number;
  /**
   * Returns the result as a JSON value.
   * @throws ToolError, the one form in which a tool fails: an effect that throws it has changed
   * nothing. Anything else is a transient fault; of an effect, an unknown outcome.
   */
  run(input: Input, context: ToolContext): Promise<unknown>;
  /** Asks the target by the step key what became of an effect whose outcome is unknown. */
  reconcile?(input: Input, context: ToolContext): Promise<Seen>;
}

export const hasEffect = ({ effect }: Pick<Tool, 'effect'>): boolean => effect !== 'none';

/** What team definitions are checked against where these tools are. */
export function installedOf(
  tools: readonly Tool[],
  sources: InstalledTools['sources'],
): InstalledTools {
  return {
    sources,
    tools: tools.map(({ name }) => name),
    effects: Object.fromEntries(
      tools.filter(hasEffect).map(({ name, input }) => [name, input.schema]),
    ),
  };
}

/** What an effect tool says of this input. */
export function effectMode(tool: Tool, input: unknown): EffectMode {
  return typeof tool.effect === 'function' ? tool.effect(input) : tool.effect;
}

export type ToolErrorKind =
  /** More than one answer may make. */
  | 'too_many_calls'
  | 'not_found'
  | 'invalid_input'
  | 'too_large'
  /** The target does not want it, whoever asks: a person has to put that right. */
  | 'rejected'
  | 'unavailable'
  | 'timeout'
  | 'rate_limited'
  /** The tool gave something that is not what it says it gives. */
  | 'bad_output';

/** A tool's failure in the form that the agent can reason over. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  /** Whether the same call may succeed later; default: of what is unavailable or takes too long. */
  readonly retryable: boolean;
  /** How long the target asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** JSON that helps the agent to do better, e.g. the names that there are. */
  readonly details: unknown;
  constructor(
    readonly kind: ToolErrorKind,
    message: string,
    more: {
      retryable?: boolean;
      retryAfterMs?: number | undefined;
      details?: unknown;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.retryable = more.retryable ?? TRANSIENT.includes(kind);
    this.retryAfterMs = more.retryAfterMs;
    this.details = more.details;
  }
}

const TRANSIENT: readonly ToolErrorKind[] = [
  'unavailable',
  'timeout',
  'rate_limited',
  'bad_output',
];

/** An effect's request went out, and no answer says what became of it. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
