/** A person's decision, as an Update of the run. */
import { randomUUID } from 'node:crypto';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DEFAULT_USER } from '../contracts/api';
import { DecisionInput } from '../contracts/decision';
import { UserError } from '../contracts/errors';
import { FAILURE_TYPE } from '../contracts/failures';
import { DECIDE, type DecisionReceipt } from '../contracts/messages';
import { isEnd } from '../contracts/run-status';
import type { RunView } from '../contracts/views';
import { parseInput } from './check-input';
import type { ClientPorts } from './ports';
import { callTemporal } from './temporal-calls';
import type { DecideRequest } from './types';

/** An update waits until a worker takes it: this long, then the caller is told. */
const DECISION_MS = 30_000;

export async function decide(
  ports: ClientPorts,
  view: RunView,
  request: DecideRequest,
): Promise<DecisionReceipt> {
  const before = takenBefore(view, request.decisionId);
  if (before) return before;
  const decision = parseInput(
    DecisionInput,
    {
      decision: request.decision,
      decisionId: request.decisionId ?? randomUUID(),
      reviewId: request.reviewId ?? onlyReview(view, request),
      actor: request.actor ?? DEFAULT_USER,
      digest: request.digest,
    },
    'decision',
  );
  const temporal = await ports.temporal();
  const handle = temporal.client.workflow.getHandle(view.id, undefined, {
    firstExecutionRunId: view.firstRunId,
  });
  try {
    return await callTemporal(
      temporal,
      () => handle.executeUpdate<DecisionReceipt, [DecisionInput]>(DECIDE, { args: [decision] }),
      DECISION_MS,
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw toUserError(view.id, error) ?? error;
    // The run has ended, perhaps by this very decision, whose answer was lost on its way.
    const ended = (await ports.reader.getRun(view.id)) ?? view;
    const taken = takenBefore(ended, decision.decisionId);
    if (taken) return taken;
    throw new UserError(
      'conflict',
      isEnd(ended.status)
        ? `The decision was not taken: the run "${view.id}" has ended (${ended.status}).`
        : `The decision was not taken: the workflow of the run "${view.id}" was ended in Temporal from outside, which closes the run within a minute or two.`,
    );
  }
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

function toUserError(id: string, error: unknown): UserError | undefined {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure && cause.type === FAILURE_TYPE.decisionRefused)
    return new UserError('conflict', `The decision was not taken: ${cause.message}.`);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new UserError(
      'unavailable',
      `No worker took the decision on "${id}" within ${DECISION_MS / 1000} s: check that \`tuesday up\` runs, then send it again with the same decision id.`,
    );
  return undefined;
}
