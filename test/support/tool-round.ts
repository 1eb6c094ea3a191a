/** Rounds of an agent with tools of the test's own, which remember what they were called with. */
import { z } from 'zod';
import { type Tool, ToolError, type ToolErrorKind } from '../../activities/tools/tool';
import { zodValue } from '../../activities/tools/tool-value';
import type { TeamInput } from '../../contracts/team/schema';
import { RECOVERY, type RecoveryTable } from '../../domain/recovery';
import { type ScriptedAnswer, type ScriptedRound, scriptedRound } from './scripted-round';
import type { TestLedger } from './test-ledger';

type PhaseInput = TeamInput['phases'][number];

/** So that tries are used up in no time. */
export const QUICK = { firstMs: 10, maxMs: 10 };

export const asks = (what: string, name = 'register'): ScriptedAnswer => ({
  calls: [{ name, input: { what } }],
});

export interface TestTool {
  tool: Tool;
  calls: string[];
}

/** Takes `{what}`, and reads the source `companies`. */
export function testTool(
  name: string,
  does: (what: string) => unknown,
  more: Partial<Tool> = {},
): TestTool {
  const calls: string[] = [];
  const tool: Tool = {
    name,
    description: `The ${name}.`,
    input: zodValue(z.strictObject({ what: z.string() })),
    effect: 'none',
    source: () => 'companies',
    async run(input) {
      const { what } = input as { what: string };
      calls.push(what);
      return does(what);
    },
    ...more,
  };
  return { tool, calls };
}

export const fails =
  (kind: ToolErrorKind, more: object = {}) =>
  (): never => {
    throw new ToolError(kind, 'does not answer', more);
  };

export interface ToolRoundOptions {
  tools: TestTool[];
  /** What the phase says of them. */
  policies: NonNullable<PhaseInput['tools']>;
  table?: RecoveryTable;
  phase?: Partial<PhaseInput>;
  /** Default: one that has no other run. */
  user?: string;
}

export const toolRound = (
  test: TestLedger,
  { tools, policies, table = RECOVERY, phase = {}, ...more }: ToolRoundOptions,
): Promise<ScriptedRound> =>
  scriptedRound(test, {
    table,
    tools: tools.map(({ tool }) => tool),
    phase: { tools: policies, ...phase },
    ...more,
  });
