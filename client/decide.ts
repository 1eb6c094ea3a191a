/** A person's decision: its content is stored, then it is an Update of the run. */
import { randomUUID } from 'node:crypto';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { mayUse, type Person, type Role } from '../contracts/access';
import { type ContentStore, getJson, putJson, putText } from '../contracts/content';
import { DecisionInput } from '../contracts/decision';
import type { DecisionSigner } from '../contracts/decision-proof';
import { UserError } from '../contracts/errors';
import { FAILURE_TYPE } from '../contracts/failures';
import { DECIDE, type DecisionReceipt } from '../contracts/messages';
import type { RunReader } from '../contracts/reader';
import {
  DECISION_REFUSALS,
  type Decision,
  type DecisionRefusal,
  type ReviewKind,
} from '../contracts/reviews';
import { isEnd } from '../contracts/run-status';
import { expectationsOf, outputViolations } from '../contracts/team/expectations';
import { Team } from '../contracts/team/schema';
import type { RunView } from '../contracts/views';
import { badInput, parseInput } from './check-input';
import type { ClientPorts } from './ports';
import { speakerOf } from './speaker';
import { callTemporal } from './temporal-calls';
import type { TemporalAccess } from './temporal-connection';
import type { DecideRequest } from './types';

/** An update waits until a worker takes it: this long, then the caller is told. */
const DECISION_MS = 30_000;

export interface DecideDeps {
  content: ContentStore;
  reader: RunReader;
  temporal: TemporalAccess;
  signer: DecisionSigner;
  /** Who decides. */
  person: Person;
}

export function createDecide({
  content,
  reader,
  temporal,
  signer,
  person,
}: DecideDeps): ClientPorts['decide'] {
  return async (view, request) => {
    const before = takenBefore(view, request.decisionId);
    if (before) return before;
    const input = parseInput(
      DecisionInput,
      {
        ...request,
        decisionId: request.decisionId ?? randomUUID(),
        reviewId: request.reviewId ?? onlyReview(view, request),
        actor: speakerOf(person, request.actor, 'actor'),
      },
      'decision',
    );
    checkRole(view, input.reviewId, person);
    const decision = await stored(content, view, input);
    const { namespace } = temporal.client.options;
    const run = { namespace, workflowId: view.id, firstRunId: view.firstRunId };
    const proven = { ...decision, proof: signer.prove(run, decision, [...person.groups]) };
    const handle = temporal.client.workflow.getHandle(view.id, undefined, {
      firstExecutionRunId: view.firstRunId,
    });
    try {
      return await callTemporal(
        temporal,
        () => handle.executeUpdate<DecisionReceipt, [Decision]>(DECIDE, { args: [proven] }),
        DECISION_MS,
      );
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw toUserError(view.id, error) ?? error;
      // The run has ended, perhaps by this very decision, whose answer was lost on its way.
      const ended = (await reader.getRun(view.id)) ?? view;
      const taken = takenBefore(ended, decision.decisionId);
      if (taken) return taken;
      if (ended.decisions.some(({ reviewId, settles }) => settles && reviewId === input.reviewId))
        throw new UserError(
          'conflict',
          `The decision was not taken: ${DECISION_REFUSALS.decided}.`,
        );
      throw new UserError(
        'conflict',
        isEnd(ended.status)
          ? `The decision was not taken: the run "${view.id}" has ended (${ended.status}).`
          : `The decision was not taken: the workflow of the run "${view.id}" was ended in Temporal from outside, which closes the run within a minute or two.`,
      );
    }
  };
}

/** What the ledger knows of a decision that came before: it changes nothing when it comes again. */
function takenBefore(
  { decisions, stateVersion }: RunView,
  decisionId: string | undefined,
): DecisionReceipt | undefined {
  const taken = decisions.find(({ id }) => id === decisionId);
  if (!taken) return undefined;
  const { reviewId, decision } = taken;
  return { reviewId, decision, applied: false, stateVersion };
}

