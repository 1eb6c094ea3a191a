import { randomFrom } from '../random';
import type { ArmedFault } from './kinds';
import { readStepKey, type StepKey } from './step-key';

/** What a fault's conditions look at. */
export interface FaultSubject {
  model: string;
  bodyText: string;
  digest: string;
  idempotencyKey: string;
}

const STEP_PARTS = ['run', 'phase', 'item', 'round', 'turn'] as const satisfies (keyof StepKey)[];

/** Whether all conditions but those of number and chance hold. */
export function fits(fault: ArmedFault, subject: FaultSubject): boolean {
  return (
    (fault.model === undefined || fault.model === subject.model) &&
    (fault.contains === undefined || subject.bodyText.includes(fault.contains)) &&
    (fault.idempotencyKeyContains === undefined ||
      subject.idempotencyKey.includes(fault.idempotencyKeyContains)) &&
    fitsStep(fault, subject)
  );
}

function fitsStep(fault: ArmedFault, { idempotencyKey }: FaultSubject): boolean {
  const wanted = STEP_PARTS.filter((part) => fault[part] !== undefined);
  if (wanted.length === 0) return true;
  const step = readStepKey(idempotencyKey);
  return step !== undefined && wanted.every((part) => fault[part] === step[part]);
}

/** @param seen how many requests fitted, this one included; `struck`: how many were hit before */
export function isDue(
  { fault, seen, struck }: { fault: ArmedFault; seen: number; struck: number },
  seed: number,
  subject: FaultSubject,
): boolean {
  const { nth, times, probability } = fault;
  if (nth !== undefined && (seen < nth || seen >= nth + (times ?? 1))) return false;
  if (nth === undefined && times !== undefined && struck >= times) return false;
  if (probability === undefined) return true;
  return randomFrom(seed, 'fault', subject.digest, seen).next() < probability;
}
