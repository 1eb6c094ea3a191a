/**
 * Which decisions a run takes from people, and what they do to a review. Updates and signals go
 * through the same functions. Invariants:
 *  R1 A decision id changes a run once.
 *  R2 An approval needs as many different people as its quorum says.
 *  R3 Where it matters who decides (quorum, groups, not the starter), only a person who was signed in may.
 */
import { DEADLINE_ACTOR } from '../contracts/deadline';
import { CALLER_ID } from '../contracts/ids';
import { BUDGET_MICRO_USD, DELEGATIONS_MAX, PERSON_GROUPS_MAX } from '../contracts/limits';
import type { RunPlan } from '../contracts/plan';
import type {
  Decision,
  DecisionAdmission,
  DecisionKind,
  DecisionRefusal,
  Delegation,
  RecordedDecision,
  Review,
  TakenDecision,
} from '../contracts/reviews';
import type { RunState } from '../contracts/run-state';
import { isEnd } from '../contracts/run-status';

export type DecisionCheck = 'taken_before' | 'acceptable' | { refused: DecisionRefusal };

/**
 * Tells whether a decision may be taken; a decision id that was taken before changes nothing.
 * @param decision as it arrived: a signal may carry anything
 * @param admission absent: not asked, of what is not known yet or, in older runs, never
 */
export function checkDecision(
  plan: RunPlan,
  state: RunState,
  decision: unknown,
  admission?: DecisionAdmission,
): DecisionCheck {
  if (!isDecision(decision)) return { refused: 'malformed' };
  if (own(state.decisions, decision.decisionId)) return 'taken_before';
  const review = own(state.reviews, decision.reviewId);
  if (!review && settledBy(state, decision.reviewId)) return { refused: 'decided' };
  if (isEnd(state.status)) return { refused: 'run_ended' };
  if (!review) return { refused: 'unknown_review' };
  if (!review.options.includes(decision.decision)) return { refused: 'not_an_option' };
  if (decision.digest !== undefined && decision.digest !== review.digest)
    return { refused: 'stale_digest' };
  if (!isComplete(decision)) return { refused: 'incomplete' };
  if (state.budgetMicroUsd + (decision.addMicroUsd ?? 0) > BUDGET_MICRO_USD.max)
    return { refused: 'too_much' };
  if (!admission) return 'acceptable';
  if (admission.refused) return { refused: admission.refused };
  const refused =
    refusalOfPerson(plan, review, decision.actor, admission) ??
    (decision.to === undefined ? undefined : refusalOfDelegation(plan, review, decision));
  return refused ? { refused } : 'acceptable';
}

/** The decision that has settled a review; undefined while it is open, and where it was withdrawn. */
export function settledBy(
  { reviews, decisions }: RunState,
  reviewId: string,
): RecordedDecision | undefined {
  if (Object.hasOwn(reviews, reviewId)) return undefined;
  return Object.values(decisions).find((taken) => taken.reviewId === reviewId && !taken.counted);
}

/** What each of these has to bring along. */
export const ASKS_FOR: {
  [K in DecisionKind]?: 'commentSha256' | 'outputSha256' | 'to' | 'addMicroUsd';
} = {
  revise: 'commentSha256',
  respond: 'commentSha256',
  edit: 'outputSha256',
  delegate: 'to',
  top_up: 'addMicroUsd',
};

const isComplete = (decision: Decision): boolean => {
  const field = ASKS_FOR[decision.decision];
  return field === undefined || decision[field] !== undefined;
};

function refusalOfPerson(
  plan: RunPlan,
  review: Review,
  actor: string,
  { groups }: DecisionAdmission,
): DecisionRefusal | undefined {
  const { quorum = 1, groups: asked = [], notStarter, delegations = [] } = review;
  const mattersWho = quorum > 1 || asked.length > 0 || notStarter;
  if (!groups) return mattersWho || plan.unverified !== 'allowed' ? 'unverified' : undefined;
  if (notStarter && plan.starters?.includes(actor)) return 'own_run';
  if (review.approvedBy?.includes(actor)) return 'decided_before';
  const said = standing(delegations, actor);
  if (said === 'handed_over') return 'handed_over';
  if (said === 'stands_in' || asked.length === 0) return undefined;
  return asked.some((group) => groups.includes(group)) ? undefined : 'not_in_group';
}

