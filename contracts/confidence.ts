/** How sure an agent says it is, and what code has seen of its work. Free of libraries. */

/** What speaks against a stated confidence. `domain/confidence.ts` says how much. */
export const DOUBTS = [
  /** A round whose claims did not hold: a quote that is nowhere, a citation that leads nowhere. */
  'check_failed',
  /** A round that was rejected for its form: missing fields, a violated contract, nothing at all. */
  'round_rejected',
  /** The output was mended in the turn after it was refused. */
  'answer_repaired',
  /** A source outside gave nothing. */
  'source_unavailable',
  /** A source outside gave what it had given some time ago. */
  'stale_result',
  /** Documents of the run could not be read. */
  'documents_unread',
  /** A phase that this one needs gave nothing. */
  'input_missing',
  /** The agent was made to answer before it had done what it wanted. */
  'cut_short',
  /** Parts of the conversation were left out because it was larger than the model takes. */
  'context_compacted',
  /** The answer is of a model that the phase only falls back on. */
  'fallback_model',
  /** What it rests on is itself less sure than its agent said. */
  'input_doubted',
] as const;
export type DoubtKind = (typeof DOUBTS)[number];

export interface Doubt {
  kind: DoubtKind;
  /** How many times it applies. */
  count: number;
}

/** Both from 0 to 1. */
export interface Confidence {
  /** As the agent put it into its output. */
  stated: number;
  /** Never above `stated`. */
  corrected: number;
  because: Doubt[];
}
