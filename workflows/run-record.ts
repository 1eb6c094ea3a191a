/**
 * A run's state inside its workflow, and the outbox of events that the ledger has not acknowledged.
 * Invariants:
 *  W1 Every change of state is an event.
 *  W2 An event leaves the outbox only when the ledger has said that it has it.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Acknowledged, Waited, WithOutbox } from '../contracts/activities';
import type { RunId } from '../contracts/ids';
import type { CarriedRun, RunPlan } from '../contracts/plan';
import type { TakenDecision } from '../contracts/reviews';
import type { RunEvent, RunEventBody, RunState } from '../contracts/run-state';
import { settledBy } from '../domain/review';
import { apply, emptyState } from '../domain/run-state';

const STATUS = defineSearchAttributeKey('TuesdayStatus', 'KEYWORD');
const PHASES = defineSearchAttributeKey('TuesdayPhase', 'KEYWORD_LIST');
const LIMITATIONS = defineSearchAttributeKey('TuesdayLimitation', 'KEYWORD_LIST');

export function thisRun(): RunId {
  const { namespace, workflowId, firstExecutionRunId } = workflowInfo();
  return { namespace, workflowId, firstRunId: firstExecutionRunId };
}

export class RunRecord {
  /** Of this Temporal run: they end before it does. */
  effectsUnderWay = 0;
  private unacknowledged: RunEvent[] = [];
  private shown = '';

  constructor(
    readonly run: RunId,
    readonly plan: RunPlan,
    readonly inputSha256: string,
    private current: RunState = emptyState(Date.now()),
  ) {}

  get state(): RunState {
    return this.current;
  }

  record(body: RunEventBody): void {
    const event = { ...body, version: this.current.version + 1, at: Date.now() } as RunEvent;
    this.current = apply(this.current, event);
    this.unacknowledged.push(event);
  }

  /** What every scheduled activity carries. Also shows the state to Temporal's visibility. */
  outbox(): WithOutbox {
    this.show();
    const { version } = this.current;
    return { run: this.run, version, events: [...this.unacknowledged] };
  }

  /** Whether the next safe point continues as new. */
  get isLong(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return (
      continueAsNewSuggested ||
      historyLength >= (this.plan.historyEventsMax ?? Number.POSITIVE_INFINITY)
    );
  }

  carried(): CarriedRun {
    return { plan: this.plan, state: this.current };
  }

  get hasUnacknowledged(): boolean {
    return this.unacknowledged.length > 0;
  }

  /** @param phase of the activity that has said so, where it worked for one */
  acknowledge(result: Acknowledged, phase?: string): void {
    const { recordedVersion } = result;
    this.unacknowledged = this.unacknowledged.filter(({ version }) => version > recordedVersion);
    this.tellOfWaits(result, phase);
  }

  tellOfWaits({ ledgerWaits = 0 }: Waited, phase?: string): void {
    if (ledgerWaits > 0)
      this.record({
        type: 'recovery_taken',
        ...(phase === undefined ? {} : { phase }),
        noted: true,
        ...{ failure: 'ledger_unavailable', action: 'wait', count: ledgerWaits },
      });
  }

  /** The decision that has settled a review. */
  decisionOn(reviewId: string): TakenDecision | undefined {
    return settledBy(this.current, reviewId);
  }

  isOpen(reviewId: string): boolean {
    return Object.hasOwn(this.current.reviews, reviewId);
  }

  /** Search attributes cost an event each time, so only changes are sent. */
  private show(): void {
    const { status, phases, limitations } = this.current;
    const busy = Object.keys(phases).filter((name) => phases[name]?.status === 'running');
    const kinds = [...new Set(limitations.map(({ kind }) => kind))];
    const now = JSON.stringify([status, busy, kinds]);
    if (now === this.shown) return;
    this.shown = now;
    upsertSearchAttributes([
      { key: STATUS, value: status },
      { key: PHASES, value: busy },
      { key: LIMITATIONS, value: kinds },
    ]);
  }
}
