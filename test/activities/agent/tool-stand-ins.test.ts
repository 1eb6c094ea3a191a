import { z } from 'zod';
import { CutResults } from '../../../activities/tools/executor/cut-results';
import type { Tool } from '../../../activities/tools/tool';
import { zodValue } from '../../../activities/tools/tool-value';
import { TOOL_RESULT_CHARACTERS_MAX } from '../../../contracts/limits';
import { type ScriptedAnswer, says } from '../../support/scripted-round';
import { openTestLedger, type TestLedger } from '../../support/test-ledger';
import {
  asks,
  fails,
  QUICK,
  type ToolRoundOptions,
  testTool,
  toolRound,
} from '../../support/tool-round';

const NOTE = { note: 'what there is' };

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
// What one test let fail is no matter of the next.
beforeEach(() => test.rows('DELETE FROM breakers'));
afterAll(() => test.drop());

describe('a tool with a fallback', () => {
  const mirrored = (given: Partial<ToolRoundOptions> & Pick<ToolRoundOptions, 'tools'>) =>
    toolRound(test, {
      policies: [{ tool: 'register', triesMax: 2, backoff: QUICK, fallback: 'mirror' }, 'mirror'],
      ...given,
    });

  it('gives what the fallback gives, without a limitation', async () => {
    const register = testTool('register', fails('unavailable'));
    const mirror = testTool('mirror', (what) => ({ found: what }));
    const round = await mirrored({ tools: [register, mirror] });
    const { limitations } = await round.runToItsEnd([asks('Acme'), says(NOTE)]);
    expect(limitations).toEqual([]);
    expect(register.calls).toHaveLength(2);
    expect(mirror.calls).toEqual(['Acme']);
    expect(round.toldLast()).toEqual([
      {
        isError: false,
        result: { notice: expect.stringContaining('mirror'), result: { found: 'Acme' } },
      },
    ]);
    expect(await round.recoveries()).toContainEqual({
      failure: 'tool_failed',
      action: 'fallback_tool',
      count: 1,
    });
  });

  it('is not asked again while its fallback is tried again', async () => {
    const register = testTool('register', fails('unavailable'));
    let tries = 0;
    const mirror = testTool('mirror', (what) =>
      ++tries < 3 ? fails('timeout')() : { found: what },
    );
    const round = await mirrored({
      tools: [register, mirror],
      policies: [
        { tool: 'register', triesMax: 2, backoff: QUICK, fallback: 'mirror' },
        { tool: 'mirror', triesMax: 3, backoff: QUICK },
      ],
    });
    const { limitations } = await round.runToItsEnd([asks('Acme'), says(NOTE)]);
    expect(limitations).toEqual([]);
    expect(register.calls).toHaveLength(2);
    expect(mirror.calls).toHaveLength(3);
  });

  it('makes the input of the fallback from its own', async () => {
    const register = testTool('register', fails('unavailable', { retryable: false }));
    const search = testTool('search', () => ({ found: true }), {
      input: zodValue(z.strictObject({ what: z.string(), exactly: z.string() })),
    });
    const round = await toolRound(test, {
      tools: [register, search],
      policies: [
        {
          tool: 'register',
          fallback: { tool: 'search', input: { what: 'company {{what}}', exactly: '{{what}}' } },
        },
        'search',
      ],
    });
    await round.run([asks('A & B'), says(NOTE)]);
    expect(register.calls).toHaveLength(1);
    expect(search.calls).toEqual(['company A & B']);
  });

  it('goes on with its own ladder where the fallback fails too', async () => {
    const register = testTool('register', fails('unavailable', { retryable: false }));
    const mirror = testTool('mirror', fails('rejected'), { source: () => 'mirrors' });
    const round = await mirrored({ tools: [register, mirror] });
    const { limitations } = await round.runToItsEnd([asks('Acme'), says(NOTE)]);
    expect(limitations).toEqual([
      expect.objectContaining({ source: 'companies', failure: 'tool_unavailable' }),
    ]);
    expect(await round.recoveries()).toEqual([
      { failure: 'tool_unavailable', action: 'skip', count: 1 },
    ]);
  });
});

