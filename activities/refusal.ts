import type { RefusalReason } from '../contracts/activities';

/** Why a start is refused, in the words that the caller reads. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly reason: RefusalReason,
    readonly explanation: string,
  ) {
    super(reason);
  }
}
