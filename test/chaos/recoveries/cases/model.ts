import type { ModelFailureKind } from '../../../../contracts/failures';
import type { Fault } from '../../../../simulator';
import { phase } from '../../../support/teams';
import type { Chaos, ChaosCase } from '../chaos-case';
import { QUICK } from '../chaos-case';

const OWN = 'claude-haiku-5-5';
const OTHER = 'claude-sonnet-5-5';

/** Strikes once; the call is made again and the run completes. */
const madeAgain = (words: string, fault: Fault, billed: number, limits = {}): ChaosCase => ({
  shows: `${words}: the call is made again, and ${billed === 1 ? 'one is billed' : 'both are billed'}`,
  async run(chaos: Chaos) {
    await chaos.install();
    chaos.fault({ ...fault, times: 1 });
    await chaos.startOnly({ limits });
    const { costs, limitations } = await chaos.ends('completed');
    expect(chaos.bill()).toHaveLength(billed);
    expect(costs.unsettledMicroUsd > 0).toBe(billed > 1);
    expect(limitations).toEqual([]);
  },
});

/** Parks, losing nothing: what was bought before is not bought again. */
const asksOperator = (words: string, fault: Fault, explanation: string): ChaosCase => ({
  shows: `${words}: an operator is asked, and on resume nothing is bought twice`,
  async run(chaos: Chaos) {
    await chaos.install();
    // The first turn is bought; the second meets the failure.
    chaos.fault({ kind: 'malformed_json', turn: 1 }, { ...fault, turn: 2 });
    await chaos.startOnly();
    expect((await chaos.parked()).explanation).toContain(explanation);
    chaos.test.simulator.clearFaults();
    await chaos.decide('resume');
    await chaos.ends('completed');
    expect(chaos.billedSteps()).toEqual(['only/1/1', 'only/1/2']);
  },
});

const refusedWith = (status: number, more: object = {}): Fault =>
  ({ kind: 'http_error', status, ...more }) as Fault;

const FIVE = ['one', 'two', 'three', 'four', 'five'];

export const MODEL_CASES: Record<ModelFailureKind, ChaosCase> = {
  rate_limited: madeAgain('rate limited', refusedWith(429, { retryAfterSeconds: 0 }), 1),
  overloaded: {
    shows: 'overloaded for good: the next model does it in a round of its own',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'http_error', status: 529, model: OWN });
      await chaos.startOnly({ fallbackModels: [{ name: OTHER }] });
      await chaos.ends('completed');
      expect(chaos.bill()).toEqual([OTHER]);
      expect(chaos.test.simulator.requests()).toHaveLength(QUICK.modelTriesMax + 1);
    },
  },
  server_error: madeAgain('a server error', refusedWith(500), 1),
  connection_lost: madeAgain(
    'the connection lost in the middle of an answer',
    { kind: 'drop', where: 'mid_stream' },
    2,
  ),
  stalled: madeAgain(
    'an answer that stalls',
    { kind: 'hold', where: 'mid_stream', until: 'release' },
    2,
    { stallMs: 2_000 },
  ),
  too_slow: {
    shows: 'too slow in all: cut off, and the next model answers',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'trickle', everyMs: 400, model: OWN });
      await chaos.startOnly({
        fallbackModels: [{ name: OTHER }],
        limits: { callMs: 1_500, stallMs: 1_500 },
      });
      await chaos.ends('completed');
      expect(chaos.bill()).toEqual([OWN, OTHER]);
    },
  },
  bad_response: madeAgain(
    'something that is no message',
    { kind: 'raw_response', status: 200, contentType: 'text/html', body: '<p>Welcome</p>' },
    2,
  ),
  breaker_open: {
    shows: 'a model that fails call after call: not asked again, each phase goes to its next model',
    async run(chaos) {
      await chaos.install();
      chaos.fault({ kind: 'http_error', status: 529, model: OWN });
      const fallbackModels = [{ name: OTHER }];
      await chaos.start(FIVE.map((name) => phase(name, { fallbackModels })));
      await chaos.ends('completed');
      expect(chaos.bill()).toEqual(FIVE.map(() => OTHER));
      // Each phase may try six times by itself.
      expect(chaos.test.simulator.requests().length).toBeLessThan(3 * FIVE.length);
    },
  },
  authentication: asksOperator('a wrong API key', refusedWith(401), 'ANTHROPIC_API_KEY'),
  permission: asksOperator('a key without access', refusedWith(403), 'may not use this model'),
  billing: asksOperator('a billing problem', refusedWith(402), 'billing'),
  spend_cap: asksOperator(
    'the account’s spend limit',
    refusedWith(429, { errorCode: 'enforced_spend_limit_reached' }),
    'spend limit',
  ),
  invalid_request: asksOperator('a request that is refused', refusedWith(400), 'invalid'),
  unknown_model: asksOperator('a model that is not known', refusedWith(404), 'does not know'),
  context_exceeded: {
    shows: 'a context larger than the model takes: another round on a compacted one',
    async run(chaos) {
      await chaos.install();
      chaos.fault({
        kind: 'http_error',
        status: 400,
        message: 'prompt is too long: 210000 tokens > 200000 maximum',
        round: 1,
      });
      await chaos.startOnly();
      await chaos.ends('completed_with_limitations');
      expect(chaos.billedSteps()).toEqual(['only/2/1']);
    },
  },
};
