/** Why a query has no result, in the form that crosses from its process. */
import type { ToolErrorKind } from '../tool';

export class QueryProblem extends Error {
  override readonly name = 'QueryProblem';
  constructor(
    readonly kind: ToolErrorKind,
    message: string,
    readonly details?: unknown,
  ) {
    super(message);
  }
}
