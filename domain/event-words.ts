/**
 * Events in a person's words: whose doing, what, and why. The table is exhaustive by type: a new
 * event does not compile until it can be told.
 */
import { DEADLINE_ACTOR } from '../contracts/deadline';
import { type FailurePoint, pointOf } from '../contracts/failures';
import type { EventActor } from '../contracts/history';
import { ownerOf } from '../contracts/recoveries';
import { DECISION_REFUSALS, type Review, type TakenDecision } from '../contracts/reviews';
import type {
  Instruction,
  RunEvent,
  RunEventType,
  RunState,
  SuspensionReason,
} from '../contracts/run-state';
import type { Limitation } from '../contracts/run-status';
import { categoriesIn } from './categories';
import { confidenceInWords } from './confidence';
import { dollars } from './dollars';
import { lasting } from './lasting';
import { reachedWords, WHOSE } from './load-words';
import { RECOVERY } from './recovery';
import { ACTION_WORDS } from './recovery-rows';
import { explainReview } from './review-words';
import { heldWords } from './switch-words';

export interface ToldEvent {
  who: EventActor;
  what: string;
  why?: string;
}

type Tellers = {
  [T in RunEventType]: (event: Extract<RunEvent, { type: T }>, before: RunState) => ToldEvent;
};

const WORKFLOW: EventActor = { kind: 'workflow' };
/** Told by reconciliation, which found the workflow ended. */
const TEMPORAL: EventActor = { kind: 'temporal' };
const agent = (phase: string): EventActor => ({ kind: 'agent', id: phase });

/** What another round is to do, and so why there is one. */
export const INSTRUCTION_WORDS: Record<Instruction['kind'], string> = {
  repair: 'to put right what its report names',
  reformat: 'to bring it into the contract’s format',
  different_approach: 'to take a different approach',
  more_room: 'to try with more room for the output',
  check_report: 'to mend what its checks found',
  start_over: 'to begin anew, because a recorded step had been asked otherwise',
  in_parts: 'to give the output in parts',
  compact: 'to work on a compacted context',
  fallback_model: 'to try another model',
  revision: 'to revise it as the comments ask',
};

/** Failures of an output; those of models and tools leave none. */
const HAS_OUTPUT: readonly FailurePoint[] = ['handoff'];

export const SUSPENSION_WORDS: Record<SuspensionReason, string> = {
  effect: 'an effect is to be carried out',
  question: 'its agent asks a person something',
  operator: 'an operator has to put something right',
  budget: 'the next call does not fit into what the phase may spend',
  long_wait: 'the model provider asks for a long wait',
  no_place: 'too many phases are at work',
  held_up: 'the run is held up',
};

