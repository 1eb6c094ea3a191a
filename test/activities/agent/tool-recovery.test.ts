import { z } from 'zod';
import { StepToRetry } from '../../../activities/agent/interruptions';
import { zodValue } from '../../../activities/tools/tool-value';
import type { FailureKind } from '../../../contracts/failures';
import { RECOVERY, type RecoveryTable } from '../../../domain/recovery';
import { type ScriptedAnswer, says } from '../../support/scripted-round';
import { openTestLedger, type TestLedger } from '../../support/test-ledger';
import { asks, fails, QUICK, testTool, toolRound } from '../../support/tool-round';

const NOTE = { note: 'what there is' };
const without = (kind: FailureKind): RecoveryTable => ({
  ...RECOVERY,
  [kind]: { ...RECOVERY[kind], ladder: [] },
});

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
// What one test let fail is no matter of the next.
beforeEach(() => test.rows('DELETE FROM breakers'));
afterAll(() => test.drop());

describe('a tool that fails in a way that may pass', () => {
  it.each<[string, FailureKind, () => never]>([
    ['takes too long', 'tool_timeout', fails('timeout')],
    ['fails', 'tool_failed', fails('unavailable')],
    [
      'throws something else',
      'tool_failed',
      () => {
        throw new TypeError('secret words');
      },
    ],
    ['limits its rate', 'tool_rate_limited', fails('rate_limited', { retryAfterMs: 10 })],
  ])(
    'and %s is called again up to its tries, then left out with a limitation',
    async (_how, failure, does) => {
      const register = testTool('register', does);
      const round = await toolRound(test, {
        tools: [register],
        policies: [{ tool: 'register', triesMax: 4, backoff: QUICK }],
      });
      const { limitations } = await round.runToItsEnd([asks('Acme'), says(NOTE)]);
      expect(register.calls).toHaveLength(4);
      expect(limitations).toEqual([
        {
          ...{ kind: 'source_unavailable', phase: 'research', failure },
          ...{ source: 'companies', tool: 'register' },
        },
      ]);
      expect(await round.recoveries()).toEqual([
        { failure, action: 'retry', count: 3 },
        { failure, action: 'skip', count: 1 },
      ]);
      const [told] = round.toldLast();
      expect(told).toMatchObject({ isError: true, result: { error: { retryable: false } } });
      expect(JSON.stringify(told)).toContain('go on without');
      expect(JSON.stringify(told)).not.toMatch(/secret|Error:|at .*\.ts/);
    },
  );

  it('is called no oftener when attempts are lost afterwards', async () => {
    const register = testTool('register', fails('unavailable'));
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', triesMax: 2, backoff: QUICK }],
    });
    // The script is out once the agent has been told.
    await expect(round.runToItsEnd([asks('Acme')])).rejects.toThrow('the script is out');
    const { limitations } = await round.run([says(NOTE)]);
    expect(limitations).toHaveLength(1);
    expect(register.calls).toHaveLength(2);
    expect(await round.recoveries()).toEqual([
      { failure: 'tool_failed', action: 'retry', count: 1 },
      { failure: 'tool_failed', action: 'skip', count: 1 },
    ]);
  });

  it('waits as long as it asks to, and counts as unavailable where that is too long', async () => {
    const soon = testTool('register', fails('rate_limited', { retryAfterMs: 1_234 }));
    const round = await toolRound(test, { tools: [soon], policies: ['register'] });
    const error = await round.run([asks('Acme')]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StepToRetry);
    expect(error).toMatchObject({ delayMs: 1_234 });

    const late = testTool('register', fails('rate_limited', { retryAfterMs: 86_400_000 }));
    const other = await toolRound(test, { tools: [late], policies: ['register'] });
    const { limitations } = await other.run([asks('Acme'), says(NOTE)]);
    expect(limitations).toMatchObject([{ failure: 'tool_rate_limited' }]);
    expect(late.calls).toHaveLength(1);
  });

  it('is cut off when it does not heed its time', async () => {
    const deaf = testTool('register', () => new Promise(() => undefined));
    const round = await toolRound(test, {
      tools: [deaf],
      policies: [{ tool: 'register', triesMax: 1, timeoutMs: 100 }],
    });
    const { limitations } = await round.run([asks('Acme'), says(NOTE)]);
    expect(limitations).toMatchObject([{ failure: 'tool_timeout' }]);
    expect(round.toldLast()).toMatchObject([{ result: { error: { kind: 'timeout' } } }]);
  });

  it('is one limitation for all calls of a turn that fail, and others succeed beside it', async () => {
    const flaky = testTool('register', (what) =>
      what === 'Acme' ? { found: what } : fails('timeout')(),
    );
    const round = await toolRound(test, {
      tools: [flaky],
      policies: [{ tool: 'register', triesMax: 1 }],
    });
    const calls = ['Acme', 'Beta', 'Gamma'].map((what) => ({ name: 'register', input: { what } }));
    const { limitations } = await round.run([{ calls }, says(NOTE)]);
    expect(limitations).toHaveLength(2);
    expect(round.toldLast().map(({ isError }) => isError)).toEqual([false, true, true]);
  });
});

