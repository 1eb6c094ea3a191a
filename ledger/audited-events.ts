/** Events of runs that people have brought about, as entries of the audit log (A5). */
import type { AuditEntry, AuditOrigin } from '../contracts/audit';
import { canonicalJson, sha256Of } from '../contracts/content';
import { DEADLINE_ACTOR } from '../contracts/deadline';
import type { Review, TakenDecision } from '../contracts/reviews';
import type { RunEvent, RunEventType, RunState } from '../contracts/run-state';

/** Who did what nobody in particular did. */
export const INSTALLATION = 'tuesday';

interface Told {
  runKey: string;
  /** Whom the run works for. */
  user: string;
  /** A review that is open, or was opened by one of these events. */
  review(id: string): Pick<Review, 'digest' | 'kind' | 'reason'> | undefined;
}

type EntryOf<T extends RunEventType> = (
  event: Extract<RunEvent, { type: T }>,
  told: Told,
) => Omit<AuditEntry, 'at' | 'run'>;

const AUDITED: { [T in RunEventType]?: EntryOf<T> } = {
  decision_taken: ({ decision }, told) => entryOf('decision_taken', decision, told),
  decision_counted: ({ decision }, told) => entryOf('decision_counted', decision, told),
  decision_refused: ({ reviewId, decisionId, reason, ...event }, { runKey }) => ({
    key: eventKey(runKey, event),
    action: 'decision_refused',
    actor: INSTALLATION,
    subject: { kind: 'review', id: reviewId },
    after: { decisionId, reason },
    from: { way: 'temporal' },
  }),
  run_held: ({ heldBy: { switchId, scope, mode, by }, ...event }, { runKey }) => ({
    key: eventKey(runKey, event),
    action: 'run_held',
    actor: by,
    subject: { kind: 'run', id: runKey },
    after: { switchId, scope, mode },
    from: { way: 'installation' },
  }),
  run_let_go: (event, { runKey }) => ({
    key: eventKey(runKey, event),
    action: 'run_let_go',
    actor: INSTALLATION,
    subject: { kind: 'run', id: runKey },
    from: { way: 'installation' },
  }),
  run_forked: ({ origin, ...event }, { runKey, user }) => ({
    key: eventKey(runKey, event),
    action: 'run_forked',
    actor: user,
    subject: { kind: 'run', id: runKey },
    after: { origin: origin.run.workflowId, version: origin.version, phase: origin.phase },
    from: { way: 'installation' },
  }),
};

/**
 * @param events that were recorded for the first time
 * @param before the state that they came upon
 */
export function auditedEvents(
  { runKey, userId }: { runKey: string; userId: string },
  before: RunState,
  events: readonly RunEvent[],
): AuditEntry[] {
  const told: Told = {
    runKey,
    user: userId,
    review: (id) => openedBy(events, id) ?? before.reviews[id],
  };
  return events.flatMap((event) => {
    const entry = (AUDITED[event.type] as EntryOf<RunEventType> | undefined)?.(event, told);
    return entry ? [{ ...entry, run: runKey, at: event.at }] : [];
  });
}

function openedBy(events: readonly RunEvent[], id: string): ReturnType<Told['review']> {
  for (const event of events)
    if (event.type === 'review_opened' && event.review.id === id) return event.review;
  return undefined;
}

/** A reset takes events back; what happens then at the same version is something else. */
const eventKey = (runKey: string, { version, at }: Pick<RunEvent, 'version' | 'at'>): string =>
  `${runKey}/${version}/${at}`;

function entryOf(
  action: 'decision_taken' | 'decision_counted',
  decision: TakenDecision,
  { runKey, review }: Told,
): Omit<AuditEntry, 'at' | 'run'> {
  const { reviewId, decisionId, actor, verified, to, commentSha256, outputSha256, addMicroUsd } =
    decision;
  const asked = review(reviewId);
  const digest = decision.digest ?? asked?.digest;
  return {
    // Temporal sends a decision again after a reset: a person has made it once.
    key: `${runKey}/${action}/${sha256Of(canonicalJson(decision))}`,
    action,
    actor,
    ...(verified ? { verified } : {}),
    subject: { kind: 'review', id: reviewId },
    ...(to === undefined ? {} : { person: to }),
    ...(digest === undefined ? {} : { digest }),
    ...(asked ? { before: { kind: asked.kind, reason: asked.reason } } : {}),
    after: {
      decisionId,
      decision: decision.decision,
      ...(outputSha256 === undefined ? {} : { outputSha256 }),
      ...(addMicroUsd === undefined ? {} : { addMicroUsd }),
    },
    ...(commentSha256 === undefined ? {} : { reasonSha256: commentSha256 }),
    from: originOf(decision),
  };
}

/** The API signs whoever it has signed in. */
function originOf({ actor, verified }: TakenDecision): AuditOrigin {
  if (actor === DEADLINE_ACTOR) return { way: 'deadline' };
  return { way: verified ? 'api' : 'temporal' };
}
