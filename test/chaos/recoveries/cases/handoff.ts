import type { HandoffFailureKind } from '../../../../contracts/failures';
import type { Fault } from '../../../../simulator';
import { phase } from '../../../support/teams';
import { type ChaosCase, NO_PERSON } from '../chaos-case';

/** The whole first round fails; the second, with its instruction, gives what is asked. */
const anotherRound = (
  words: string,
  fault: Fault,
  first: string[],
  instruction: string,
): ChaosCase => ({
  shows: `${words}: another round, told what was wrong`,
  async run(chaos) {
    await chaos.install();
    chaos.fault({ ...fault, round: 1 });
    await chaos.startOnly({ recoveries: NO_PERSON });
    await chaos.ends('completed');
    expect(chaos.billedSteps()).toEqual([...first, 'only/2/1']);
    const last = chaos.test.simulator.requests().at(-1);
    expect(JSON.stringify(last?.body)).toContain(instruction);
  },
});

const BOTH_TURNS = ['only/1/1', 'only/1/2'];
const CITING = {
  type: 'object',
  properties: { citations: { type: 'array', items: { type: 'string' } } },
  required: ['citations'],
  additionalProperties: false,
};

const FINDING = {
  ...CITING,
  properties: { id: { type: 'string', description: 'F1, F2, … in order.' } },
  required: ['id'],
};

export const HANDOFF_CASES: Record<HandoffFailureKind, ChaosCase> = {
  missing_fields: anotherRound(
    'required fields are missing',
    { kind: 'schema_violation' },
    BOTH_TURNS,
    'note',
  ),
  format_violation: anotherRound(
    'the format is broken',
    { kind: 'malformed_json' },
    BOTH_TURNS,
    'format',
  ),
  empty_output: anotherRound(
    'the output is empty',
    { kind: 'empty_text' },
    ['only/1/1'],
    'different approach',
  ),
  truncated: {
    shows: 'the output is cut off at its longest: another round with more room',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'max_tokens_cut', round: 1 });
      await chaos.startOnly({ recoveries: NO_PERSON, limits: { maxOutputTokens: 1_000 } });
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual([...BOTH_TURNS, 'only/2/1']);
      const rooms = chaos.test.simulator
        .requests()
        .map(({ body }) => (body as { max_tokens: number }).max_tokens);
      expect(rooms[2]).toBeGreaterThan(rooms[0] ?? Number.POSITIVE_INFINITY);
    },
  },
  check_failed: {
    shows: 'a citation that leads nowhere: another round with the report of the checks',
    async run(chaos) {
      await chaos.install();
      chaos.fault({
        kind: 'answer_fields',
        fields: { citations: ['F9'] },
        phase: 'only',
        round: 1,
      });
      await chaos.start([
        phase('source', { produces: FINDING }),
        phase('only', {
          needs: ['source'],
          produces: CITING,
          checks: ['citationsResolve'],
          recoveries: NO_PERSON,
        }),
      ]);
      const { outputs } = await chaos.ends('completed');
      expect(JSON.stringify(outputs)).not.toContain('F9');
      expect(chaos.billedSteps()).toEqual(['source/1/1', ...BOTH_TURNS, 'only/2/1']);
      expect(JSON.stringify(chaos.test.simulator.requests().at(-1)?.body)).toContain('F9');
    },
  },
  rounds_used_up: {
    shows: 'no round gives an output: a person decides, and the run goes on',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'schema_violation' });
      await chaos.startOnly();
      const { reviews } = await chaos.parked();
      expect(reviews[0]?.options).toEqual(expect.arrayContaining(['resume', 'stop']));
      chaos.test.simulator.clearFaults();
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual([...BOTH_TURNS, 'only/2/1', 'only/2/2', 'only/3/1']);
    },
  },
};
