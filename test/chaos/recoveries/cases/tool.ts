import { z } from 'zod';
import { type Tool, ToolError } from '../../../../activities/tools/tool';
import { zodValue } from '../../../../activities/tools/tool-value';
import type { ToolFailureKind } from '../../../../contracts/failures';
import type { RunResult } from '../../../../contracts/views';
import type { Fault } from '../../../../simulator';
import type { Chaos, ChaosCase } from '../chaos-case';

type Behaviour = (signal: AbortSignal) => unknown;

const fine: Behaviour = () => ({ centimetres: 120 });
const fails: (error: ToolError) => Behaviour = (error) => () => {
  throw error;
};
const hangs: Behaviour = (signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** A tool that behaves as told, the last way for good; `calls` has the inputs it was executed with. */
function gauge(...behaviours: Behaviour[]): { tool: Tool; calls: unknown[] } {
  const calls: unknown[] = [];
  const input = zodValue(z.strictObject({ gauge: z.int().min(1).max(9) }));
  const tool: Tool<{ gauge: number }> = {
    name: 'gauge',
    description: 'Measures the water level at a gauge.',
    input,
    output: zodValue(z.strictObject({ centimetres: z.number() })),
    effect: 'none',
    async run(asked, { signal }) {
      const behaviour = behaviours[Math.min(calls.length, behaviours.length - 1)] ?? fine;
      calls.push(asked);
      return behaviour(signal);
    },
  };
  return { tool: tool as Tool, calls };
}

async function withGauge(
  chaos: Chaos,
  { tool }: { tool: Tool },
  status: 'completed' | 'completed_with_limitations',
  fault?: Fault,
): Promise<RunResult> {
  await chaos.install({ tools: [tool] });
  if (fault) chaos.fault(fault);
  await chaos.startOnly({ tools: ['gauge'], limits: { toolMs: 500 } });
  return chaos.ends(status);
}

/** The first call meets it, the second is fine: nothing is bought for it, nothing is lacking. */
const calledAgain = (words: string, first: Behaviour): ChaosCase => ({
  shows: `${words}: it is called again, and the result lacks nothing`,
  async run(chaos) {
    const measured = gauge(first, fine);
    const { limitations } = await withGauge(chaos, measured, 'completed');
    expect(measured.calls).toHaveLength(2);
    expect(limitations).toEqual([]);
    expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
  },
});

/** Made up by the agent: never executed, and the agent goes on with what it is told. */
const neverExecuted = (
  words: string,
  call: { name: string; input: Record<string, string | number> },
): ChaosCase => ({
  shows: `${words}: not executed, the agent is told and goes on`,
  async run(chaos) {
    const measured = gauge(fine);
    await withGauge(chaos, measured, 'completed', { kind: 'tool_calls', calls: [call], turn: 1 });
    expect(measured.calls).not.toContainEqual(call.input);
    const told = JSON.stringify(chaos.test.simulator.requests()[1]?.body);
    expect(told).toContain('is_error');
    expect(told).toContain('gauge');
  },
});

export const TOOL_CASES: Record<ToolFailureKind, ChaosCase> = {
  tool_timeout: calledAgain('a tool that does not answer in time', hangs),
  tool_failed: calledAgain('a transient error', fails(new ToolError('unavailable', 'is away'))),
  tool_rate_limited: calledAgain(
    'a tool that limits its rate',
    fails(new ToolError('rate_limited', 'slow down', { retryAfterMs: 20 })),
  ),
  tool_bad_output: calledAgain('a result that does not fit', () => ({ centimetres: 'high' })),
  tool_unavailable: {
    shows:
      'tries used up: the agent is told and goes on without, and a limitation names the source',
    async run(chaos) {
      const measured = gauge(fails(new ToolError('unavailable', 'is away')));
      const result = await withGauge(chaos, measured, 'completed_with_limitations');
      expect(measured.calls).toHaveLength(2);
      expect(result.limitations).toMatchObject([{ kind: 'source_unavailable', source: 'gauge' }]);
      expect(result.completedPhases).toEqual(['only']);
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
    },
  },
  tool_refused: {
    shows: 'a permanent error: not called again, the agent is told and goes on',
    async run(chaos) {
      const measured = gauge(fails(new ToolError('rejected', 'has no such gauge')));
      await withGauge(chaos, measured, 'completed');
      expect(measured.calls).toHaveLength(1);
      expect(JSON.stringify(chaos.test.simulator.requests()[1]?.body)).toContain('no such gauge');
    },
  },
  tool_unknown: neverExecuted('a tool that does not exist', {
    name: 'gauges',
    input: { gauge: 7 },
  }),
  tool_bad_input: neverExecuted('parameters that do not fit', {
    name: 'gauge',
    input: { gauge: 'seven' },
  }),
};
