/** A review with all that a person needs to decide on it, or as it was when it was decided. */
import { and, asc, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import { type ContentStore, getJson, getText } from '../contracts/content';
import type { DocumentManifest } from '../contracts/documents';
import type { RunPlan } from '../contracts/plan';
import type { RunReader } from '../contracts/reader';
import type { ReviewDetail } from '../contracts/review-views';
import type { DecisionKind, Review, TakenDecision } from '../contracts/reviews';
import type { RunInput } from '../contracts/run';
import type { PhaseState, RunEvent, RunEventType, RunState } from '../contracts/run-state';
import { Team } from '../contracts/team/schema';
import { spent, totalSpend } from '../domain/budget';
import { doesOnDecision, unanswered } from '../domain/next-steps';
import { ASKS_FOR } from '../domain/review';
import { reasonsInWords } from '../domain/review-words';
import { migrateState } from '../domain/state-migrations';
import { ask, type Database } from './database';
import { newestRun, type RunRow } from './newest-run';
import { openReview } from './open-reviews';
import { confidenceView, limitationViews } from './output-views';
import { runEvents, runStates } from './schema';
import { createShownArtifacts } from './shown-artifacts';

/** What tells of a review; `run_ended` closes whatever is open without a word about it. */
const TELLING: RunEventType[] = [
  'review_opened',
  'review_withdrawn',
  'decision_taken',
  'decision_counted',
  'work_sent_back',
  'run_ended',
];

interface Found {
  review: Review;
  /** As it stood while the review was open. */
  state: RunState;
  is: ReviewDetail['state'];
  decisions: { decision: TakenDecision; at: number; settles: boolean }[];
}

export function createReviewDetail(database: Database, content: ContentStore): RunReader['review'] {
  const { db } = database;
  const shown = createShownArtifacts(database);

  /** What happened to a review, oldest first. */
  async function eventsOf(runKey: string, reviewId: string): Promise<RunEvent[]> {
    const { event, type } = runEvents;
    const about: SQL | undefined = or(
      eq(type, 'run_ended'),
      eq(type, 'work_sent_back'),
      sql`${event} -> 'review' ->> 'id' = ${reviewId}`,
      sql`${event} ->> 'reviewId' = ${reviewId}`,
      sql`${event} -> 'decision' ->> 'reviewId' = ${reviewId}`,
    );
    const rows = await ask(
      db
        .select({ event })
        .from(runEvents)
        .where(and(eq(runEvents.runKey, runKey), inArray(type, TELLING), about))
        .orderBy(asc(runEvents.version)),
    );
    return rows.map((row) => row.event);
  }

  async function stateAt(runKey: string, version: number): Promise<RunState | undefined> {
    const [row] = await ask(
      db
        .select({ state: runStates.state })
        .from(runStates)
        .where(and(eq(runStates.runKey, runKey), eq(runStates.version, version))),
    );
    return row && migrateState(row.state);
  }

  async function find(row: RunRow, reviewId: string): Promise<Found | undefined> {
    const events = await eventsOf(row.runKey, reviewId);
    const opened = events.findIndex(({ type }) => type === 'review_opened');
    if (opened < 0) return undefined;
    const later = events.slice(opened + 1);
    const decisions = later.flatMap((event) =>
      event.type === 'decision_taken' || event.type === 'decision_counted'
        ? [{ decision: event.decision, at: event.at, settles: event.type === 'decision_taken' }]
        : [],
    );
    const now = migrateState(row.state);
    const open = own(now.reviews, reviewId);
    if (open) return { review: open, state: now, is: 'open', decisions };
    // The state before the event that closed it has the review as it was then.
    for (const event of later) {
      if (event.type === 'decision_counted') continue;
      const state = await stateAt(row.runKey, event.version - 1);
      const review = state && own(state.reviews, reviewId);
      if (!state || !review) return undefined;
      const after = await stateAt(row.runKey, event.version);
      if (after && own(after.reviews, reviewId)) continue;
      const is = event.type === 'decision_taken' ? 'decided' : 'withdrawn';
      return { review, state, is, decisions };
    }
    return undefined;
  }

  async function decisionsMade(decisions: Found['decisions']): Promise<ReviewDetail['decisions']> {
    return Promise.all(
      decisions.map(async ({ decision: made, at, settles }) => ({
        id: made.decisionId,
        decision: made.decision,
        actor: made.actor,
        verified: made.verified ?? false,
        at: new Date(at).toISOString(),
        settles,
        ...(made.commentSha256 ? { comment: await getText(content, made.commentSha256) } : {}),
        ...(made.outputSha256 ? { outputSha256: made.outputSha256 } : {}),
        ...(made.to ? { to: made.to } : {}),
        ...(made.addMicroUsd ? { addMicroUsd: made.addMicroUsd } : {}),
      })),
    );
  }

  return async (id, reviewId) => {
    const row = await newestRun(database, id);
    const found = row && (await find(row, reviewId));
    if (!row || !found) return undefined;
    const { review, state, is } = found;
    const { plan } = row;
    const phase = state.phases[review.phase];
    const { digest, effects = [], reportSha256 } = review;
    const [artifact, inputs, report, rests, limitations, decisions, input] = await Promise.all([
      shown(digest),
      Promise.all(
        effects.map(async ({ tool, inputSha256 }) => ({ tool, ...(await shown(inputSha256)) })),
      ),
      reportSha256 ? shown(reportSha256) : undefined,
      restsOn(content, plan, state, review.phase),
      limitationViews(content, state.limitations),
      decisionsMade(found.decisions),
      getJson<RunInput>(content, row.inputSha256),
    ]);
    const [ifUnanswered] = unanswered(review);
    return {
      ...openReview(row, review),
      state: is,
      runStatus: row.status,
      question: input.question,
      reasons: reasonsInWords(review),
      artifact,
      inputs,
      ...(report ? { report } : {}),
      ...factsOf(phase),
      limitations,
      restsOn: rests,
      spentMicroUsd: spent(totalSpend(state)),
      budgetMicroUsd: state.budgetMicroUsd,
      choices: review.options.map((decision) => ({
        decision,
        does: doesOnDecision(plan, state, review, decision),
        ...asksFor(decision),
      })),
      ...(ifUnanswered ? { ifUnanswered } : {}),
      decisions,
    };
  };
}

/** What a phase was given: the phases that it needs, the documents, the sources that it may read. */
async function restsOn(
  content: ContentStore,
  plan: RunPlan,
  { phases, documentsSha256 }: RunState,
  name: string,
): Promise<ReviewDetail['restsOn']> {
  const needs = plan.phases.find((phase) => phase.name === name)?.needs ?? [];
  const [team, manifest] = await Promise.all([
    getJson(content, plan.resolvedTeamSha256),
    documentsSha256 ? getJson<DocumentManifest>(content, documentsSha256) : undefined,
  ]);
  const { data } = Team.safeParse(team);
  const tools = data?.phases.find((phase) => phase.name === name)?.tools ?? [];
  const declared = tools.length > 0 ? Object.keys(data?.sources ?? {}) : [];
  return {
    phases: needs.map((need) => ({
      phase: need,
      status: phases[need]?.status ?? 'pending',
      ...(phases[need]?.output ? { outputSha256: phases[need].output } : {}),
      ...factsOf(phases[need]),
    })),
    documents: (manifest?.documents ?? []).map((document) => ({
      name: document.name,
      sha256: document.sha256,
      textSha256: document.textSha256,
    })),
    sources: [...new Set([...declared, ...tools.flatMap(({ sources = [] }) => sources)])].sort(),
  };
}

const factsOf = (phase: PhaseState | undefined) => ({
  ...(phase?.confidence ? { confidence: confidenceView(phase.confidence) } : {}),
  ...(phase?.categories ? { categories: phase.categories } : {}),
});

/** As callers name it: comment and output are stored before the run hears of them. */
const CALLED = {
  commentSha256: 'comment',
  outputSha256: 'output',
  to: 'to',
  addMicroUsd: 'addMicroUsd',
} as const;

function asksFor(decision: DecisionKind): Pick<ReviewDetail['choices'][number], 'asksFor'> {
  const field = ASKS_FOR[decision];
  return field === undefined ? {} : { asksFor: CALLED[field] };
}

/** Ids come from callers. */
const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
