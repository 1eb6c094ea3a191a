/** What an agent is told of a call, in one form for all tools. */
import type { Categories } from '../../../contracts/categories';
import { canonicalJson } from '../../../contracts/content';
import type { ToolFailureKind } from '../../../contracts/failures';
import type { Limitation } from '../../../contracts/run-status';
import type { ToolError } from '../tool';

/** The outcome of a tool's step, recorded once and read back by later attempts. */
export interface ToolOutcome {
  /** JSON text, or the beginning of one. */
  content: string;
  isError: boolean;
  failure?: ToolFailureKind;
  /** What the content is, where it is not the tool's own result of now. */
  standIn?: 'fallback_tool' | 'last_good_result';
  /** What the whole result holds; absent where it holds none. */
  categories?: Categories;
  /** The whole result, where `content` is only its beginning. */
  fullSha256?: string;
  /** What the round's output lacks because of it. */
  limitation?: Limitation;
}

/** How the ledger names the end of the step: only `ok` is a result that may stand in for a later one. */
export const endingOf = ({ failure, standIn }: ToolOutcome): string =>
  failure ? `error:${failure}` : (standIn ?? 'ok');

/** `{error: {kind, message, retryable, retryAfterMs?, details?}}`. */
export function errorOutcome(failure: ToolFailureKind, error: ToolError): ToolOutcome {
  return { content: canonicalJson({ error: errorForm(error) }), isError: true, failure };
}

export interface ErrorForm
  extends Pick<ToolError, 'kind' | 'message' | 'retryable' | 'details' | 'retryAfterMs'> {}

/** What is undefined is left out of JSON. */
export const errorForm = ({
  kind,
  message,
  retryable,
  retryAfterMs,
  details,
}: ToolError): ErrorForm => ({ kind, message, retryable, retryAfterMs, details });
