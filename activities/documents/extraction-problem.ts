/** Why a document has no text. `timeout` and `memory` depend on the machine, the others on the document alone. */
export type ProblemKind =
  | 'unknown_type'
  | 'not_text'
  | 'damaged'
  | 'encrypted'
  | 'no_text'
  | 'too_long'
  | 'timeout'
  | 'memory';

/** Whether another try, on another machine or later, may do better. */
export const PROBLEM_MAY_PASS: Record<ProblemKind, boolean> = {
  unknown_type: false,
  not_text: false,
  damaged: false,
  encrypted: false,
  no_text: false,
  too_long: false,
  timeout: true,
  memory: true,
};

/** Thrown by an extractor that knows what is wrong with a document. */
export class ExtractionProblem extends Error {
  override readonly name = 'ExtractionProblem';
  constructor(
    readonly kind: ProblemKind,
    /** In a person's words, to follow the document's name: `is protected by a password`. */
    readonly reason: string,
  ) {
    super(reason);
  }
}
