/**
 * The state of a run as a pure function of its events. Invariants:
 *  S1 Versions count from 1 without gaps; an event out of order is a defect.
 *  S2 A state is never changed in place.
 *  S3 After `run_ended` nothing changes any more.
 *  S4 Round numbers of a phase only grow, so keys of steps are never used twice.
 */
import type { FailureKind } from '../contracts/failures';
import type { RecoveryTaken } from '../contracts/recoveries';
import type { Review } from '../contracts/reviews';
import {
  type OutputFacts,
  type PhaseState,
  type RunEvent,
  type RunEventType,
  type RunState,
  STATE_SCHEMA_VERSION,
} from '../contracts/run-state';
import { isEnd, type Limitation, NO_SPEND, type Spend } from '../contracts/run-status';
import { spent } from './budget';
import { counted } from './review';

/** The state before any event. */
export function emptyState(at: number): RunState {
  return {
    schemaVersion: STATE_SCHEMA_VERSION,
    version: 0,
    status: 'queued',
    budgetMicroUsd: 0,
    phases: {},
    reviews: {},
    decisions: {},
    limitations: [],
    withheld: [],
    startedAt: at,
    changedAt: at,
  };
}

const FRESH_PHASE: PhaseState = {
  status: 'pending',
  round: 0,
  entry: 0,
  roundsUsed: 0,
  revisions: 0,
  allowanceMicroUsd: 0,
  spend: NO_SPEND,
  unreportedMicroUsd: 0,
  model: 0,
  rejections: {},
  recoveries: [],
};

export function phaseOf(state: RunState, name: string): PhaseState {
  const phase = Object.hasOwn(state.phases, name) ? state.phases[name] : undefined;
  if (!phase) throw new RangeError(`phase ${name} is not part of this run`);
  return phase;
}

const withPhase = (state: RunState, name: string, change: Partial<PhaseState>): RunState => ({
  ...state,
  phases: { ...state.phases, [name]: { ...phaseOf(state, name), ...change } },
});

function withReview(state: RunState, id: string, change: Partial<Review>): RunState {
  const review = state.reviews[id];
  if (!review) throw new RangeError(`there is no review ${id}`);
  return { ...state, reviews: { ...state.reviews, [id]: { ...review, ...change } } };
}

const without = <T>(record: Record<string, T>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));

/** A phase without what one round left behind. */
function cleared(phase: PhaseState): PhaseState {
  const {
    output: _output,
    confidence: _confidence,
    categories: _categories,
    instruction: _instruction,
    handBack: _handBack,
    partial: _partial,
    answers: _answers,
    edited: _edited,
    ...kept
  } = phase;
  return kept;
}

/** What is known of an output, and nothing else. */
export const factsOf = ({ confidence, categories }: OutputFacts): OutputFacts => ({
  ...(confidence ? { confidence } : {}),
  ...(categories ? { categories } : {}),
});

/** An entry may book its whole allowance before it says anything. */
const entered = (phase: PhaseState, allowanceMicroUsd: number): Partial<PhaseState> => ({
  status: 'running',
  allowanceMicroUsd,
  unreportedMicroUsd: Math.max(0, allowanceMicroUsd - spent(phase.spend)),
});

/** An entry has said what the phase has booked so far. */
const reported = (spend: Spend): Partial<PhaseState> => ({
  status: 'waiting',
  spend,
  unreportedMicroUsd: 0,
});

/** One more of its kind, or so many. */
function withTaken(recoveries: RecoveryTaken[] = [], taken: RecoveryTaken): RecoveryTaken[] {
  const { failure, action, count } = taken;
  const same = (other: RecoveryTaken) => other.failure === failure && other.action === action;
  const before = recoveries.find(same)?.count ?? 0;
  const others = recoveries.filter((other) => !same(other));
  return [...others, { failure, action, count: before + count }];
}

const isActive = ({ status }: PhaseState): boolean => status === 'running' || status === 'waiting';

/** Every phase that the end leaves without a result, in the team's order. */
function notDone(
  { phases }: RunState,
  { failure }: { failure?: FailureKind | undefined },
): Limitation[] {
  return Object.entries(phases)
    .filter(([, phase]) => isActive(phase) || phase.status === 'pending')
    .map(([phase]) => ({ kind: 'phase_not_done', phase, ...(failure ? { failure } : {}) }));
}

type Appliers = {
  [T in RunEventType]: (state: RunState, event: Extract<RunEvent, { type: T }>) => RunState;
};