describe('the last good result', () => {
  it('stands in with its age, and that is a limitation', async () => {
    let isUp = true;
    const register = testTool('register', (what) =>
      isUp ? { found: what } : fails('unavailable')(),
    );
    const given = { tools: [register], policies: [{ tool: 'register', triesMax: 1 }], user: 'u-1' };
    await (await toolRound(test, given)).run([asks('Stale Ltd'), says(NOTE)]);
    isUp = false;
    const round = await toolRound(test, given);
    const { limitations } = await round.run([asks('Stale Ltd'), asks('Other Ltd'), says(NOTE)]);
    expect(limitations).toEqual([
      expect.objectContaining({
        kind: 'stale_result',
        source: 'companies',
        tool: 'register',
        ageMs: expect.any(Number),
      }),
      // It was never asked about.
      expect.objectContaining({ kind: 'source_unavailable' }),
    ]);
    const [first] = round.requests[1]?.exchanges[0]?.toolResults ?? [];
    expect(first?.isError).toBe(false);
    expect(first?.content).toContain('"result":{"found":"Stale Ltd"}');
    expect(first?.content).toContain('"ageMs":');
    // What stood in stands in for nothing: its age would begin anew.
    const rows = await test.rows<{ ending: string }>(
      `SELECT ending FROM steps WHERE name = 'register' AND ending LIKE 'last%'`,
    );
    expect(rows).toEqual([{ ending: 'last_good_result' }]);
  });

  it.each<[string, Partial<Tool>, number]>([
    ['is too old', {}, 1_000],
    ['is of another run, of a tool whose results are of its own', { ofThisRun: true }, 60_000],
  ])('does not stand in where it %s', async (_why, more, lastGoodAgeMsMax) => {
    let isUp = true;
    const name = `register_${lastGoodAgeMsMax}`;
    const register = testTool(name, () => (isUp ? { found: 1 } : fails('unavailable')()), more);
    const given = {
      tools: [register],
      policies: [{ tool: name, triesMax: 1, lastGoodAgeMsMax }],
      user: name,
    };
    await (await toolRound(test, given)).run([asks('Old Ltd', name), says(NOTE)]);
    await test.rows(`UPDATE steps SET ended_at = ended_at - interval '2 s' WHERE name = $1`, [
      name,
    ]);
    isUp = false;
    const { limitations } = await (await toolRound(test, given)).run([
      asks('Old Ltd', name),
      says(NOTE),
    ]);
    expect(limitations).toMatchObject([{ kind: 'source_unavailable' }]);
  });

  it('does not stand in where it was another user’s, or is not what the tool gives today', async () => {
    let isUp = true;
    const gives = () => (isUp ? { found: 1 } : fails('unavailable')());
    const policies = [{ tool: 'register', triesMax: 1 }];
    const before = testTool('register', gives);
    await (await toolRound(test, { tools: [before], policies, user: 'u-2' })).run([
      asks('Hers'),
      says(NOTE),
    ]);
    isUp = false;
    const output = zodValue(z.object({ found: z.string() }), 'the result');
    const today = testTool('register', gives, { output });
    for (const [tool, user] of [
      [before, 'u-3'],
      [today, 'u-2'],
    ] as const) {
      const round = await toolRound(test, { tools: [tool], policies, user });
      const { limitations } = await round.run([asks('Hers'), says(NOTE)]);
      expect(limitations).toMatchObject([{ kind: 'source_unavailable' }]);
    }
  });
});

describe('a result that is longer than what is handed over at once', () => {
  const text = Array.from({ length: 12_000 }, (_, line) => `"line" ${line} …`).join('\n');
  const long = () => testTool('register', () => ({ text }));
  const parts = new CutResults();

  it('is read on in to its end, and nothing is lost or said twice', async () => {
    const reader = { tool: parts.tool as Tool, calls: [] };
    const round = await toolRound(test, { tools: [long(), reader], policies: ['register'] });
    const script: ScriptedAnswer[] = [asks('Acme')];
    // One attempt a turn: each reads back what the ones before it have recorded.
    let whole = '';
    for (;;) {
      await expect(round.run(script.splice(0))).rejects.toThrow('the script is out');
      const [told] = round.requests.at(-1)?.exchanges.at(-1)?.toolResults ?? [];
      const body = (told?.content ?? '').split('\n').slice(1, -1).join('\n');
      const cut = /\n\[cut after (\d+) of (\d+) characters: read_result goes on with (.*)\]$/s.exec(
        body,
      );
      if (cut) whole += body.slice(0, cut.index);
      else whole += (JSON.parse(body) as { text: string }).text;
      const next = cut ? JSON.parse(cut[3] ?? '') : JSON.parse(body);
      expect(body.length).toBeLessThanOrEqual(TOOL_RESULT_CHARACTERS_MAX + 200);
      if (next.cursor === undefined) break;
      script.push({ calls: [{ name: 'read_result', input: { cursor: next.cursor } }] });
    }
    expect(JSON.parse(whole)).toEqual({ text });
    expect(whole.length).toBeGreaterThan(3 * TOOL_RESULT_CHARACTERS_MAX);
  });

  it.each([
    ['of another round', '9.9@0', 'not_found'],
    ['beyond its end', '1.0@999999999', 'invalid_input'],
    ['that is none', '../../etc/passwd', 'invalid_input'],
  ])('is not read with a cursor %s', async (_what, cursor, kind) => {
    const round = await toolRound(test, {
      tools: [long(), { tool: parts.tool as Tool, calls: [] }],
      policies: ['register'],
    });
    const reads = { calls: [{ name: 'read_result', input: { cursor } }] };
    await round.run([asks('Acme'), reads, says(NOTE)]);
    expect(round.toldLast()).toMatchObject([{ isError: true, result: { error: { kind } } }]);
  });

  it('may stand in for another', async () => {
    let isUp = true;
    const register = testTool('register', () => (isUp ? { text } : fails('unavailable')()));
    const given = {
      tools: [register],
      policies: [{ tool: 'register', triesMax: 1 }],
      user: 'u-4',
    };
    await (await toolRound(test, given)).run([asks('Long'), says(NOTE)]);
    isUp = false;
    const round = await toolRound(test, given);
    const { limitations } = await round.run([asks('Long'), says(NOTE)]);
    expect(limitations).toMatchObject([{ kind: 'stale_result' }]);
    const [told] = round.requests.at(-1)?.exchanges.at(-1)?.toolResults ?? [];
    expect(told?.content).toContain('ask for less at once');
  });
});
