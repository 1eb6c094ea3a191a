import { INJECTED_MARKUP } from '../../../bench/garbage/fuzz';
import type { GarbageCase } from '../../../bench/garbage/plan';
import type { GarbageClass } from '../../../bench/garbage/verdicts';
import { watchRequests } from '../../../bench/garbage/watch';
import { type Simulator, startSimulator } from '../../../simulator';
import { ask, clientOf } from '../../simulator/support';

const caseOf = (garbage: GarbageClass, marker: string): GarbageCase => ({
  ...{ run: 'run-1', phase: 'research', garbage, strikes: 'once', marker, responsesCount: 1 },
  fault: { kind: 'answer_text', text: '' },
});
const CASES = [caseOf('two_values', 'refused0'), caseOf('nonsense_words', 'accepted0')];

describe('watching what agents are sent', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  it.each([
    ['refused garbage in the next agent’s request', 'run-1', 'writing', 'refused0', 1],
    ['refused garbage in its own agent’s repair', 'run-1', 'research', 'refused0', 0],
    ['accepted garbage in the next agent’s request', 'run-1', 'writing', 'accepted0', 0],
    ['accepted garbage in another run', 'run-2', 'writing', 'accepted0', 1],
    ['markup that was not made harmless', 'run-1', 'writing', INJECTED_MARKUP, 1],
  ])('%s', async (_what, run, phase, content, leaks) => {
    const watch = watchRequests(simulator, CASES);
    const key = `space/${run}/first/${phase}/-/2/3.model`;
    await clientOf(simulator, { 'idempotency-key': key }).messages.create(ask(`so: ${content}`));
    expect(watch.leaks()).toHaveLength(leaks);
    expect(watch.stepsOf(run, phase)).toEqual([{ run, phase, round: 2, turn: 3, isStruck: false }]);
  });
});
