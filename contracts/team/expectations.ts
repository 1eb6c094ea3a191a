/** What a phase's output must fit: its own contract, and what its receivers expect beyond it. */
import { isDeeperThan } from '../depth';
import { OUTPUT_DEPTH_MAX } from '../limits';
import { type Violation, violations } from './contract';
import { unprintableTexts } from './printable-text';
import type { CheckName, JsonSchema, Phase, Team } from './schema';

/** What a receiver asks of an output beyond its contract. */
export interface Expectation {
  receiver: string;
  expects?: JsonSchema;
  checks?: readonly CheckName[];
}

export function expectationsOf(team: Team, phase: string): Expectation[] {
  return team.phases.flatMap((receiver) =>
    receiver.needs.flatMap((need) =>
      need.phase === phase && (need.expects || need.checks.length > 0)
        ? [
            {
              receiver: receiver.name,
              checks: need.checks,
              ...(need.expects ? { expects: need.expects } : {}),
            },
          ]
        : [],
    ),
  );
}

/** All violations by a value; none when it may be handed on. */
export function outputViolations(
  phase: Phase,
  expectations: Expectation[],
  value: unknown,
): Violation[] {
  const broken = contractViolations(phase.produces, value);
  if (broken.some(({ keyword }) => keyword === 'depth')) return broken;
  return [
    ...broken,
    ...expectations.flatMap(({ receiver, expects }) =>
      (expects ? violations(expects, value) : []).map((violation) => ({
        ...violation,
        message: `${violation.message} (expected by ${receiver})`,
      })),
    ),
  ];
}

/** Of a contract, and of what no output may have: nesting without end, control characters. */
export function contractViolations(contract: JsonSchema, value: unknown): Violation[] {
  if (isDeeperThan(OUTPUT_DEPTH_MAX, value))
    return [
      { path: '', keyword: 'depth', message: `is nested deeper than ${OUTPUT_DEPTH_MAX} levels` },
    ];
  return [...violations(contract, value), ...unprintableTexts(value)];
}
