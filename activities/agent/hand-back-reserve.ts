/** What is kept free for a hand-back turn before each call after which it may be due. */
import type { ModelRequest } from '../model/port';
import type { Attempt } from './attempt';

export const HAND_BACK_REQUEST =
  'The budget is used up: this is your last turn, and no tool may be called any more. Give the best answer that you can from what you have, in the output format; where something is missing, say so.';

/** Of the request as it stands in a prompt, whatever surrounds it. */
export const HAND_BACK_BYTES = 2 * HAND_BACK_REQUEST.length;

/** Whether there is something to hand back that the next turn could still add to. */
export function keepsHandBack(
  { ladders }: Attempt,
  { prompt, exchanges, mayUseTools }: ModelRequest,
): boolean {
  const researches = mayUseTools && prompt.tools.length > 0;
  return researches && exchanges.length > 0 && ladders.budget_exhausted.includes('hand_back');
}