const APPLY: Appliers = {
  run_opened: (state, event) => ({
    ...state,
    budgetMicroUsd: event.budgetMicroUsd,
    startedAt: event.at,
    phases: Object.fromEntries(event.phases.map((name) => [name, FRESH_PHASE])),
  }),

  run_forked: (state, { origin, phases, limitations, documentsSha256 }) => {
    const taken = Object.entries(phases).map(([name, phase]) => [
      name,
      { ...phaseOf(state, name), ...phase },
    ]);
    return {
      ...state,
      forkedFrom: origin,
      phases: { ...state.phases, ...Object.fromEntries(taken) },
      limitations: [...state.limitations, ...limitations],
      ...(documentsSha256 ? { documentsSha256 } : {}),
    };
  },

  run_queued: (state, event) => ({
    ...state,
    queuedAt: event.at,
    recoveries: withTaken(state.recoveries, { failure: 'overload', action: 'queue', count: 1 }),
  }),

  run_admitted: ({ queuedAt: _waited, ...state }) => state,

  documents_ingested: (state, event) => ({
    ...state,
    documentsSha256: event.documentsSha256,
    limitations:
      event.unavailable === 0
        ? state.limitations
        : [
            ...state.limitations,
            {
              kind: 'source_unavailable',
              count: event.unavailable,
              ...(event.detailSha256 ? { detailSha256: event.detailSha256 } : {}),
            },
          ],
  }),

  phase_started: (state, event) => {
    const {
      handBack: _over,
      answers: _answers,
      edited: _edited,
      ...phase
    } = phaseOf(state, event.phase);
    if (event.round <= phase.round)
      throw new RangeError(`round ${event.round} of ${event.phase} after round ${phase.round}`);
    const started: PhaseState = {
      ...phase,
      ...entered(phase, event.allowanceMicroUsd),
      round: event.round,
      entry: 1,
      model: event.model ?? 0,
      // Another model is another beginning: its rounds are counted afresh.
      roundsUsed: (event.model ?? 0) === phase.model ? phase.roundsUsed + 1 : 1,
    };
    return { ...state, phases: { ...state.phases, [event.phase]: started } };
  },

  phase_started_late: (state) => state,

  phase_reentered: (state, event) =>
    withPhase(state, event.phase, {
      ...entered(phaseOf(state, event.phase), event.allowanceMicroUsd),
      entry: event.entry,
      ...(event.handBack ? { handBack: event.handBack } : {}),
      ...(event.edited ? { edited: event.edited } : {}),
    }),

  phase_handed_back: (state, { phase, partial, categories, spend }) =>
    withPhase(state, phase, {
      ...reported(spend),
      ...(partial ? { partial } : {}),
      ...(categories ? { categories } : {}),
    }),

  phase_suspended: (state, event) => withPhase(state, event.phase, reported(event.spend)),

  output_rejected: (state, event) => {
    const { rejections } = phaseOf(state, event.phase);
    return withPhase(state, event.phase, {
      ...reported(event.spend),
      ...(event.partial ? { partial: event.partial } : {}),
      instruction: event.instruction,
      rejections: { ...rejections, [event.failure]: (rejections[event.failure] ?? 0) + 1 },
    });
  },

  recovery_taken: (state, { phase, failure, action, count }) => {
    const taken = { failure, action, count };
    if (phase === undefined) return { ...state, recoveries: withTaken(state.recoveries, taken) };
    const { recoveries } = phaseOf(state, phase);
    return withPhase(state, phase, { recoveries: withTaken(recoveries, taken) });
  },

  output_accepted: (state, event) => {
    const { partial: _before, ...phase } = phaseOf(state, event.phase);
    const { output } = event;
    const accepted = { ...phase, ...reported(event.spend), output, ...factsOf(event) };
    return {
      ...state,
      phases: { ...state.phases, [event.phase]: accepted },
      limitations: [
        ...state.limitations.filter((limitation) => limitation.phase !== event.phase),
        ...event.limitations,
      ],
    };
  },

  effect_performed: (state) => state,

  effect_withheld: (state, { phase, tool, inputSha256 }) => ({
    ...state,
    withheld: [...state.withheld, { phase, tool, inputSha256 }],
  }),

  phase_finished: (state, event) => {
    const { instruction: _done, ...phase } = phaseOf(state, event.phase);
    const phases = { ...state.phases, [event.phase]: { ...phase, status: 'done' as const } };
    return { ...state, phases };
  },

  work_sent_back: (state, event) => {
    const phases = { ...state.phases };
    for (const name of event.reset)
      phases[name] = {
        ...cleared(phaseOf(state, name)),
        status: 'pending',
        roundsUsed: 0,
        model: 0,
        rejections: {},
      };
    const by = phaseOf(state, event.by);
    phases[event.by] = {
      ...(phases[event.by] ?? by),
      ...(event.decisionId === undefined
        ? { revisions: by.revisions + 1 }
        : { revisedByPeople: (by.revisedByPeople ?? 0) + 1 }),
    };
    phases[event.to] = {
      ...(phases[event.to] ?? phaseOf(state, event.to)),
      instruction: {
        kind: 'revision',
        reportSha256: event.commentsSha256,
        ...(by.categories ? { categories: by.categories } : {}),
      },
    };
    const limitations = state.limitations.filter(
      (limitation) => !limitation.phase || !event.reset.includes(limitation.phase),
    );
    const reviews = Object.fromEntries(
      Object.entries(state.reviews).filter(([, review]) => !event.reset.includes(review.phase)),
    );
    return { ...state, phases, limitations, reviews };
  },

  phase_degraded: (state, event) => ({
    ...withPhase(state, event.phase, { status: 'degraded', spend: event.spend }),
    limitations: [
      ...state.limitations,
      { kind: `incomplete_${event.phase}`, phase: event.phase, failure: event.failure },
    ],
  }),

  review_opened: (state, event) => ({
    ...withPhase(state, event.review.phase, { status: 'waiting' }),
    reviews: {
      ...state.reviews,
      [event.review.id]: { ...event.review, openedAt: event.at },
    },
  }),

  review_withdrawn: (state, { reviewId }) => ({
    ...state,
    reviews: without(state.reviews, reviewId),
  }),

  review_reminded: (state, { reviewId, at }) => withReview(state, reviewId, { remindedAt: at }),
  review_escalated: (state, { reviewId, at }) => {
    const { groups = [], deadline } = state.reviews[reviewId] ?? {};
    const higher = deadline?.escalateTo ?? [];
    return withReview(state, reviewId, {
      escalatedAt: at,
      ...(groups.length > 0 && higher.length > 0
        ? { groups: [...new Set([...groups, ...higher])] }
        : {}),
    });
  },

  decision_taken: (state, { decision, version }) => {
    const { decisionId, reviewId, addMicroUsd = 0, commentSha256 } = decision;
    const stepKey = state.reviews[reviewId]?.stepKey;
    const phase = state.reviews[reviewId]?.phase;
    const answered =
      decision.decision === 'respond' && phase && stepKey && commentSha256
        ? withPhase(state, phase, {
            answers: { ...phaseOf(state, phase).answers, [stepKey]: commentSha256 },
          })
        : state;
    return {
      ...answered,
      budgetMicroUsd: state.budgetMicroUsd + addMicroUsd,
      reviews: without(state.reviews, reviewId),
      decisions: { ...state.decisions, [decisionId]: { ...decision, version } },
    };
  },

  decision_counted: (state, { decision, version }) => {
    const review = state.reviews[decision.reviewId];
    if (!review) throw new RangeError(`there is no review ${decision.reviewId}`);
    return {
      ...withReview(state, review.id, counted(review, decision)),
      decisions: {
        ...state.decisions,
        [decision.decisionId]: { ...decision, version, counted: true },
      },
    };
  },

  decision_refused: (state) => state,

  run_held: (state, { heldBy }) => ({ ...state, heldBy }),

  run_let_go: ({ heldBy: _over, ...state }) => state,

  run_ended: ({ queuedAt: _waited, ...state }, event) => ({
    ...state,
    status: event.status,
    reviews: {},
    phases: Object.fromEntries(
      Object.entries(state.phases).map(([name, phase]) => [
        name,
        isActive(phase) ? { ...phase, status: 'unfinished' as const } : phase,
      ]),
    ),
    limitations: [...state.limitations, ...(event.limitations ?? []), ...notDone(state, event)],
    ...(event.failure === undefined ? {} : { failure: event.failure }),
    ...(event.shortage === undefined ? {} : { shortage: event.shortage }),
  }),
};

/** Waiting as soon as a person is asked and nothing else goes on; paused, once nothing does. */
function statusOf(state: RunState): RunState['status'] {
  if (isEnd(state.status)) return state.status;
  if (state.queuedAt !== undefined) return 'queued';
  const busy = Object.values(state.phases).some((phase) => phase.status === 'running');
  if (state.heldBy && !busy) return 'paused';
  return Object.keys(state.reviews).length > 0 && !busy ? 'waiting_for_review' : 'running';
}

/** @throws RangeError on an event out of order (S1, S4) or after the end (S3): all are defects. */
export function apply(state: RunState, event: RunEvent): RunState {
  if (event.version !== state.version + 1)
    throw new RangeError(`event ${event.version} cannot follow state version ${state.version}`);
  if (isEnd(state.status)) throw new RangeError(`event ${event.type} after the run ended`);
  const applier = APPLY[event.type] as (state: RunState, event: RunEvent) => RunState;
  const next = applier(state, event);
  return { ...next, version: event.version, changedAt: event.at, status: statusOf(next) };
}
