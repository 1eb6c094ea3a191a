/**
 * The hand-back turn: where the budget has no room for another call, one last turn gives the best
 * answer of what there is. Its worst case is kept free before each call after which it may be due, at
 * the context of that call: a context that the call's own turn has made too large for it is left out.
 */
import { putText } from '../../contracts/content';
import { modelStepKey } from '../../contracts/ids';
import type { Prompt } from '../model/port';
import type { Attempt } from './attempt';
import type { Conversation } from './conversation';
import { HAND_BACK_REQUEST } from './hand-back-reserve';
import { NoRoom } from './interruptions';
import { type ModelStepDeps, type TakenModelStep, takeModelStep } from './model-step';

/**
 * Takes the turn on the whole conversation, else on all but its last exchange. Each has a key of its
 * own, so that a re-entry reads back the one that was taken.
 * @returns undefined where neither fits
 */
export async function takeHandBackTurn(
  deps: ModelStepDeps,
  attempt: Attempt,
  { prompt, promptSha256 }: { prompt: Prompt; promptSha256: string },
  { exchanges, stored }: Conversation,
): Promise<TakenModelStep | undefined> {
  const { turnsMax, maxOutputTokens } = attempt.phase.limits;
  const tries = [0, 1]
    .map((leftOut) => ({ turn: turnsMax + 1 + leftOut, length: exchanges.length - leftOut }))
    .filter(({ length }) => length > 0);
  const taken = tries.find(({ turn }) => modelStepKey(attempt.round, turn) in attempt.recorded);
  for (const { turn, length } of taken ? [taken] : tries) {
    const asked = { maxOutputTokens, mayUseTools: false };
    const said = [exchanges[length - 1]?.said, HAND_BACK_REQUEST].filter(Boolean).join('\n\n');
    const saidSha256 = await putText(attempt.content, said);
    try {
      return await takeModelStep(
        deps,
        attempt,
        turn,
        { prompt, exchanges: withLast(exchanges.slice(0, length), { said }), ...asked },
        { promptSha256, exchanges: withLast(stored.slice(0, length), { saidSha256 }), ...asked },
      );
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
    }
  }
  return undefined;
}

const withLast = <T>(list: T[], change: Partial<T>): T[] =>
  list.map((member, index) => (index === list.length - 1 ? { ...member, ...change } : member));
