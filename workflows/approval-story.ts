/** Whether an output or an effect needs a person's approval, and what becomes of it. */
import type { Handover, PendingEffect } from '../contracts/activities';
import type { Sha256 } from '../contracts/content';
import { PEOPLE_REVISIONS_MAX } from '../contracts/limits';
import type { PhasePlan } from '../contracts/plan';
import type { DecisionKind, TakenDecision, TriggerKind } from '../contracts/reviews';
import type { OutputFacts } from '../contracts/run-state';
import { spent, totalSpend } from '../domain/budget';
import {
  type KnownFacts,
  setOffByFacts,
  setOffByFactsOfEffect,
  triggersOf,
} from '../domain/review-triggers';
import { factsOf, phaseOf } from '../domain/run-state';
import { askPerson } from './review-story';
import type { RunRecord } from './run-record';

/** Parks where a trigger asks for it, until people who were shown the bytes have said what becomes of them. */
export async function askAboutOutput(
  record: RunRecord,
  phase: PhasePlan,
  { output, effects, setOff = [] }: Pick<Handover, 'output' | 'effects' | 'setOff'>,
): Promise<TakenDecision | undefined> {
  const triggers = triggersOf(phase);
  const facts = knownOf(record, phase);
  const reasons = unique([...setOffByFacts(triggers, facts), ...setOff]);
  const { edited } = phaseOf(record.state, phase.name);
  if (edited?.approves && (phase.terms?.quorum ?? 1) <= 1) return undefined;
  return ask(record, phase, reasons, {
    digest: output,
    effects,
    options: outputOptions(record, phase),
    ...(edited?.approves ? { approvedBy: [edited.by] } : {}),
  });
}

/** An output that a person wrote and that its effects cannot be made of is theirs to mend. */
export function askAboutEdit(
  record: RunRecord,
  phase: PhasePlan,
  output: Sha256,
  reportSha256: Sha256,
): Promise<TakenDecision> {
  const options = outputOptions(record, phase).filter((option) => option !== 'approve');
  return askPerson(record, phase, {
    kind: 'approval',
    reason: 'format_violation',
    digest: output,
    reportSha256,
    options,
    ...phase.terms,
  });
}

/** Of an effect that an agent asks for: its step is answered instead where a person says so. */
export async function askAboutEffect(
  record: RunRecord,
  phase: PhasePlan,
  { stepKey, tool, inputSha256 }: PendingEffect,
  facts: OutputFacts,
): Promise<TakenDecision | undefined> {
  const known = { ...knownOf(record, phase), ...facts };
  const reasons = setOffByFactsOfEffect(triggersOf(phase), known);
  return ask(record, phase, reasons, {
    digest: inputSha256,
    effects: [{ stepKey, tool, inputSha256 }],
    options: record.plan.admits
      ? ['approve', 'respond', 'reject', 'delegate', 'stop']
      : ['approve', 'stop'],
    stepKey,
  });
}

async function ask(
  record: RunRecord,
  phase: PhasePlan,
  [reason, ...also]: TriggerKind[],
  asked: {
    digest: Sha256;
    effects: PendingEffect[];
    options: DecisionKind[];
    approvedBy?: string[];
    stepKey?: string;
  },
): Promise<TakenDecision | undefined> {
  if (reason === undefined) return undefined;
  const { effects, ...rest } = asked;
  return askPerson(record, phase, {
    kind: 'approval',
    reason,
    ...(also.length > 0 ? { also } : {}),
    ...rest,
    ...(effects.length > 0
      ? { effects: effects.map(({ tool, inputSha256 }) => ({ tool, inputSha256 })) }
      : {}),
    ...phase.terms,
  });
}

function outputOptions(record: RunRecord, phase: PhasePlan): DecisionKind[] {
  if (!record.plan.admits) return ['approve', 'stop'];
  const { revisedByPeople = 0 } = phaseOf(record.state, phase.name);
  const revise: DecisionKind[] = revisedByPeople < PEOPLE_REVISIONS_MAX ? ['revise'] : [];
  return ['approve', 'reject', ...revise, 'edit', 'delegate', 'stop'];
}

function knownOf({ state }: RunRecord, { name }: PhasePlan): KnownFacts {
  return { ...factsOf(phaseOf(state, name)), spentMicroUsd: spent(totalSpend(state)) };
}

const unique = <T>(all: readonly T[]): T[] => [...new Set(all)];
