/** Plans of runs for tests, and random ones for properties. */
import fc from 'fast-check';
import { sha256Of } from '../../contracts/content';
import type { PhasePlan, RunPlan } from '../../contracts/plan';
import { RECOVERY, resolveLadders, workflowLadders } from '../../domain/recovery';

export const SOME_SHA256 = sha256Of('something');
export const OTHER_SHA256 = sha256Of('something else');

export function phasePlan(name: string, changes: Partial<PhasePlan> = {}): PhasePlan {
  return {
    name,
    needs: [],
    required: true,
    review: 'never',
    budgetShare: 10,
    roundsMax: 3,
    startToCloseMs: 1_000,
    scheduleToCloseMs: 2_000,
    heartbeatMs: 500,
    fallbackModels: 0,
    ladders: {},
    ...changes,
  };
}

export function runPlan(phases: PhasePlan[], changes: Partial<RunPlan> = {}): RunPlan {
  return {
    team: 'test',
    version: '1.0.0',
    resolvedTeamSha256: SOME_SHA256,
    budgetMicroUsd: 1_000_000,
    phases,
    ladders: workflowLadders(resolveLadders(RECOVERY)),
    ...changes,
  };
}

interface RandomPhase {
  /** Which of the phases before it needs; positions beyond them count for nothing. */
  needs: number[];
  required: boolean;
  budgetShare: number;
  /** Which of its needs it may send work back to; beyond them: it never does. */
  revises: number;
}

/** Graphs without cycles, parallel branches among them, some phases sending work back. */
export const somePlan: fc.Arbitrary<RunPlan> = fc
  .record({
    budgetMicroUsd: fc.integer({ min: 1_000, max: 10_000_000_000 }),
    phases: fc.array(
      fc.record<RandomPhase>({
        needs: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
        required: fc.boolean(),
        budgetShare: fc.integer({ min: 1, max: 1_000 }),
        revises: fc.nat(2),
      }),
      { minLength: 1, maxLength: 6, size: 'max' },
    ),
  })
  .map(({ budgetMicroUsd, phases }) => runPlan(phases.map(toPhase), { budgetMicroUsd }));

function toPhase(random: RandomPhase, index: number): PhasePlan {
  const needs = random.needs.filter((need) => need < index).map((need) => `p${need}`);
  const target = needs[random.revises];
  return phasePlan(`p${index}`, {
    needs,
    required: random.required,
    budgetShare: random.budgetShare,
    ...(target === undefined ? {} : { revises: { phase: target, revisionsMax: 2 } }),
  });
}
