/** Why a person is asked, in words. */
import type { Review, ReviewKind, ReviewReason, TriggerKind } from '../contracts/reviews';
import { dollars } from './dollars';
import { RECOVERY } from './recovery';

export const TRIGGER_WORDS: Record<TriggerKind, string> = {
  always: 'its team asks for it each time',
  low_confidence: 'its confidence is below what its team asks for',
  data_category: 'it holds data of a kind that its team wants looked at',
  decision_type: 'it decides something that its team wants looked at',
  cost_above: 'the run has cost more than its team wants to go by unseen',
  low_quality: 'its quality is below what its team asks for',
};

const isTrigger = (reason: ReviewReason): reason is TriggerKind =>
  Object.hasOwn(TRIGGER_WORDS, reason);

/** Every reason why a person is asked. */
export function reasonsInWords({ kind, reason, also = [] }: Review) {
  return [reason, ...also].map((one) => ({ reason: one, words: wordsOf(kind, one) }));
}

function wordsOf(kind: ReviewKind, reason: ReviewReason): string {
  if (isTrigger(reason)) return TRIGGER_WORDS[reason];
  if (reason === 'question') return 'its agent asks a person something';
  if (reason === 'taken_over') return 'a person has taken it over';
  if (kind === 'top_up') return 'its budget has no room for its next call';
  return RECOVERY[reason].explanation;
}

const ACCEPT = ' Its last output fits its contract: accept takes it as it is, with a limitation.';

export function explainReview(review: Review): string {
  return `${questionOf(review)}${quorumWords(review)}`;
}

function questionOf({ kind, phase, reason, also = [], options, needMicroUsd = 0 }: Review): string {
  if (kind === 'question') return `The agent of ${phase} asks a person something.`;
  if (kind === 'take_over')
    return `The run is paused, and ${phase} can be taken over: edit gives its output in its agent's place. Otherwise its agent goes on once the run is resumed.`;
  if (isTrigger(reason)) {
    const why = [reason, ...also].filter(isTrigger).map((one) => TRIGGER_WORDS[one]);
    return `A person is asked to approve the output of ${phase} before it is handed on and its effects are carried out: ${why.join(', ')}.`;
  }
  if (reason === 'question' || reason === 'taken_over') return `${phase} waits for a person.`;
  if (kind === 'top_up')
    return `${phase}: the budget lacks up to ${dollars(needMicroUsd)} for its next call; top_up adds to it, resume goes on without.`;
  if (kind === 'approval')
    return `The output that a person gave for ${phase} cannot be taken: see what is wrong with it, and edit gives another.`;
  const accept = options.includes('accept') ? ACCEPT : '';
  return `${phase}: ${RECOVERY[reason].explanation}${accept}`;
}

function quorumWords({ options, quorum = 1, approvedBy = [] }: Review): string {
  if (quorum <= 1 || !options.includes('approve')) return '';
  const who =
    approvedBy.length > 0
      ? `${approvedBy.join(', ')} ${approvedBy.length > 1 ? 'have' : 'has'}`
      : 'nobody has yet';
  return ` ${quorum} people have to approve; ${who}.`;
}