function refusalOfDelegation(
  plan: RunPlan,
  { notStarter, approvedBy = [], delegations = [] }: Review,
  { actor, to = actor }: Decision,
): DecisionRefusal | undefined {
  const may =
    to !== actor &&
    !(notStarter && plan.starters?.includes(to)) &&
    !approvedBy.includes(to) &&
    delegations.length < DELEGATIONS_MAX &&
    standing(delegations, to) === undefined;
  return may ? undefined : 'cannot_delegate';
}

/** The same as a table of the ledger can look it up: who may, and who may not whatever their groups. */
export function whoMayDecide(
  { starters = [] }: Pick<RunPlan, 'starters'>,
  { groups = [], notStarter, approvedBy = [], delegations = [] }: Review,
): { groups: string[]; barred: string[]; standIns: string[] } {
  const handedOver = delegations.map(({ from }) => from);
  return {
    groups,
    barred: [...(notStarter ? starters : []), ...approvedBy, ...handedOver],
    standIns: delegations.map(({ to }) => to),
  };
}

/** Who hands over has no say any more; nobody gets it back, so that nothing goes round in circles. */
function standing(
  delegations: readonly Delegation[],
  person: string,
): 'handed_over' | 'stands_in' | undefined {
  if (delegations.some(({ from }) => from === person)) return 'handed_over';
  return delegations.some(({ to }) => to === person) ? 'stands_in' : undefined;
}

/** Whether a decision settles its review, or the review goes on with it. */
export function settles(review: Review, { decision }: TakenDecision): boolean {
  if (decision === 'delegate') return false;
  if (decision !== 'approve') return true;
  return (review.approvedBy ?? []).length + 1 >= (review.quorum ?? 1);
}

/** A review after a decision that does not settle it. */
export function counted(review: Review, { decision, actor, to }: TakenDecision): Review {
  if (decision === 'delegate' && to !== undefined)
    return { ...review, delegations: [...(review.delegations ?? []), { from: actor, to }] };
  return { ...review, approvedBy: [...(review.approvedBy ?? []), actor] };
}

/** A decision without what only proves who made it. */
export function taken(
  { proof: _proof, ...decision }: Decision,
  admission: DecisionAdmission | undefined,
): TakenDecision {
  return { ...decision, ...(admission?.groups ? { verified: true as const } : {}) };
}

/** Ids are chosen by callers: `constructor` must not find what every object inherits. */
const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const SHA256 = /^[0-9a-f]{64}$/;
const isId = (value: unknown): boolean => typeof value === 'string' && CALLER_ID.test(value);
const isDigest = (value: unknown): boolean => typeof value === 'string' && SHA256.test(value);

/** Nothing else may come along, since what is taken goes into state, history and ledger. */
const FIELDS: { [K in keyof Required<Decision>]: (value: unknown) => boolean } = {
  decisionId: isId,
  reviewId: isId,
  decision: (value) => typeof value === 'string',
  digest: (value) => value === undefined || isDigest(value),
  actor: (value) => isId(value) && value !== DEADLINE_ACTOR,
  commentSha256: (value) => value === undefined || isDigest(value),
  outputSha256: (value) => value === undefined || isDigest(value),
  to: (value) => value === undefined || (isId(value) && value !== DEADLINE_ACTOR),
  addMicroUsd: (value) =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) > 0),
  proof: (value) => value === undefined || isProof(value),
};

function isProof(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { groups, mac, ...others } = value as Record<string, unknown>;
  return (
    Object.keys(others).length === 0 &&
    isDigest(mac) &&
    Array.isArray(groups) &&
    groups.length <= PERSON_GROUPS_MAX &&
    groups.every(isId)
  );
}

function isDecision(value: unknown): value is Decision {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Record<string, unknown>;
  return (
    Object.keys(given).every((name) => Object.hasOwn(FIELDS, name)) &&
    Object.entries(FIELDS).every(([name, fits]) => fits(given[name]))
  );
}