const TELL: Tellers = {
  run_opened: ({ phases, budgetMicroUsd }) => ({
    who: WORKFLOW,
    what: `opened the run: ${phases.join(', ') || 'no phases'}, with a budget of ${dollars(budgetMicroUsd)}`,
  }),
  run_forked: ({ origin, phases }) => ({
    who: WORKFLOW,
    what: `took over ${Object.keys(phases).join(', ') || 'nothing'} from ${origin.run.workflowId} at version ${origin.version}`,
    why: `it is a fork of that run from ${origin.phase} on`,
  }),
  run_queued: ({ priority, held }) => ({
    who: WORKFLOW,
    what: `queued the run, priority ${priority}`,
    why: reachedWords(held),
  }),
  run_admitted: () => ({ who: WORKFLOW, what: 'let the run begin', why: 'there is room for it' }),
  documents_ingested: ({ documents, unavailable }) => ({
    who: WORKFLOW,
    what: `made text of ${times(documents, 'document')}${unavailable > 0 ? `; ${unavailable} could not be read` : ''}`,
  }),
  phase_started: ({ phase, round, allowanceMicroUsd }, before) => ({
    who: WORKFLOW,
    what: `started ${phase}, round ${round}, which may book up to ${dollars(allowanceMicroUsd)}`,
    ...because(instructionOf(before, phase)),
  }),
  phase_started_late: ({ phase, waitedMs, heldBy }) => ({
    who: WORKFLOW,
    what: `waited ${lasting(waitedMs)} until ${phase} began`,
    why: heldBy ? `too many phases ${WHOSE[heldBy]} were at work` : 'no worker took it up',
  }),
  phase_reentered: ({ phase, entry, allowanceMicroUsd, handBack, edited }, before) => {
    if (edited)
      return {
        who: { kind: 'person', id: edited.by },
        what: `gave the output of ${phase} in place of its agent (entry ${entry})`,
      };
    if (handBack)
      return {
        who: WORKFLOW,
        what: `let ${phase} have one last turn (entry ${entry})`,
        why: `the budget has no room for the ${dollars(handBack.needMicroUsd)} that another call may cost`,
      };
    const allowed = before.phases[phase]?.allowanceMicroUsd ?? 0;
    return {
      who: WORKFLOW,
      what: `let ${phase} go on where it stopped (entry ${entry})`,
      why:
        allowanceMicroUsd > allowed
          ? `it may now book up to ${dollars(allowanceMicroUsd)}`
          : 'what it waited for is settled',
    };
  },
  phase_handed_back: ({ phase, partial }) => ({
    who: agent(phase),
    what: partial
      ? `gave a partial output of ${phase} that cannot be handed on`
      : `gave nothing of ${phase} that could be handed on`,
    why: 'the budget is used up; the partial output is kept with the run',
  }),
  phase_suspended: ({ phase, reasons }) => ({
    who: agent(phase),
    what: `paused ${phase}`,
    why: reasons.map((reason) => SUSPENSION_WORDS[reason]).join('; '),
  }),
  output_rejected: ({ phase, failure, instruction }) => ({
    who: agent(phase),
    what: HAS_OUTPUT.includes(pointOf(failure))
      ? `handed in an output of ${phase} that cannot be taken`
      : `could not finish its round of ${phase}`,
    why: `${failure}; recovery: ${instruction.kind}, ${INSTRUCTION_WORDS[instruction.kind]}`,
  }),
  output_accepted: ({ phase, confidence, categories, limitations }) => ({
    who: agent(phase),
    what: [
      `handed in the output of ${phase}`,
      ...(confidence ? [`confidence ${confidenceInWords(confidence)}`] : []),
      ...(categories ? [`it holds ${categoriesIn(categories).join(', ')} data`] : []),
    ].join(', '),
    ...because(limitations.map(limitationWords).join('; ')),
  }),
  effect_performed: ({ phase, tool }) => ({
    who: WORKFLOW,
    what: `carried out ${tool || 'an effect'} for ${phase}`,
  }),
  effect_withheld: ({ phase, tool }) => ({
    who: WORKFLOW,
    what: `withheld ${tool} of ${phase}`,
    why: 'the effects of this run are off; what would have been done can be looked at',
  }),
  phase_finished: ({ phase }) => ({ who: WORKFLOW, what: `finished ${phase}` }),
  work_sent_back: ({ by, to, reset, decisionId }, { decisions }) => ({
    who: decisionId === undefined ? agent(by) : personOf(decisions[decisionId]),
    what: `sent the work back to ${to}`,
    why: `its comments ask for changes; to be done again: ${reset.join(', ')}`,
  }),
  recovery_taken: ({ phase, failure, action, count }) => ({
    who: phase !== undefined && ownerOf(action) === 'step' ? agent(phase) : WORKFLOW,
    what: `recovered${phase === undefined ? '' : ` in ${phase}`} from ${failure}: ${action}${count > 1 ? ` × ${count}` : ''}`,
    why: ACTION_WORDS[action],
  }),
  phase_degraded: ({ phase, failure }) => ({
    who: WORKFLOW,
    what: `goes on without ${phase}, which is optional`,
    why: `${failure}: ${RECOVERY[failure].explanation}`,
  }),
  review_opened: ({ review, at }) => ({
    who: WORKFLOW,
    what: `asked ${review.kind === 'operator' ? 'an operator' : 'a person'} (${review.id}): ${review.options.join(', ')}?`,
    why: explainReview({ ...review, openedAt: at }),
  }),
  review_withdrawn: ({ reviewId }) => ({
    who: WORKFLOW,
    what: `withdrew ${reviewId}`,
    why: 'the run goes on without it',
  }),
  review_reminded: ({ reviewId, at }, before) => ({
    who: WORKFLOW,
    what: `reminded of ${reviewId}`,
    why: `nobody has answered ${since(before, reviewId, at)}`,
  }),
  review_escalated: ({ reviewId, at }, before) => ({
    who: WORKFLOW,
    what: `took ${reviewId} a level up`,
    why: `nobody has answered ${since(before, reviewId, at)}`,
  }),
  decision_taken: ({ decision, at }, before) => {
    const review = reviewOf(before, decision.reviewId);
    if (decision.actor === DEADLINE_ACTOR)
      return {
        who: WORKFLOW,
        what: `decided ${decision.reviewId}: ${decision.decision}, by its deadline`,
        why: `nobody has answered ${since(before, decision.reviewId, at)}`,
      };
    return {
      who: deciderOf(decision, review),
      what: `decided ${decision.reviewId}: ${decision.decision}${signedIn(decision)}`,
      ...because(review && explainReview(review)),
    };
  },
  decision_counted: ({ decision }, before) => ({
    who: deciderOf(decision, reviewOf(before, decision.reviewId)),
    what:
      decision.decision === 'delegate'
        ? `handed ${decision.reviewId} over to ${decision.to}${signedIn(decision)}`
        : `approved ${decision.reviewId}${signedIn(decision)}; it needs more than one`,
  }),
  decision_refused: ({ reviewId, reason }) => ({
    who: { kind: 'person' },
    what: `sent a decision on ${reviewId} that was not taken`,
    why: DECISION_REFUSALS[reason],
  }),
  run_held: ({ heldBy }) => ({
    who: { kind: 'operator', id: heldBy.by },
    what: heldBy.mode === 'stop' ? 'stopped the run' : 'paused the run',
    why: heldWords(heldBy),
  }),
  run_let_go: () => ({ who: WORKFLOW, what: 'went on', why: 'nothing holds the run up any more' }),
  run_ended: ({ status, failure }, before) => ({
    who: failure === 'ended_outside' ? TEMPORAL : WORKFLOW,
    what: `ended the run: ${status}`,
    ...because(
      failure ? `${failure}: ${RECOVERY[failure].explanation}` : stopReason(status, before),
    ),
  }),
};