describe('a result that is not what the tool says it gives', () => {
  const output = zodValue(z.object({ name: z.string() }), 'the result');

  it('is asked for once more, and then counts as unavailable', async () => {
    const register = testTool('register', () => ({ nome: 'Acme' }), { output });
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', triesMax: 5, backoff: QUICK }],
    });
    const { limitations } = await round.runToItsEnd([asks('Acme'), says(NOTE)]);
    expect(register.calls).toHaveLength(2);
    expect(limitations).toMatchObject([{ failure: 'tool_bad_output' }]);
    expect(round.toldLast()).toEqual([
      {
        isError: true,
        result: {
          error: expect.objectContaining({
            kind: 'bad_output',
            details: { mismatches: [expect.stringMatching(/^name: /)] },
          }),
        },
      },
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['a function', () => undefined],
    ['a big number', 10n],
  ])('also where it is %s', async (_what, result) => {
    const register = testTool('register', () => result);
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', triesMax: 1 }],
    });
    const { limitations } = await round.run([asks('Acme'), says(NOTE)]);
    expect(limitations).toMatchObject([{ failure: 'tool_bad_output' }]);
  });
});

describe('a tool that the phase cannot do without', () => {
  const down = () => testTool('register', fails('unavailable', { retryable: false }));

  it('makes the round wait for an operator', async () => {
    const round = await toolRound(test, {
      tools: [down()],
      policies: [{ tool: 'register', required: true }],
    });
    await expect(round.run([asks('Acme')])).rejects.toMatchObject({
      items: [{ reason: 'operator', failure: 'tool_unavailable' }],
    });
  });

  it('ends the round of an optional phase, which degrades', async () => {
    const round = await toolRound(test, {
      tools: [down()],
      policies: [{ tool: 'register', required: true }],
      phase: { required: false },
    });
    await expect(round.run([asks('Acme')])).rejects.toMatchObject({ failure: 'tool_unavailable' });
  });

  it('may still refuse a call', async () => {
    const register = testTool('register', fails('not_found'));
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', required: true }],
    });
    expect(await round.run([asks('Acme'), says(NOTE)])).toMatchObject({ limitations: [] });
  });
});

describe('ladders of tools', () => {
  it.each<[FailureKind, () => unknown, ScriptedAnswer]>([
    ['tool_timeout', fails('timeout'), asks('Acme')],
    ['tool_failed', fails('unavailable'), asks('Acme')],
    ['tool_rate_limited', fails('rate_limited'), asks('Acme')],
    ['tool_bad_output', fails('bad_output'), asks('Acme')],
    ['tool_unavailable', fails('unavailable', { retryable: false }), asks('Acme')],
    ['tool_refused', fails('not_found'), asks('Acme')],
    ['tool_unknown', () => 1, asks('Acme', 'made_up')],
    ['tool_bad_input', () => 1, { calls: [{ name: 'register', input: { who: 7 } }] }],
  ])('that are empty end the round: %s', async (failure, does, call) => {
    const register = testTool('register', does);
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', triesMax: 1 }],
      table: without(failure),
    });
    await expect(round.run([call, says(NOTE)])).rejects.toMatchObject({ failure });
    expect(await round.recoveries()).toEqual([]);
  });

  it('are those of the tool: one fails at once, the other is tried again', async () => {
    const dear = testTool('register', fails('unavailable'));
    const cheap = testTool('mirror', fails('unavailable'));
    const round = await toolRound(test, {
      tools: [dear, cheap],
      policies: [
        { tool: 'register', recoveries: { tool_failed: ['tell_agent'] } },
        { tool: 'mirror', triesMax: 2, backoff: QUICK },
      ],
    });
    const call = (name: string) => ({ name, input: { what: 'Acme' } });
    const { limitations } = await round.runToItsEnd([
      { calls: [call('register'), call('mirror')] },
      says(NOTE),
    ]);
    expect(dear.calls).toHaveLength(1);
    expect(cheap.calls).toHaveLength(2);
    expect(limitations).toMatchObject([{ tool: 'mirror' }]);
  });

  it('keep a source of the installation closed to a phase that does not name it', async () => {
    const register = testTool('register', () => ({ found: 1 }), {
      source: (input) => (input as { what: string }).what,
    });
    const round = await toolRound(test, {
      tools: [register],
      policies: [{ tool: 'register', sources: ['open'] }],
    });
    await round.run([
      { calls: ['open', 'closed'].map((what) => ({ name: 'register', input: { what } })) },
      says(NOTE),
    ]);
    expect(register.calls).toEqual(['open']);
    expect(round.toldLast()).toMatchObject([
      { isError: false },
      { result: { error: { kind: 'rejected', details: { sources: ['open'] } } } },
    ]);
  });
});
