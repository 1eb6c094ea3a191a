import { FAULTS_COUNT_MAX } from '../limits';
import { effectOf, type FaultEffect, type FaultStage, stageOf } from './effects';
import { type ArmedFault, type Fault, faultSchema } from './kinds';
import { type FaultSubject, fits, isDue } from './match';

/** Faults that are injected: which there are, how often each has struck, and which strikes next. */
export interface Faults {
  /** Throws a `RangeError` when there are too many, a `ZodError` for a fault that is none. */
  add(fault: Fault): void;
  clear(): void;
  list(): Fault[];
  /** The first fault of these stages that strikes the request. */
  strike(stages: readonly FaultStage[], subject: FaultSubject): Struck | undefined;
}

export interface Struck extends FaultEffect {
  kind: Fault['kind'];
}

/** Throws as `add` does. */
export function createFaults(seed: number, initial: readonly Fault[] = []): Faults {
  let armed: { fault: ArmedFault; seen: number; struck: number }[] = [];
  const faults: Faults = {
    add(fault) {
      if (armed.length >= FAULTS_COUNT_MAX)
        throw new RangeError('too many faults; clear some first');
      armed.push({ fault: faultSchema.parse(fault), seen: 0, struck: 0 });
    },
    clear() {
      armed = [];
    },
    list: () => armed.map(({ fault }) => fault),
    strike(stages, subject) {
      for (const entry of armed) {
        const { fault } = entry;
        if (!stages.includes(stageOf(fault)) || !fits(fault, subject)) continue;
        entry.seen += 1;
        if (!isDue(entry, seed, subject)) continue;
        entry.struck += 1;
        return { kind: fault.kind, ...effectOf(fault) };
      }
      return undefined;
    },
  };
  for (const fault of initial) faults.add(fault);
  return faults;
}