/** @param before the state that the event found */
export function tellEvent(event: RunEvent, before: RunState): ToldEvent {
  const tell = TELL[event.type] as (event: RunEvent, before: RunState) => ToldEvent;
  return tell(event, before);
}

const because = (why: string | undefined): { why?: string } => (why ? { why } : {});

const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function instructionOf(before: RunState, phase: string): string | undefined {
  const instruction = before.phases[phase]?.instruction;
  return instruction && INSTRUCTION_WORDS[instruction.kind];
}

function limitationWords({ kind, failure, count }: Limitation): string {
  return `limitation ${kind}${count ? ` × ${count}` : ''}${failure ? ` (${failure})` : ''}`;
}

function rejectionOf(decisions: RunState['decisions']): string | undefined {
  const rejection = Object.values(decisions).find(({ decision }) => decision === 'reject');
  return rejection && `${rejection.actor} decided so on ${rejection.reviewId}`;
}

const personOf = (decision: TakenDecision | undefined): EventActor => ({
  kind: 'person',
  ...(decision ? { id: decision.actor } : {}),
});

const deciderOf = ({ actor }: TakenDecision, review: Review | undefined): EventActor => ({
  kind: review?.kind === 'operator' ? 'operator' : 'person',
  id: actor,
});

/** Decisions of older runs, where nobody was asked, say nothing of it. */
const signedIn = ({ verified }: TakenDecision): string => (verified ? ', signed in' : '');

const reviewOf = (state: RunState, id: string): Review | undefined =>
  Object.hasOwn(state.reviews, id) ? state.reviews[id] : undefined;

function since(before: RunState, reviewId: string, at: number): string {
  const openedAt = reviewOf(before, reviewId)?.openedAt ?? at;
  return `for ${lasting(at - openedAt)}`;
}

function stopReason(status: string, { decisions, heldBy }: RunState): string | undefined {
  if (status === 'rejected') return rejectionOf(decisions);
  if (status !== 'stopped') return undefined;
  if (heldBy?.mode === 'stop') return heldWords(heldBy);
  const stop = Object.values(decisions).find(({ decision }) => decision === 'stop');
  if (!stop) return 'it was cancelled';
  return stop.actor === DEADLINE_ACTOR
    ? `nobody answered ${stop.reviewId} in time`
    : `${stop.actor} decided so on ${stop.reviewId}`;
}