/** The one open review; where there are several, or none, the caller is told what there is. */
function onlyReview(view: RunView, { decision }: DecideRequest): string {
  const [first, ...others] = view.reviews;
  if (first === undefined)
    throw new UserError(
      'conflict',
      isEnd(view.status)
        ? `The run "${view.id}" has ended (${view.status}): there is nothing to decide any more.`
        : `The run "${view.id}" asks nothing at present (${view.status}): there is nothing to decide.`,
    );
  if (others.length > 0)
    throw new UserError(
      'bad_input',
      `The run "${view.id}" asks ${view.reviews.length} things: say which one "${decision}" is for (reviewId): ${view.reviews.map(({ id }) => id).join(', ')}.`,
      'reviewId',
    );
  return first.id;
}

/** Who answers which reviews; `admin` may everything. */
const ANSWERED_BY: Record<ReviewKind, Role> = {
  approval: 'reviewer',
  question: 'reviewer',
  top_up: 'reviewer',
  operator: 'operator',
  take_over: 'operator',
};

/** @throws UserError `forbidden`; of a review that the ledger does not know nobody can tell whose it is */
function checkRole({ id, reviews }: RunView, reviewId: string, person: Person): void {
  const kind = reviews.find((review) => review.id === reviewId)?.kind;
  if (kind === undefined) {
    if (Object.values(ANSWERED_BY).every((role) => mayUse(person, [role]))) return;
    throw new UserError(
      'conflict',
      `The decision was not taken: the run "${id}" asks nothing under the id ${reviewId} at present.`,
    );
  }
  if (mayUse(person, [ANSWERED_BY[kind]])) return;
  throw new UserError(
    'forbidden',
    `The review ${reviewId} is for the role ${ANSWERED_BY[kind]}: you have ${person.roles.join(', ')}.`,
  );
}

/** Its content as artifacts: the run is told of references only. */
async function stored(
  content: ContentStore,
  view: RunView,
  { comment, output, ...input }: DecisionInput,
): Promise<Omit<Decision, 'proof'>> {
  if (output) await checkEdit(content, view, input.reviewId, output);
  const { digest, to, addMicroUsd, ...decision } = input;
  return {
    ...decision,
    ...(digest ? { digest } : {}),
    ...(comment ? { commentSha256: await putText(content, comment) } : {}),
    ...(output ? { outputSha256: await putJson(content, output) } : {}),
    ...(to ? { to } : {}),
    ...(addMicroUsd ? { addMicroUsd } : {}),
  };
}

/** @throws UserError `bad_input` naming every place at fault, before anything is stored */
async function checkEdit(
  content: ContentStore,
  view: RunView,
  reviewId: string,
  output: object,
): Promise<void> {
  const phase = view.reviews.find(({ id }) => id === reviewId)?.phase;
  const team = Team.parse(await getJson(content, view.teamSha256));
  const edited = team.phases.find(({ name }) => name === phase);
  if (!edited) return;
  const broken = outputViolations(edited, expectationsOf(team, edited.name), output);
  if (broken.length > 0)
    throw badInput(
      `The output does not fit the contract of ${edited.name}`,
      broken.map(({ path, message }) => ({ path: `output${path}`, message })),
    );
}

function toUserError(id: string, error: unknown): UserError | undefined {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && cause.type === FAILURE_TYPE.decisionRefused) {
    const reason: DecisionRefusal | undefined = cause.details?.[0] as DecisionRefusal | undefined;
    const kind = reason === 'unchecked' ? 'unavailable' : 'conflict';
    return new UserError(kind, `The decision was not taken: ${cause.message}.`);
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new UserError(
      'unavailable',
      `No worker took the decision on "${id}" within ${DECISION_MS / 1000} s: check that \`tuesday up\` runs, then send it again with the same decision id.`,
    );
  return undefined;
}
