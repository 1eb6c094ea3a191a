import { z } from 'zod';
import type { Tool } from '../../../../activities/tools/tool';
import { zodValue } from '../../../../activities/tools/tool-value';
import type { AnswerFailureKind } from '../../../../contracts/failures';
import { type ChaosCase, NO_PERSON } from '../chaos-case';

function levelTool(onCall: () => void): Tool {
  return {
    name: 'level',
    description: 'Measures the water level at a gauge.',
    input: zodValue(z.strictObject({ gauge: z.int() })),
    effect: 'none',
    async run() {
      onCall();
      return { centimetres: 120 };
    },
  };
}

export const ANSWER_CASES: Record<AnswerFailureKind, ChaosCase> = {
  malformed_answer: {
    shows: 'malformed JSON: one more turn of the same conversation mends it',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'malformed_json', turn: 1 });
      await chaos.startOnly({ recoveries: NO_PERSON, limits: { roundsMax: 1 } });
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
    },
  },
  answer_cut: {
    shows: 'an answer that is cut off: the same turn again with more room',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'max_tokens_cut', turn: 1 });
      await chaos.startOnly({ recoveries: NO_PERSON, limits: { roundsMax: 1 } });
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
    },
  },
  loop: {
    shows: 'the same call for ever: stopped, and an answer is taken of what there is',
    async run(chaos) {
      let executed = 0;
      await chaos.install({ tools: [levelTool(() => executed++)] });
      const calls = [{ name: 'level', input: { gauge: 1 } }];
      chaos.fault({ kind: 'tool_calls', calls });
      await chaos.startOnly({ tools: ['level'], recoveries: NO_PERSON, limits: { roundsMax: 1 } });
      const { limitations, costs } = await chaos.ends('completed_with_limitations');
      expect(limitations).toMatchObject([{ kind: 'incomplete_only', failure: 'loop' }]);
      expect(executed).toBeLessThan(5);
      expect(costs.settledMicroUsd).toBeLessThan(costs.budgetMicroUsd);
    },
  },
  refused_by_model: {
    shows: 'a refusal: never asked again, the next model is asked in a round of its own',
    async run(chaos) {
      await chaos.install();
      const [own, other] = ['claude-haiku-5-5', 'claude-sonnet-5-5'] as const;
      chaos.fault({ kind: 'refusal', partial: true, model: own });
      await chaos.startOnly({ fallbackModels: [{ name: other }] });
      await chaos.ends('completed');
      expect(chaos.bill()).toEqual([own, other]);
    },
  },
};
